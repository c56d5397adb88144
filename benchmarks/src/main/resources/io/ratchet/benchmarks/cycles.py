"""NumPy's side of CyclesVersusNumpy: takes a stationary flux apart into cycles, greedily, as theory.md 2 says.

Arguments: file of float64 flux [from][to], states. For each line "decompose" it answers with the CPU seconds that it
took; for "top N", with the number of cycles and, for the N strongest, weight, affinity and states.
"""
import sys
import time

import numpy as np

path, states = sys.argv[1], int(sys.argv[2])
flux = np.fromfile(path, dtype=np.float64).reshape(states, states)


def decompose():
    """Keeps the largest current out of each state; a cycle changes those of its own states only."""
    left = np.maximum(flux - flux.T, 0)
    target = left.argmax(1)
    largest = left[np.arange(states), target]
    residue = 1e-12 / np.count_nonzero(left)
    cycles = []
    while True:
        state = int(largest.argmax())
        if largest[state] <= residue:
            return cycles
        walk, position = [], {}
        while state not in position and largest[state] > 0:
            position[state] = len(walk)
            walk.append(state)
            state = int(target[state])
        closed = state in position
        cycle = walk[position[state] :] if closed else walk[-1:]  # rounding leaves crumbs that lead nowhere
        weight = largest[cycle].min()
        for s in cycle:
            left[s, target[s]] -= weight
            target[s] = left[s].argmax()
            largest[s] = left[s, target[s]]
        if closed:
            first = cycle.index(min(cycle))
            cycles.append((float(weight), cycle[first:] + cycle[:first]))


def text(cycle):
    weight, members = cycle
    following = members[1:] + members[:1]
    affinity = float(np.log(flux[members, following] / flux[following, members]).sum())
    return ",".join(map(str, [weight, affinity, *members]))


print(np.__version__, flush=True)
found = None
for line in sys.stdin:
    question = line.split()
    if question[0] == "top":
        strongest = sorted(found, key=lambda cycle: (-cycle[0], cycle[1]))[: int(question[1])]
        print(len(found), *map(text, strongest), flush=True)
        continue
    start = time.process_time()
    found = decompose()
    print(time.process_time() - start, flush=True)
