#!/usr/bin/python3
"""
A file of states that is already there, as a run on the live page: what `ratchet analyze` reads, step by step.

One chain a line, states 0..K-1 separated by commas, as numpy.savetxt("chains.csv", chains, "%d", ",") writes them. Lines
that begin with # are comments. Transition t of every chain is the sweep of step t, so all chains need one length.
"""
import argparse
import gzip
import logging
import os
import sys
import time

import numpy as np

import ratchet


def read_chains(path, cut=False):
    """The states of a file, [chains, states of a chain]."""
    chains = []
    with sys.stdin.buffer if path == "-" else open(path, "rb") as file:
        if file.peek(2)[:2] == b"\x1f\x8b":
            file = gzip.open(file)
        for number, line in enumerate(file, 1):
            text = line.decode("utf-8", "replace").strip()
            if not text or text.startswith("#"):
                continue
            try:
                states = np.array([float(field) for field in text.split(",")])
                whole = np.isfinite(states) & (states >= 0) & (states < 1 << 16) & (states == np.floor(states))
            except ValueError:
                raise ValueError(f"{path}:{number}: {text[:40]!r}, allowed: states 0 to 65535 separated by commas") from None
            if not whole.all():
                raise ValueError(f"{path}:{number}: state {states[~whole][0]:g}, allowed: whole numbers 0 to 65535")
            chains.append(states.astype(np.uint16))
    least, most = min(map(len, chains), default=0), max(map(len, chains), default=0)
    if least < most and not cut:
        raise ValueError(f"{path}: chains of {least} to {most} states, allowed: one length; --cut leaves out what is longer")
    if least < 2:
        raise ValueError(f"{path}: no transition, allowed: one chain a line, two states or more, separated by commas")
    return np.array([chain[:least] for chain in chains])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="the CSV, plain or .gz; - for standard input")
    parser.add_argument("--bootstrap", default=os.environ.get("RATCHET_BOOTSTRAP", "localhost:9092"))
    parser.add_argument("--run", required=True, help="a new run id, e.g. my-csv")
    parser.add_argument("--states", type=int, help="number of states K; the largest in the file + 1 if not given")
    parser.add_argument("--cut", action="store_true", help="take as much of every chain as the shortest has")
    parser.add_argument("--expect", choices=["reversible", "irreversible", "driven"], help="what sets the alerts")
    parser.add_argument("--pace", type=float, default=100, help="steps a second, so that a person can watch; 0: no limit")
    args = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    try:
        chains = read_chains(args.file, args.cut)
        count, steps = len(chains), chains.shape[1] - 1
        watch = ratchet.Publisher(
            args.bootstrap, args.run, states=args.states or int(chains.max()) + 1, chains=count, expect=args.expect,
            about={"data": args.file, "updates": steps, "notes": "states of a file"},
            when_full="block")  # a file can wait
    except (OSError, ValueError) as e:
        sys.exit(f"publish_csv: {e}")
    with watch:
        for step in range(steps):
            watch.sweep(step, chains[:, step], chains[:, step + 1])
            if args.pace:
                time.sleep(1 / args.pace)
    print(f"{count} chains, {steps} steps, {watch.dropped} dropped")


if __name__ == "__main__":
    main()
