#!/usr/bin/python3
"""
What watching adds to a step of a NumPy loop: 512 chains, a step every --micros microseconds of work.

Blocks of 250 steps with and without publishing take turns, so that whatever else the machine does meets both. A step is
one sweep of the chain's kernel, repeated until the step has the wanted length, and the call of Publisher.sweep; with
--gradient N also that of Publisher.update with N float32 numbers.
"""
import argparse
import json
import time

import numpy as np

import ratchet

BLOCK = 250
STATES, CHAINS = 10, 512
QUANTILES = {"median": 50, "p90": 90, "p99": 99, "p999": 99.9}

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--bootstrap", default="localhost:9092")
parser.add_argument("--steps", type=int, default=40_000, help="of each kind")
parser.add_argument("--sweeps", type=int, default=20, help="sweeps of the kernel that make the work of one step")
parser.add_argument("--attempt", type=int, help="begin without asking the broker: for one that is dead")
parser.add_argument("--gradient", type=int, default=0, metavar="N", help="also publish an update of N parameters")
parser.add_argument("--values", action="store_true", help="with the gradient's values, not only its norm")
args = parser.parse_args()

rng = np.random.default_rng(1)
kernel = rng.dirichlet(np.ones(STATES), STATES).cumsum(1)
state = rng.integers(0, STATES, CHAINS)
gradient = rng.standard_normal(args.gradient, np.float32)


def sweep(state):
    return np.minimum((rng.random(CHAINS)[:, None] > kernel[state]).sum(1), STATES - 1)


took = {False: [], True: []}
watch = ratchet.Publisher(args.bootstrap, f"added-time-{time.time_ns()}", states=STATES, chains=CHAINS,
                          attempt=args.attempt)
for i in range(2 * args.steps):
    watched = i // BLOCK % 2 == 1
    began = time.perf_counter_ns()
    for _ in range(args.sweeps):
        after = sweep(state)
    if watched:
        watch.sweep(len(took[True]), state, after)
        if args.gradient:
            watch.update(len(took[True]), {"W": gradient}, values=args.values)
    state = after
    took[watched].append((time.perf_counter_ns() - began) / 1000)
dropped_in_loop = watch.dropped
print(json.dumps({
    "chains": CHAINS, "gradient": args.gradient, "values": args.values, "steps": args.steps, "dropped": dropped_in_loop, "delivered": watch.close(patience=5),
    "without_us": {name: round(float(np.percentile(took[False], q)), 1) for name, q in QUANTILES.items()},
    "with_us": {name: round(float(np.percentile(took[True], q)), 1) for name, q in QUANTILES.items()},
    "added_us": {name: round(float(np.percentile(took[True], q) - np.percentile(took[False], q)), 1)
                 for name, q in QUANTILES.items()}}))
