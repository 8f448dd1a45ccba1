"""What closed forms of batches and training on digit 8 against the rest say."""

import math

import numpy as np
import xarray

from ..declaring.number import Number, sample
from .generalization import LEVEL, interval, paired
from .imbalanced import PLAIN, RESAMPLING, SMOTE, WEIGHTS
from .law import K
from .rebalanced import ACCURACY, AHEAD, FULL, LOSS, MOVED


def forms(data: xarray.Dataset) -> list[str]:
    """How far either closed form is off, and whether by more than the number of dimensions allows."""
    return [_form(data.sel(scheme=name), str(name)) for name in data.scheme.values]


def off(one: xarray.Dataset, form: str) -> np.ndarray:
    """Of a closed form, as a share of what was drawn, for every size of a batch."""
    return (one[form] / one.drawn - 1).values


def _form(one: xarray.Dataset, name: str) -> str:
    allowed = 1 / float(one.dimensions)
    noise = K * (one.standard_error / one.drawn).values
    many, normal = off(one, "many"), off(one, "normal")
    word = "within" if (np.abs(many) < allowed + noise).all() else "NOT within"
    nearer = "nearer" if np.abs(normal).max() < np.abs(many).max() else "NOT nearer"
    return (
        f"closed forms: {name}, tr Σ/|g|² = {float(one.trace):.3g}, batches of {_listed(one.value.values)}:"
        f" 1/√(1 + tr Σ/B|g|²) is {_shares(many)} off E ĝ_B·ĝ, {word} 1/d = {100 * allowed:.3g} %, of d ="
        f" {float(one.dimensions):.3g} dimensions; normal batches are {nearer}, {_shares(normal)} off (errors up to"
        f" {100 * noise.max() / K:.2g} %)."
    )


def _listed(values: np.ndarray) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _shares(values: np.ndarray) -> str:
    return ", ".join(f"{100 * value:+.2g}" for value in values) + " %"


def steps(data: xarray.Dataset, route: str) -> np.ndarray:
    """Steps of every run until its balanced training loss is as low as asked for; NaN where it never was."""
    loss, time = data[LOSS].sel(route=route).values, data.time.values
    return np.array([_crossing(one, time, float(data.attrs["reached"])) for one in loss.T])


def _crossing(loss: np.ndarray, time: np.ndarray, level: float) -> float:
    below = np.flatnonzero(loss <= level)
    if not len(below):
        return math.nan
    k = int(below[0])
    return float(np.interp(-level, -loss[k - 1 : k + 1], time[k - 1 : k + 1])) if k else float(time[0])


def predicted(data: xarray.Dataset) -> np.ndarray:
    """Steps of class weights over those of resampling by tr Σ, along the way of resampling."""
    above = data[LOSS].sel(route=RESAMPLING) > data.attrs["reached"]
    return data[AHEAD].where(above).mean("time").values


def slower(data: xarray.Dataset, route: str) -> Number:
    """ln of the steps of a route over those of resampling, of runs that both arrive."""
    return _mean(np.log(steps(data, route) / steps(data, RESAMPLING)))


def against_trace(data: xarray.Dataset) -> Number:
    """ln of the steps of class weights over those of resampling, less that by tr Σ."""
    return _mean(np.log(steps(data, WEIGHTS) / steps(data, RESAMPLING)) - np.log(predicted(data)))._replace(
        expected=0.0
    )


def _mean(values: np.ndarray) -> Number:
    """Of runs that arrive; of fewer than two there is no interval."""
    return sample(values) if np.isfinite(values).sum() > 1 else Number(math.nan, math.nan, 0)


def training(data: xarray.Dataset) -> list[str]:
    """Steps beside resampling's, and balanced accuracy beside the plain loss's with its threshold moved and not."""
    return [_speed(data), _whole(data), *(_accuracy(data, route) for route in (WEIGHTS, RESAMPLING, SMOTE, FULL))]


def _ratio(number: Number) -> str:
    low, high = interval(number)
    return f"{math.exp(number.value):.3g} times ({100 * LEVEL:g} %: {math.exp(low):.3g} to {math.exp(high):.3g})"


def _arrived(data: xarray.Dataset, number: Number) -> str:
    return f"balanced loss {data.attrs['reached']:g}, reached by {number.count} of {data.sizes['run']} pairs of runs"


def _speed(data: xarray.Dataset) -> str:
    found, beyond = slower(data, WEIGHTS), against_trace(data)
    low, high = interval(found)
    word = "slower" if low > 0 else "FASTER" if high < 0 else "NOT slower"
    low, high = interval(beyond)
    near = "as predicted" if low <= 0 <= high else "NOT as predicted"
    by_trace = float(np.nanmean(predicted(data)))
    return (
        f"training: class weights are {word} than resampling: {_ratio(found)} as many steps to {_arrived(data, found)};"
        f" {near} by tr Σ, {by_trace:.3g} times: measured over that {_ratio(beyond)}."
    )


def _whole(data: xarray.Dataset) -> str:
    found = slower(data, FULL)
    word = "cost no time on all data" if interval(found)[1] < 0 else "COST time on all data, too"
    return f"training: class weights {word}: {_ratio(found)} as many steps as resampling to {_arrived(data, found)}."


def moved(data: xarray.Dataset, route: str) -> Number:
    """Balanced accuracy of a route at the end less that of the plain loss above a threshold from training."""
    return sample((data[ACCURACY].isel(time=-1).sel(route=route) - data[MOVED]).values)


def _accuracy(data: xarray.Dataset, route: str) -> str:
    last = sample(data[ACCURACY].isel(time=-1).sel(route=route).values)
    return (
        f"training: {route}, balanced accuracy {last.value:.3f} ± {last.error:.1g} on what was not seen:"
        f" {_told(paired(data, route, PLAIN, ACCURACY))} the plain loss,"
        f" {_told(moved(data, route))} the plain loss with its threshold moved."
    )


def _told(number: Number) -> str:
    low, high = interval(number)
    word = "better than" if low > 0 else "WORSE than" if high < 0 else "NO other than"
    return f"{number.value:+.2g} ({100 * LEVEL:g} %: {low:+.2g} to {high:+.2g}), {word}"


def numbers(data: xarray.Dataset) -> dict[str, Number]:
    """Steps and accuracies that are judged."""
    found = {f"training: ln steps of {name} over resampling": slower(data, name) for name in (WEIGHTS, FULL)}
    found["training: the same of class weights less that by tr Σ"] = against_trace(data)
    for route in (WEIGHTS, RESAMPLING, SMOTE, FULL):
        found[f"training: balanced accuracy, {route} less plain loss"] = paired(data, route, PLAIN, ACCURACY)
        found[f"training: balanced accuracy, {route} less threshold moved"] = moved(data, route)
    return found
