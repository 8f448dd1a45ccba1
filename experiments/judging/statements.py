"""What the equivalence tests of a run say: rows for a table, one verdict for each null, sentences."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray

from corr import Comparison, inference

from ..declaring.rounding import measured
from .equivalence import DECLARED, LEVEL, NULLS, POWER, SEED, crossing_time, established_until, finite, reaches

NOISE = 2.0  # standard errors within which the twins' distance is called none
# What a margin is a share of.
UNITS = {"weights": "travelled", "loss": "fallen"}
BEYOND = "different by more than the margins"
DIFFERENCES = {"weights": "weights differ", "loss": "loss differs"}
MEASURES = {
    "weights": "|bias|² of the squared distance travelled",
    "loss": "difference of mean losses, of the fall since t = 0",
}


def report(found: xarray.Dataset, sides: Comparison) -> dict[str, Any]:
    """Rows, verdicts and sentences of a run's tests, as plain numbers and texts.

    Args:
        found: what ``equivalence`` gives.
        sides: the run, for the sample-size planner.

    Returns:
        ``rows`` (null, test, statistic, margin, p, verdict, meaning), ``verdicts`` and ``reach`` by side, ``twins``
        and ``sentences``. ``reach`` has for "weights" and "loss" the time to which equivalence is ``established``, at
        how many of the declared times it would be ``alone`` (a pair of counts), and the first time at which a
        difference ``beyond`` the margin is seen, None where there is none or where no difference is found at all;
        ``twins`` is how far the twins themselves are from noise-free descent at the last time declared for weights. The
        p of a difference is adjusted (Holm) for the differences tested under the same null.
    """
    rows, verdicts, reach, sentences = [], {}, {}, []
    for side in ("twin", "descent"):
        one = found.sel(side=side)
        p = {name: float(one.together_p.sel(test=name)) for name in DECLARED[side]}
        held = _held(p, side)
        rows += [_row(side, name, value, one, found) for name, value in held.items()]
        reach[side] = {what: _reached(one, what, held) for what in UNITS}
        verdicts[side] = inference.summary_verdict(p, DECLARED[side], level=LEVEL)._asdict()
        if any(ends["beyond"] is not None for ends in reach[side].values()):
            verdicts[side]["verdict"] = BEYOND
        mutation, other = (int(count) for count in one.trajectories.values)
        against = "noise-free descent" if side == "descent" else f"{other} twins"
        sentences.append(f"{NULLS[side]} ({mutation} runs against {against}): {verdicts[side]['verdict']}.")
        sentences.append(_reach(reach[side], side, found))
        sentences += _needed(one, sides, side, reach[side])
    return {"rows": rows, "verdicts": verdicts, "reach": reach, "twins": _twins(found),
            "sentences": sentences, "level": LEVEL,
            "margins": {key: float(found.attrs[key]) for key in ("weights", "weights_until", "loss", "loss_until")},
            "series": _series(found)}  # fmt: skip


def _held(p: dict[str, float], side: str) -> dict[str, float]:
    """p-values to which the rows' verdicts are held: of differences after Holm, of equivalences as they are."""
    names = [name for name, kind in DECLARED[side].items() if kind == "difference"]
    adjusted = inference.adjust(np.array([p[name] for name in names]))
    return p | dict(zip(names, map(float, adjusted), strict=True))


def _row(side: str, name: str, p: float, one: xarray.Dataset, found: xarray.Dataset) -> dict[str, Any]:
    what = name.split()[0]
    declared = {what: found.attrs[f"{what}_until"] for what in UNITS}
    until = declared[what] if DECLARED[side][name] == "equivalence" else max(declared.values())
    end = min(until, float(one.time[-1]))
    row = {"null": NULLS[side], "test": name, "until": end, "p": p, "statistic": "", "margin": ""}
    if DECLARED[side][name] == "difference":
        said = "differs" if p < LEVEL else "no difference found"
        meaning = {"weights": "mean weights, all times together", "loss": "mean loss, all times together",
                   "distribution": "whole distribution of the weights (energy distance)"}[what]  # fmt: skip
        return row | {"statistic": f"largest over t <= {end:g}", "verdict": said, "meaning": meaning}
    inside = np.isfinite(one[f"{what}_p"].values)
    worst = int(np.flatnonzero(inside)[np.argmax(one[f"{what}_p"].values[inside])])
    unit = float(one[UNITS[what]][worst])
    low = "0" if what == "weights" else percent(float(one.loss_lower[worst]) / unit)
    high = percent(float(one[f"{what}_upper"][worst]) / unit)
    margin = 100 * found.attrs[what]
    return row | {
        "statistic": f"{low} to {high} % at t = {float(one.time[worst]):g}",
        "margin": f"{'' if what == 'weights' else '± '}{margin:g} %",
        "verdict": "equivalent" if p < LEVEL else "not established",
        "meaning": f"{MEASURES[what]}, worst time;"
        f" margin that could be shown: {percent(float(one[f'{what}_detectable'][worst]) / unit)} %"
        + ("" if reaches(one.time.values, until) else f"; declared to t = {until:g}, the run ends at {end:g}"),
    }


