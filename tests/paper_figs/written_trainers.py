"""Synthetic results of trainers: learning curves by split and seed, with a gap to the best of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray

from corr.experiments.systems import contestants, trainers

LOOKS, SPLITS, SEEDS = 21, 5, 3


def learned(
    accuracy: float, training_loss: float = 0.1, seed: int = 0, number: float = 0.01, evaluations: float = 2e4
) -> xarray.Dataset:
    """Accuracy that rises to this number, from there on overfitted; splits scatter by a point, seeds by a third."""
    random = np.random.default_rng(seed)
    split = 0.01 * np.random.default_rng(99).normal(size=(SPLITS, 1, 1))  # the same images for every trainer
    scatter = 0.003 * random.normal(size=(SPLITS, SEEDS, 1))
    way = np.linspace(0, 1, LOOKS)
    rise = (1 - np.exp(-30 * way)) / (1 - np.exp(-30))
    validation = 2.3 - 2 * rise + 0.3 * np.maximum(way - 0.8, 0) + 0 * scatter
    columns = {
        "training_loss": 2.3 - (2.3 - training_loss) * rise + 0.1 * scatter,
        "validation_loss": validation,
        "test_accuracy": 0.1 + (accuracy - 0.1 + split + scatter) * rise,
    }
    return xarray.Dataset(
        {name: (("split", "seed", "evaluations"), values) for name, values in columns.items()},
        {"evaluations": evaluations * way, "tried": ("trial", [0.005, 0.01, 0.02])},
        {"number": number, "called": "σ at first", "each": 2e-4},
    )


def contest(changes: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, xarray.Dataset]:
    """All trainers on one data set; memory has the lower training loss and the lower accuracy."""
    usual: dict[str, dict[str, Any]] = {name: {"accuracy": 0.96} for name in contestants.TRAINERS}
    usual[contestants.ADAPTIVE] = {"accuracy": 0.94, "training_loss": 0.01}
    for name, change in (changes or {}).items():
        usual[name] |= change
    parts = {f"digits, {name}": learned(seed=k, **options) for k, (name, options) in enumerate(usual.items())}
    models = xarray.Dataset({"accuracy": (("model", "split"), [[0.95] * 5, [0.965] * 5])},
                            {"model": ["logistic regression", "scikit-learn's MLP"]})  # fmt: skip
    return parts | {f"digits, {trainers.BASELINES}": models}


def trained() -> tuple[dict[str, xarray.Dataset], Mapping[str, Any]]:
    """In the layout of results."""
    return contest(), trainers.study.preset("quick")._asdict()
