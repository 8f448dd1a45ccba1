"""Synthetic steps on batches, new points and training of digit 8 against the rest, in the layout of real ones."""

import numpy as np
import xarray

from corr.experiments.systems import balance, batch_steps, imbalance, law, rebalanced

from .written_systems import Parts, Sizes

RUNS = 8


def on_batches(many: float = 0.9, normal: float = 1.01) -> xarray.Dataset:
    """Drifts half a percent above their laws, closed forms so far from what was drawn, with two dimensions."""
    at = np.array(imbalance.BATCHES, float)
    drawn = np.array([1 / np.sqrt(1 + 100 * (3 - k) / at) for k in range(3)])
    rows = {f"{name}: drift in σ": law.Row(0.402 * one, 0.01 * one, 0.4 * one, np.full(4, 0.4))
            for name, one in zip(batch_steps.SCHEMES, drawn, strict=True)}  # fmt: skip
    ratio = drawn[0] / drawn[1]
    rows[batch_steps.RATIO] = law.Row(ratio, 0.01 * ratio, ratio, np.ones(4))
    data = law.against("points in a batch", at, rows, other=batch_steps.FAST)
    columns = {"drawn": drawn, "standard_error": 0.002 * drawn, "normal": normal * drawn, "many": many * drawn}
    every = {name: (("scheme", "value"), values) for name, values in columns.items()}
    ends = {"trace": ("scheme", np.array([300.0, 200.0, 100.0])), "dimensions": ("scheme", np.full(3, 2.0))}
    return data.assign_coords(scheme=list(batch_steps.SCHEMES)).assign(every | ends)


def trained(slower: float = 1.5, by_trace: float = 1.5, gain: float = 0.05, whole: float = 0.6) -> xarray.Dataset:
    """Losses that fall so much slower with class weights than with resampling; accuracies so far above the plain."""
    random, time = np.random.default_rng(0), np.linspace(0, 4000, rebalanced.RECORDS + 1)
    speeds = dict(zip(rebalanced.ROUTES, (0.1, 1 / slower, 1.0, 1.0, 1 / whole), strict=True))
    even = np.linspace(-0.02, 0.02, RUNS)
    scatter = 1 + np.array([[np.roll(even, 3 * k)] for k in range(len(speeds))])
    loss = 0.75 * np.exp(-np.array(list(speeds.values()))[:, None, None] * scatter * time[:, None] / 2000)
    above = np.array([0.0, gain, gain, gain, gain])[:, None, None]
    accuracy = 0.8 + above + 0.005 * random.normal(size=loss.shape)
    dims = ("route", "time", "run")
    columns = {
        balance.LOSS: (dims, loss),
        balance.ACCURACY: (dims, accuracy),
        balance.AHEAD: (("time", "run"), by_trace * (1 + 0.001 * random.normal(size=loss.shape[1:]))),
        balance.MOVED: ("run", 0.8 + 0.005 * random.normal(size=RUNS)),
    }
    attrs = {"std": rebalanced.STD, "size": rebalanced.SIZE, "reached": rebalanced.REACHED}
    return xarray.Dataset(columns, {"route": list(speeds), "time": time}, attrs)


def imbalances() -> tuple[Parts, Sizes]:
    """All parts."""
    at = np.array(imbalance.WARM_BATCHES, float)
    warm = {f"{name} over βσ²|g|÷2": law.Row([1.0, 0.99], [0.02, 0.02], [1.0, 1.0], [0.5, 0.6])
            for name in batch_steps.SCHEMES[:2]}  # fmt: skip
    warm[batch_steps.RATIO] = law.Row([1.0, 0.99], [0.03, 0.03], [1.0, 1.0], [0.7, 0.8])
    neighbours = np.array(imbalance.COUNTS, float)
    narrow = {name: law.Row([0.8, 0.7, 0.7, 0.68], [0.01] * 4, [0.8, 0.7, 0.7, 0.68], [1.0] * 4)
              for name in imbalance.OVER}  # fmt: skip
    parts = {
        imbalance.COLD: on_batches(),
        imbalance.WARM: law.against("points in a batch", at, warm, other=batch_steps.SLOW),
        imbalance.COVARIANCE: law.against("neighbours", neighbours, narrow, other=imbalance.WIDE),
        rebalanced.TRAINING: trained(),
    }
    return parts, imbalance.study.preset("quick")._asdict()
