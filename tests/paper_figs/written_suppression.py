"""Synthetic replicas and populations on the digits, in the layout of real ones."""

import numpy as np
import xarray

from corr.experiments.systems import law, replicas, suppressed, suppression

from .written_systems import Parts, Sizes


def on_digits(seeds: int = 4, own: bool = False, **shifts: float) -> xarray.Dataset:
    """Updates that grow apart, or are never alike; test losses so far above 0.15, by run, that scatter by seed."""
    random, generations = np.random.default_rng(0), 6
    shape = len(suppressed.RUNS), len(suppressed.READOUTS), seeds
    loss = 0.15 + 0.002 * random.normal(size=seeds) + 1e-4 * random.normal(size=shape)
    for run, shift in shifts.items():
        loss[suppressed.RUNS.index(run.replace("_", " "))] += shift
    loss[:, 2] += 1.5 if own else -0.005
    alike = (0.0 if own else 1.0) * np.exp(-np.arange(generations) / 4)[:, None]
    cosine = alike + 0.003 * random.normal(size=(len(suppressed.RUNS), generations, seeds))
    replaced = 0 if own else np.clip(15.0 - 3 * np.arange(generations - 1), 0, 15)[:, None]
    columns = {name: (("run", "readout", "seed"), 1 - loss if "accuracy" in name else loss)
               for name in suppressed.METRICS}  # fmt: skip
    columns["cosine"] = (("run", "generation", "seed"), cosine)
    columns["replaced"] = (("between", "seed"), replaced + np.zeros((generations - 1, seeds)))
    names = {"run": list(suppressed.RUNS), "readout": list(suppressed.READOUTS)}
    return xarray.Dataset(columns, names, {"individuals": 16})


def suppressions() -> tuple[Parts, Sizes]:
    """Shares half a percent above their laws; populations of one start and of their own."""
    at = np.array(replicas.COUNTS, float)
    rows = {
        name: law.Row(1.005 * known, 0.01 * known, known, 1.3 * known)
        for name, known in {"share gained by the best": 1 - at**-0.3, "share left by the average": 1 / at}.items()
    }
    parts = {"bowl": law.against("replicas P", at, rows, other=replicas.OTHER), "digits, one start": on_digits(),
             "digits, own starts": on_digits(own=True)}  # fmt: skip
    return parts, suppression.study.preset("quick")._asdict()