def percent(share: float) -> str:
    """A share in per cent with two digits or all before the point."""
    return f"{100 * share:.0f}" if abs(share) >= 0.1 else f"{100 * share:.2g}"


def _reach(reach: dict[str, Any], side: str, found: xarray.Dataset) -> str:
    """Up to when each equivalence holds, testing time after time and stopping at the first that fails."""
    said = ", ".join(reached_until(what, one, found.attrs[f"{what}_until"]) for what, one in reach.items())
    text = f"Equivalence is established for {said}."
    if side == "descent":
        crossing = crossing_time(found)
        where = f"at t = {crossing:g}{_unsure(found)}" if math.isfinite(crossing) else "at no recorded time"
        twins = _twins(found)
        text += (
            f" The twins' own distance to noise-free descent crosses the margin of the weights {where} (at"
            f" t = {twins['time']:g} it is {measured(100 * twins['share'], 100 * twins['error'])} % of the squared"
            " distance travelled)."
        )
    return text


def reached_until(what: str, one: Mapping[str, Any], last: float) -> str:
    """Up to which time, of the last declared one, an equivalence holds; ``one`` is its entry in ``reach``."""
    if one["established"]:
        return f"{what} to t = {one['established']:g} of {last:g}"
    alone, times = one["alone"]
    return f"{what} at no time" if not alone else f"{what} at no time from the start on (alone at {alone} of {times})"


def _reached(one: xarray.Dataset, what: str, p: dict[str, float]) -> dict[str, Any]:
    """How far an equivalence holds, and from when on a difference that the tests find is beyond the margin."""
    held = one[f"{what}_p"].values[np.isfinite(one[f"{what}_p"].values)] < LEVEL
    beyond = _beyond(one, what) if p[DIFFERENCES[what]] < LEVEL else None
    return {"established": established_until(one, what), "alone": [int(held.sum()), len(held)], "beyond": beyond}


def _unsure(found: xarray.Dataset) -> str:
    """A word of caution where the distance at the crossing is not told from none."""
    one = found.sel(side="descent", time=found.time == crossing_time(found))
    lost = one.twin_weights - NOISE * one.twin_weights_error <= 0
    return ", where it is not told from none" if lost.any() else ""


def _twins(found: xarray.Dataset) -> dict[str, float]:
    """The twins' own |bias|² to noise-free descent over the squared distance travelled, with its standard error."""
    last = found.sel(time=found.time <= found.attrs["weights_until"] + 1e-9).isel(time=-1)
    share, error = (float(value / last.travelled) for value in (last.twin_weights, last.twin_weights_error))
    return {"time": float(last.time), "share": share, "error": error}


def _needed(one: xarray.Dataset, sides: Comparison, side: str, reach: dict[str, Any]) -> list[str]:
    """Sample sizes for the equivalences that were not established."""
    said = []
    others = None if side == "descent" else int(one.trajectories.values[1])
    for what, pilot in zip(("weights", "loss"), finite(sides.mutation, one.time.values), strict=True):
        inside = np.isfinite(one[f"{what}_p"].values)
        if float(one[f"{what}_p"].max()) < LEVEL:
            continue
        margin, beyond = one[f"{what}_margin"].values[inside], reach[what]["beyond"]
        if beyond is not None:
            said.append(f"Equivalence of the {what} cannot be established: at t = {beyond:g} they differ by more.")
            continue
        try:
            count = inference.trajectories_needed(
                pilot[:, inside], margin, seed=SEED, power=POWER, level=LEVEL, other_trajectories=others
            )
        except ValueError as error:
            said.append(f"To establish equivalence of the {what}: {error}.")
            continue
        said.append(f"To establish equivalence of the {what} with power {POWER:g}, were there no bias: {count} runs.")
    return said


def _beyond(one: xarray.Dataset, what: str) -> float | None:
    """First declared time at which a difference beyond the margin is seen, at the level for all of them together."""
    seen = one[f"{what}_least"] > one[f"{what}_margin"]
    times = one.time.values[seen.values & np.isfinite(one[f"{what}_p"].values)]
    return float(times[0]) if len(times) else None


def _series(found: xarray.Dataset) -> dict[str, Any]:
    """The time series behind the rows, NaN as null."""
    series = {}
    for side in ("twin", "descent"):
        one = found.sel(side=side)
        names = [str(name) for name in one.data_vars if one[name].dims == ("time",)]
        series[side] = {name: [_plain(value) for value in one[name].values] for name in ("time", *names)}
    return series


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
