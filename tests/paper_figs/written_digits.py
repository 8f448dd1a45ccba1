"""Synthetic runs of the study of digits, in the layout of real ones."""

import numpy as np
import xarray

from corr.experiments.studies import digits

from .written_systems import Parts, Sizes


def written(shift: float = 0.0, count: int = 16, spread: float = 0.004) -> xarray.Dataset:
    """Losses and accuracies of 16 runs and 64 twins, mutation's shifted, with weights as near as can be."""
    rng, times = np.random.default_rng(0), 3
    columns: dict[str, tuple[object, np.ndarray]] = {
        f"{side}{end}": ("time", np.full(times, value)) for side in digits.SIDES for end, value in (("_p", 1e-3),)
    }
    columns |= {f"to_{side}{end}": ("time", np.full(times, 1e-3)) for side in digits.SIDES for end in ("", "_error")}
    for what in digits.MARGINS:
        for side, axis, size, off in (("mutation", "trajectory", count, shift), ("twin", "twin", 64, 0.0)):
            values = rng.normal(size=(size, times)) * spread
            columns[f"{what}, {side}"] = ((axis, "time"), 0.8 + off + values - values.mean(axis=0))
        columns[f"{what}, descent"] = ("time", np.full(times, 0.8))
    return xarray.Dataset(columns, {"time": [1.0, 2.0, 3.0]}, {"parameters": 10})


def two_networks() -> tuple[Parts, Sizes]:
    """One that learns as both sides do, one that does not."""
    parts = {"digits, fully connected": written(), "digits, convolutional": written(0.02)}
    parts = {name: one.assign_attrs(images=400, margin=digits.MARGINS["test accuracy"]) for name, one in parts.items()}
    return parts, digits.study.preset("quick")._asdict()
