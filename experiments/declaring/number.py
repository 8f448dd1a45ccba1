"""The few numbers of a result that a referee would check, each with its standard error."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray

SHOWN = 3


class Number(NamedTuple):
    """A measured number.

    Attributes:
        value: the number.
        error: its standard error.
        count: independent trajectories behind it, None for very many.
        expected: what theory or the paper says it is, None where they say nothing.
    """

    value: float
    error: float
    count: int | None = None
    expected: float | None = None

    def score(self) -> float:
        """(value - expected) / error; NaN where nothing is expected or there is no error."""
        if self.expected is None or not self.error > 0:
            return math.nan
        return (self.value - self.expected) / self.error


def sample(values: np.ndarray, expected: float | None = None) -> Number:
    """The mean of independent values (n,)."""
    values = np.asarray(values, float)
    good = values[np.isfinite(values)]
    spread = float(good.std(ddof=1)) if len(good) > 1 else math.nan
    return Number(float(good.mean()), spread / math.sqrt(len(good)), len(good), expected)


def difference(first: Number, second: Number, expected: float | None = None) -> Number:
    """Of two independent numbers."""
    counts = [number.count for number in (first, second) if number.count is not None]
    error = math.hypot(first.error, second.error)
    return Number(first.value - second.value, error, min(counts, default=None), expected)


def plain(value: Any) -> float | str:
    """A number that JSON can hold."""
    return "inf" if math.isinf(float(value)) else float(value)


def of_parts(parts: Mapping[str, xarray.Dataset]) -> dict[str, Number]:
    """Mean loss at the end of every ensemble, and every variable ``v`` saved with its standard error ``v_error``.

    Of a variable with an axis the first, middle and last entry are taken; ``v_level_1`` or ``v_theory`` beside it is
    what is expected.
    """
    found: dict[str, Number] = {}
    for name, data in parts.items():
        if {"trajectory", "time"} == set(data["loss"].dims if "loss" in data else ()):
            found[f"{name}: mean loss at the end"] = sample(data["loss"].values[:, -1])
        for variable in (key for key in data.data_vars if f"{key}_error" in data):
            found |= _entries(f"{name}: {variable}", data, str(variable))
    return found


def _entries(label: str, data: xarray.Dataset, variable: str) -> dict[str, Number]:
    values, errors = (np.atleast_1d(data[key].values) for key in (variable, f"{variable}_error"))
    theory = next((data[key].values for key in (f"{variable}_level_1", f"{variable}_theory") if key in data), None)
    chosen = np.unique(np.linspace(0, len(values) - 1, min(SHOWN, len(values))).round().astype(int))
    found = {}
    for k in chosen:
        axis = next(iter(data[variable].dims), None)
        where = f" at {axis} = {float(data[axis][k]):.3g}" if axis in data.coords else f" [{k}]" * (axis is not None)
        expected = None if theory is None else float(np.atleast_1d(theory)[k])
        found[f"{label}{where}"] = Number(float(values[k]), float(errors[k]), None, expected)
    return found
