"""What paired runs say of routes to one flatness on digits: whether they agree, and whether they generalize better."""

import math

import xarray
from scipy import stats

from ..declaring.number import Number, sample
from .flatness import BARKER, DESCENT, FITNESS, HALF, LONE, NOISE, SHARP
from .law import K

MODEL = 0.02  # of tr H and U_σ: (βΔU)²/4 of Barker's rule, and what the noise of mutants heats
TOLD_BY = ("tr H", "U_σ")
LEVEL = 0.95


def paired(data: xarray.Dataset, route: str, other: str, what: str, expected: float | None = None) -> Number:
    """Difference of two routes at the end, over runs that share start, split and probes."""
    last = data[what].isel(time=-1)
    return sample((last.sel(route=route) - last.sel(route=other)).values, expected)


def interval(number: Number) -> tuple[float, float]:
    """Where the mean of so few differences lies, at 95 %."""
    reach = float(stats.t.ppf((1 + LEVEL) / 2, (number.count or 2) - 1)) * number.error
    return number.value - reach, number.value + reach


def agrees(data: xarray.Dataset, route: str) -> bool:
    """Whether tr H and U_σ are those of weight noise."""
    return all(_beyond(data, route, what) < K for what in TOLD_BY)


def _beyond(data: xarray.Dataset, route: str, what: str) -> float:
    """Standard errors by which a route lies off weight noise beyond the model error."""
    found = paired(data, route, NOISE, what)
    known = float(data[what].sel(route=NOISE).isel(time=-1).mean())
    off = max(abs(found.value) - MODEL * abs(known), 0.0)
    return off / found.error if found.error > 0 else (math.inf if off else 0.0)


def judge(data: xarray.Dataset) -> list[str]:
    """Routes beside weight noise, what must be refused, and all beside descent."""
    said = [_agreement(data, route) for route in (FITNESS, BARKER)]
    said += [_refusal(data, route) for route in (HALF, DESCENT, LONE)]
    return said + [_generalization(data, route) for route in (NOISE, FITNESS, BARKER, SHARP)]


def _agreement(data: xarray.Dataset, route: str) -> str:
    word = "agrees" if agrees(data, route) else "does NOT agree"
    return (
        f"digits: {route} {word} with {NOISE} in tr H ({_told(paired(data, route, NOISE, 'tr H'))}) and U_σ"
        f" ({_told(paired(data, route, NOISE, 'U_σ'))}) within {K:g} standard errors and {100 * MODEL:g} %, the model"
        f" error; generalization gap {_told(paired(data, route, NOISE, 'gap'))}."
    )


def _refusal(data: xarray.Dataset, route: str) -> str:
    word = "is NOT told from" if agrees(data, route) else "is told from"
    return (
        f"digits: {route} {word} {NOISE}: tr H {_told(paired(data, route, NOISE, 'tr H'))}, U_σ"
        f" {_told(paired(data, route, NOISE, 'U_σ'))}."
    )


def _generalization(data: xarray.Dataset, route: str) -> str:
    gap, flat = paired(data, route, DESCENT, "gap"), paired(data, route, DESCENT, "tr H")
    low, high = interval(gap)
    word = "a smaller gap" if high < 0 else "a LARGER gap" if low > 0 else "NO other gap shown"
    flatter = "flatter" if flat.value < -K * flat.error else "NOT flatter"
    return (
        f"digits: {route} is {flatter} than {DESCENT} (tr H {_told(flat)}) with {word}: {gap.value:+.2g}"
        f" ({100 * LEVEL:g} %: {low:+.2g} to {high:+.2g}); training loss"
        f" {_told(paired(data, route, DESCENT, 'training loss'))}, test loss"
        f" {_told(paired(data, route, DESCENT, 'test loss'))}, accuracy"
        f" {_told(paired(data, route, DESCENT, 'accuracy'))}."
    )


def _told(number: Number) -> str:
    return f"{number.value:+.3g} ± {number.error:.1g}"


def numbers(data: xarray.Dataset) -> dict[str, Number]:
    """Values at the end, and the differences that are judged."""
    last = data.isel(time=-1)
    found = {
        f"digits, {route}: {what}": sample(last[what].sel(route=route).values)
        for route in (DESCENT, NOISE, FITNESS, BARKER, HALF, SHARP)
        for what in ("tr H", "gap")
    }
    for route in (FITNESS, BARKER):
        for what in TOLD_BY:
            found[f"digits, {route} less {NOISE}: {what}"] = paired(data, route, NOISE, what, 0.0)
    for route in (NOISE, FITNESS, BARKER, SHARP):
        for what in ("gap", "test loss"):
            found[f"digits, {route} less {DESCENT}: {what}"] = paired(data, route, DESCENT, what)
    found[f"digits, {LONE}: U_σ"] = sample(last["U_σ"].sel(route=LONE).values)
    return found
