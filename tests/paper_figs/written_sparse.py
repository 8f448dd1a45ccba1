"""Synthetic results of sparse evolutionary training: links that gather by so much, losses, accuracies."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray

from corr.experiments.systems import sparse
from corr.experiments.systems.sparse_runs import CENTRE, SIDE

EPOCHS, MEAN = 5, 4.0


def learned(
    way: str, inputs: str, shrink: float, contrast: float = 0.0, accuracy: float = 0.9, seeds: int = 6
) -> xarray.Dataset:
    """Contrasts that scatter by 0.02 over seeds, accuracies by half a point; maps of that contrast."""
    random = np.random.default_rng(len(way) + round(1000 * shrink))
    scatter = random.permutation(np.linspace(-1.0, 1.0, seeds))[:, None]
    way_there, where = np.linspace(0.2, 1.0, EPOCHS), ("seed", "epoch")
    reached = (contrast + 0.02 * scatter) * way_there
    columns: dict[str, Any] = {
        "training_loss": (where, 0.3 - 0.2 * way_there + 0 * scatter),
        "test_loss": (where, 0.4 - 0.1 * way_there + 0 * scatter),
        "accuracy": (where, accuracy * way_there + 0.005 * scatter),
        "contrast": (where, reached),
        "fresh_contrast": (where, -0.1 * reached),
    }
    inside, low = CENTRE**2 / SIDE**2, (SIDE - CENTRE) // 2
    images = np.empty((seeds, SIDE, SIDE))
    for image, one in zip(images, reached[:, -1], strict=True):
        image[:] = MEAN * (1 - inside * one)
        image[low : low + CENTRE, low : low + CENTRE] = MEAN * (1 + (1 - inside) * one)
    columns |= {name: (("seed", "row", "column"), images) for name in ("kept", "fresh")}
    attrs = {"way": way, "inputs": inputs, "shrink": shrink}
    return xarray.Dataset(columns, {"epoch": np.arange(1, EPOCHS + 1)}, attrs)


def cells(contrasts: Mapping[float, float], accuracies: Mapping[str, float]) -> dict[str, xarray.Dataset]:
    """SET at every shrinkage with these contrasts on both inputs, and ways with these accuracies."""
    keys = [(sparse.SET, inputs, shrink) for inputs in ("[0, 1]", "standardized") for shrink in contrasts]
    parts = {sparse.named(*key): learned(*key, contrast=contrasts[key[2]]) for key in keys}
    for way, accuracy in accuracies.items():
        parts[sparse.named(way, *sparse.BESIDE)] = learned(way, *sparse.BESIDE, accuracy=accuracy)
    return parts


def gathered() -> tuple[dict[str, xarray.Dataset], Mapping[str, Any]]:
    """As the conjecture has it, dense networks better by a point."""
    ways = dict.fromkeys(sparse.study.preset("quick").ways, 0.88) | {sparse.DENSE: 0.91}
    return cells({0.0: -0.2, 0.001: 0.0, 0.01: 0.2, 0.1: 0.3}, ways), sparse.study.preset("quick")._asdict()
