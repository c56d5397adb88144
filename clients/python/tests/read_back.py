"""Prints what the reading half of the client sees of a run, for PythonClientIT: floats by repr, so in every bit."""
import argparse
import json

import numpy as np

import ratchet

parser = argparse.ArgumentParser()
parser.add_argument("--bootstrap", required=True)
parser.add_argument("--page", required=True)
parser.add_argument("--run", required=True)
args = parser.parse_args()


def plain(array):
    return [None if isinstance(v, float) and np.isnan(v) else v for v in array.tolist()]


windows = ratchet.windows(args.bootstrap, args.run)
updates, curves = ratchet.series(args.page, args.run)
names = ["sequence", "toStep", "transitions", "status", "entropyProduction.value", "entropyProduction.upper",
         "softEntropyProduction.value", "reversibilityTest.pValue", "relaxationTime"]
states = int(windows["states"][-1])
seen = {"windows": {name: plain(windows[name]) for name in names},
        "counts": ratchet.count_matrix(windows["counts"][-1], states).tolist(),
        "curve": {"step": plain(curves["step"]), "value": plain(curves["entropyProduction.mean"])},
        "updates": plain(updates["logLikelihood.mean"]),
        "workers": [r["state"] for r in ratchet.records(args.bootstrap, "runs", args.run) if "heartbeatMillis" in r]}
try:
    import pandas
    seen["frame"] = list(pandas.DataFrame(windows).shape)
except ImportError:
    pass
print(json.dumps(seen))
