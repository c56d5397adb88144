"""NumPy's side of RbmVersusNumpy: PCD-k with centred gradient, float32, in place.

Arguments: file of uint8 units [examples][V], V, hidden units, batch (= chains), k. For each line
read from standard input, a number of updates, it answers with the CPU seconds that they took.
"""
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
import numpy as np

f = np.float32
path, V, H, B, k = sys.argv[1], *map(int, sys.argv[2:6])
rate = f(0.01)
X = np.fromfile(path, dtype=np.uint8).reshape(-1, V).astype(f)
rng = np.random.Generator(np.random.SFC64(1))  # the fastest of NumPy's generators
W = (1e-4 * rng.standard_normal((V, H))).astype(f)
p = np.clip(X.mean(0), 1e-3, 1 - 1e-3)
b, c = np.log(p / (1 - p)).astype(f), np.zeros(H, f)
v = (rng.random((B, V), dtype=f) < 0.5).astype(f)
h = np.empty((B, H), f)
mean_v, mean_h, u_v, u_h = np.empty((B, V), f), np.empty((B, H), f), np.empty((B, V), f), np.empty((B, H), f)
order, position = rng.permutation(len(X)), 0


def means(x, weights, bias, out):
    """sigmoid(x weights + bias)."""
    np.dot(x, weights, out=out)
    out += bias
    np.negative(out, out=out)
    np.exp(out, out=out)
    out += f(1)
    np.reciprocal(out, out=out)


def update():
    global W, b, c, order, position
    if position + B > len(X):
        order, position = rng.permutation(len(X)), 0
    x = X[order[position : position + B]]
    position += B
    for _ in range(k):
        means(v, W, c, mean_h)
        rng.random(out=u_h, dtype=f)
        np.less(u_h, mean_h, out=h)
        means(h, W.T, b, mean_v)
        rng.random(out=u_v, dtype=f)
        np.less(u_v, mean_v, out=v)
    means(v, W, c, mean_h)
    data_h = np.empty((B, H), f)
    means(x, W, c, data_h)
    mu, lam = x.mean(0), data_h.mean(0)
    dW = ((x - mu).T @ (data_h - lam) - (v - mu).T @ (mean_h - lam)) / f(B)
    db = mu - v.mean(0) - dW @ lam
    dc = lam - mean_h.mean(0) - mu @ dW
    W += rate * dW
    b += rate * db
    c += rate * dc


print(np.__version__, flush=True)
for line in sys.stdin:
    start = time.process_time()
    with np.errstate(over="ignore"):  # exp(-x) of a unit that is surely off: its mean is 0
        for _ in range(int(line)):
            update()
    print(time.process_time() - start, flush=True)
