"""A page of laws: what is measured against a parameter, beside theory and beside what it would be otherwise."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray

from ..declaring.number import Number, of_parts, sample
from ..declaring.study import Parts

K = 4.0  # standard errors
SEPARATOR = "; "


class Row(NamedTuple):
    """One quantity at every value of the parameter: measured, its standard error, theory, and another law, if any."""

    value: Sequence[float] | np.ndarray
    error: Sequence[float] | np.ndarray
    theory: Sequence[float] | np.ndarray
    other: Sequence[float] | np.ndarray | None = None


def against(
    parameter: str, at: Sequence[float] | np.ndarray, rows: Mapping[str, Row], *, model: float = 0.0, other: str = "",
    logarithmic: bool = True,
) -> xarray.Dataset:  # fmt: skip
    """A part of a page.

    Args:
        parameter: its name, with its unit, as the figure shows it.
        at: its values.
        rows: by the name of the quantity, as the figure shows it.
        model: share of theory by which it may be off.
        other: what the other law leaves out or has instead.
        logarithmic: axes of the figure.
    """
    columns = {}
    for name, row in rows.items():
        columns |= {name: row.value, f"{name}_error": row.error, f"{name}_theory": row.theory}
        if row.other is not None:
            columns[f"{name}_other"] = row.other
    data = {name: ("value", np.asarray(values, float)) for name, values in columns.items()}
    attrs = {
        "quantities": SEPARATOR.join(rows),
        "parameter": parameter,
        "model": model,
        "other": other,
        "logarithmic": int(logarithmic),
    }
    return xarray.Dataset(data, {"value": np.asarray(at, float)}, attrs)


def means(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means of the columns of independent samples, (n, k), and their standard errors."""
    value, error = np.array([sample(column)[:2] for column in samples.T.astype(float)]).T
    return value, error


def names(data: xarray.Dataset) -> list[str]:
    """The quantities of a part."""
    return str(data.attrs["quantities"]).split(SEPARATOR)


def scores(data: xarray.Dataset, name: str, law: str = "theory") -> np.ndarray:
    """Standard errors by which a quantity lies off a law beyond the model error."""
    known = data[f"{name}_{law}"].values
    off = np.maximum(np.abs(data[name].values - known) - data.attrs["model"] * np.abs(known), 0)
    error = data[f"{name}_error"].values
    return np.where(off > 0, off / np.where(error > 0, error, np.finfo(float).tiny), 0.0)


def among(found: Parts) -> dict[str, xarray.Dataset]:
    """The parts in the format of laws."""
    return {name: data for name, data in found.items() if "quantities" in data.attrs}


def judge(found: Parts) -> list[str]:
    """Every quantity beside its law, and whether the other law is told from it."""
    return [_said(part, data, name) for part, data in found.items() for name in names(data)]


def _said(part: str, data: xarray.Dataset, name: str) -> str:
    off, attrs = scores(data, name), data.attrs
    word = "as predicted" if off.max() < K else "NOT as predicted"
    worst = int(np.argmax(off))
    one = data.isel(value=worst)
    model = f" and {100 * attrs['model']:.3g} %, the model error" if attrs["model"] else ""
    text = (
        f"{part}: {name} {word} at {len(off)} values of {attrs['parameter']} within {K:g} standard errors{model}"
        f" (farthest {off.max():.1f} beyond, at {float(one['value']):.3g}: {float(one[name]):.4g} ±"
        f" {float(one[f'{name}_error']):.2g}, law {float(one[f'{name}_theory']):.4g})"
    )
    if f"{name}_other" in data:
        away = scores(data, name, "other").max()
        told = "refused" if away > K else "NOT refused"
        text += f"; {attrs['other']}, is {told} ({min(away, 1e6):.3g} standard errors)"
    return f"{text}."


def numbers(found: Parts) -> dict[str, Number]:
    """First, middle and last value of every quantity, expected that of theory."""
    return of_parts(found)
