"""Synthetic results of weights of few bits: laws of a step, flips of either rule, falls of the loss."""

import numpy as np
import xarray

from corr.experiments.systems import law, narrow, narrow_flips, narrow_walks

from .written_systems import Parts, Sizes


def few_bits() -> tuple[Parts, Sizes]:
    """laws of a step, measured half a percent above theory; subtraction's flips fall as 1/σ, the others are few."""
    sizes, parts = narrow.study.preset("quick"), {}
    at = np.array(sizes.ratios)
    for name in sizes.types:
        theory = at / (1 + at)
        row = law.Row(1.005 * theory, 0.01 * theory, theory, np.full(len(at), 0.4))
        titles = ("share lost", "drift in σ", "acceptance")
        parts[name] = law.against(narrow.PARAMETER, at, dict.fromkeys(titles, row), other=narrow.OTHER)
        parts[f"flips, {name}"] = _flips(np.array(sizes.flip_ratios), sizes.decisions)
    return parts | {"training": _training()}, sizes._asdict()


def _flips(at: np.ndarray, draws: int) -> xarray.Dataset:
    plain = np.round(draws * np.stack([np.minimum(1e-3 / at, 0.5), 0.5 - 0.05 * at]))
    counts = np.stack([np.array([0 * at, 0 * at + 3]), plain])
    where = ("rule", "loss", "ratio")
    columns = {"flips": (where, counts), "low": (where, 0.7 * counts / draws),
               "high": (where, 1.3 * counts / draws + 1e-3)}  # fmt: skip
    columns |= {name: (where[1:], plain / draws) for name in ("foreseen", "normal")} | {"ties": (where[1:], plain)}
    coords = {"rule": list(narrow_flips.RULES), "loss": list(narrow_flips.LOSSES), "ratio": at}
    return xarray.Dataset(columns, coords, {"draws": draws})


def _training() -> xarray.Dataset:
    at, records = [4.9e-5, 1.5e-3], np.arange(11.0)
    row = law.Row([0.2, 1.0], [0.01, 0.05], [0.2, 1.0], [1.0, 1.0])
    page = law.against("σ", at, {"speed, bfloat16": row, "speed, float16": row}, other=narrow_walks.SPEED)
    fall = 1e-3 * np.array([[1.0, 0.2, 1.1], [1.0, 1.0, 1.0]])[..., None] * records
    where = ("value", "type", "record")
    columns = {"fall": (where, fall), "fall_spread": (where, 0.02 * fall),
               "step": (("value", "record"), np.outer([257, 8.6], records).round())}  # fmt: skip
    for name in ("bfloat16", "float16"):
        columns |= {f"{name}, all": ("value", [0.2, 1.0]), f"{name}, all_error": ("value", [0.01, 0.05])}
    return page.assign(columns).assign_coords(type=["float32", "bfloat16", "float16"])
