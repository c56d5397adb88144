"""
Publishes states that a file holds, for the test that compares with the Java producer (PythonClientIT).

The file: one line of JSON with the shape, then for each sweep what the Java test wrote, in the order of `sweep` below.
"""
import argparse
import json

import numpy as np

import ratchet

parser = argparse.ArgumentParser()
parser.add_argument("--bootstrap", required=True)
parser.add_argument("--run", required=True)
parser.add_argument("--resume", action="store_true")
parser.add_argument("file")
args = parser.parse_args()

with open(args.file, "rb") as file:
    shape = json.loads(file.readline())
    states, chains, first, steps = shape["states"], shape["chains"], shape["startStep"], shape["steps"]

    def read(kind, *size):
        return np.fromfile(file, kind, int(np.prod(size))).reshape(size)

    with ratchet.Publisher(
        args.bootstrap, args.run, states=states, chains=chains, expect="irreversible", start_step=first,
        resume=args.resume, class_shares=[0.25, 0.75], visible=9, incarnation=7, clock=lambda: 1.5e9,
        about={"model": "recorded"},
    ) as watch:
        for step in range(first, first + steps):
            before, after = read("<i4", chains), read("<i4", chains)
            observed = {}
            if step % 2 == 0:
                observed = {"path_entropy": read("<f4", chains), "classes": read("u1", chains),
                            "data_latent": read("<f4", states), "samples": read("u1", 2, 9)}
                if states <= 256:
                    observed["soft"] = read("<f4", chains, states)
            watch.sweep(step, before, after, **observed)
            gradient = read("<f4", 3, 2)
            watch.update(step, {"W": gradient}, log_likelihood=-1.0 / (step + 1), learning_rate=0.125, seconds=0.25,
                         digest=step, values=True)
print(json.dumps({"attempt": watch.attempt, "dropped": watch.dropped}))
