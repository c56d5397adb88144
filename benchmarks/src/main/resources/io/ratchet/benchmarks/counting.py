"""NumPy's side of CountingVersusNumpy: counts the same transitions with bincount, one form a call.

Arguments: file of uint8 states [steps + 1][chains], chains, groups, states. For each line read from
standard input, the name of a form, it answers with the CPU seconds that one count took; for
"counts", with all N^c_ij of the last count.
"""
import sys
import time

import numpy as np

path, chains, groups, states = sys.argv[1], *map(int, sys.argv[2:])
x = np.fromfile(path, dtype=np.uint8).reshape(-1, chains)
frm, to = x[:-1], x[1:]
cells = states * states
group = (np.arange(chains) % groups * cells).astype(np.uint16)


def whole():
    """One bincount over everything."""
    index = frm.astype(np.intp)
    index *= states
    index += to
    index += group
    return np.bincount(index.ravel(), minlength=groups * cells)


def chunks(steps=256):
    """Bincounts over slices that fit into the cache, in the index type that bincount wants."""
    total = np.zeros(groups * cells, dtype=np.int64)
    index = np.empty((steps, chains), dtype=np.intp)
    for first in range(0, len(frm), steps):
        part = index[: min(steps, len(frm) - first)]
        np.multiply(frm[first : first + steps], states, out=part, dtype=np.intp, casting="unsafe")
        part += to[first : first + steps]
        part += group
        total += np.bincount(part.ravel(), minlength=groups * cells)
    return total


def narrow(steps=256):
    """The same with 16-bit arithmetic, which bincount widens."""
    total = np.zeros(groups * cells, dtype=np.int64)
    index = np.empty((steps, chains), dtype=np.uint16)
    for first in range(0, len(frm), steps):
        part = index[: min(steps, len(frm) - first)]
        np.multiply(frm[first : first + steps], np.uint16(states), out=part, dtype=np.uint16)
        part += to[first : first + steps]
        part += group
        total += np.bincount(part.ravel(), minlength=groups * cells)
    return total


def by_group():
    """One bincount a group of chains."""
    total = []
    for g in range(groups):
        index = frm[:, g::groups].astype(np.intp)
        index *= states
        index += to[:, g::groups]
        total.append(np.bincount(index.ravel(), minlength=cells))
    return np.concatenate(total)


forms = dict(whole=whole, chunks=chunks, narrow=narrow, by_group=by_group)
print(np.__version__, *forms, flush=True)
result = None
for line in sys.stdin:
    name = line.strip()
    if name == "counts":
        print(*result, flush=True)
        continue
    start = time.process_time()
    result = forms[name]()
    print(time.process_time() - start, flush=True)
