"""Reference values of the MCMC diagnostics, made with ArviZ 0.23.4: python3 make.py > diagnostics.json"""
import json
import warnings

warnings.filterwarnings("ignore")
import arviz
import numpy as np

rng = np.random.default_rng(20261122)


def ar(chains, draws, a, shift=0.0):
    x = np.zeros((chains, draws))
    x[:, 0] = rng.normal(size=chains)
    for t in range(1, draws):
        x[:, t] = a * x[:, t - 1] + rng.normal(size=chains) * np.sqrt(1 - a * a)
    return np.round(x + shift * np.arange(chains)[:, None], 6)


def states(chains, draws, stay, k=4):
    x = rng.integers(k, size=(chains, draws))
    for t in range(1, draws):
        keep = rng.random(chains) < stay
        x[keep, t] = x[keep, t - 1]
    return x


def entry(name, x):
    x = np.asarray(x)
    return dict(
        name=name, draws=x.tolist(),
        # ArviZ gives no R-hat of one chain
        split_rhat=float(arviz.rhat(x, method="split")) if len(x) > 1 else None,
        # ArviZ folds after splitting; with an even number of draws the order does not matter
        rank_rhat=float(arviz.rhat(x, method="rank")) if x.shape[1] % 2 == 0 and len(x) > 1 else None,
        bulk_ess=float(arviz.ess(x, method="bulk")),
        # per state: draws of the split chains over the mean ESS of the indicator
        times=[float(2 * (x.shape[1] // 2) * x.shape[0] / arviz.ess((x == s).astype(float), method="mean"))
               for s in range(4)] if x.dtype.kind == "i" else None)


print(json.dumps([
    entry("independent", ar(4, 200, 0.0)),
    entry("slow", ar(4, 200, 0.95)),
    entry("antithetic", ar(4, 200, -0.9)),
    entry("shifted chains", ar(3, 120, 0.5, shift=0.7)),
    entry("odd length", ar(4, 151, 0.6)),
    entry("one chain", ar(1, 300, 0.3)),
    entry("shortest", ar(4, 8, 0.1)),
    entry("states", states(4, 300, 0.8)),
    entry("sticky states", states(8, 101, 0.97)),
]))
