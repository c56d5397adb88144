#!/usr/bin/python3
"""
A hand-written Metropolis sampler in NumPy, watched by Ratchet while it runs.

512 walkers on a ring of 12 states, all equally likely. As written it is reversible. With --bug it proposes more steps
forward than back and forgets Hastings' correction: every histogram still looks right, and the chain turns.
"""
import argparse
import logging
import os
import time

import numpy as np

import ratchet

STATES, CHAINS = 12, 512
LOG_P = np.zeros(STATES)


def metropolis(state, forward, rng):
    """One sweep: every walker proposes a neighbour, forward with the given probability."""
    proposal = (state + np.where(rng.random(CHAINS) < forward, 1, -1)) % STATES
    accept = np.log(rng.random(CHAINS)) < LOG_P[proposal] - LOG_P[state]  # right for forward = 1/2 only
    return np.where(accept, proposal, state)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", default=os.environ.get("RATCHET_BOOTSTRAP", "localhost:9092"))
    parser.add_argument("--run", required=True, help="a new run id, e.g. metropolis-1")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--pace", type=float, default=100, help="steps a second, so that a person can watch; 0: no limit")
    parser.add_argument("--bug", action="store_true")
    args = parser.parse_args()
    logging.basicConfig(format="%(message)s")

    rng = np.random.default_rng(1)
    state = rng.integers(0, STATES, CHAINS)
    forward = 0.7 if args.bug else 0.5
    with ratchet.Publisher(
        args.bootstrap, args.run, states=STATES, chains=CHAINS, expect="reversible",
        about={"model": "metropolis", "settings": {"forward": forward}, "updates": args.steps},
    ) as watch:
        for step in range(args.steps):
            after = metropolis(state, forward, rng)
            watch.sweep(step, state, after)
            state = after
            if args.pace:
                time.sleep(1 / args.pace)
    print(f"{args.steps} steps, states visited {np.bincount(state, minlength=STATES).tolist()}, {watch.dropped} dropped")


if __name__ == "__main__":
    main()
