"""What the parts of NEAT say: solved or not, the limit of its clock, jumps or none, and which descent."""

import math
from typing import NamedTuple

import numpy as np
import xarray

from ..declaring.number import Number, sample
from ..declaring.study import Parts
from .generalization import LEVEL, interval
from .law import K
from .neat_told_winners import classified, moves, solved, told

SOLVED, CLASSIFIED, MOVES = "XOR", "digits", "add-node"
FROZEN, SPEEDS, DESCENT, COMPARED = "frozen", "speed", "which descent", "compare"
MARGIN = 0.1  # of the fall of the loss at the smallest power
PREDICTED = 0.05  # power below which curves were foreseen to collapse
REFUSED = 0.01
YES, NO, OPEN = "collapses", "does NOT collapse", "is undecided"


class Gap(NamedTuple):
    """Largest difference to the smallest power, its standard error, in parts of the fall, and what it says."""

    value: float
    error: float
    word: str


def gap(loss: np.ndarray, smallest: np.ndarray, fall: float) -> Gap:
    """Of losses (run, record) from common starts: within the margin by K errors everywhere, beyond it somewhere."""
    differences = [sample(column) for column in ((loss - smallest) / fall).T.astype(float)]
    sizes = np.array([[abs(one.value), one.error] for one in differences])
    low, high = (sizes @ np.array([1.0, sign * K]) for sign in (-1, 1))
    word = NO if low.max() > MARGIN else YES if high.max() < MARGIN else OPEN
    value, error = sizes[int(np.argmax(low if word == NO else high))]
    return Gap(float(value), float(error), word)


def gaps(data: xarray.Dataset, clock: bool = True) -> dict[float, Gap]:
    """Of every power but the smallest, ascending, at equal generation × power, or at equal generations."""
    loss = data.loss.transpose("power", "run", "product").sortby("power")
    powers, (least, *others) = loss.power.values, loss.values
    fall = float((least[:, 0] - least[:, -1]).mean())
    found = {}
    for power, other in zip(powers[1:], others, strict=True):
        same = least[:, 1:]
        if not clock:  # the smallest power has gone less far by then
            at = data["product"].values[1:] * powers[0] / power
            same = np.array([np.interp(at, data["product"].values, row) for row in least])
        found[float(power)] = gap(other[:, 1:], same, fall)
    return found


def limit(found: dict[float, Gap]) -> tuple[float, float]:
    """Largest power up to which all collapse, 0 for none, and the smallest that does not, ∞ for none."""
    last = 0.0
    for power, one in found.items():
        if one.word != YES:
            break
        last = power
    return last, min((power for power, one in found.items() if one.word == NO), default=math.inf)


def judge(found: Parts) -> list[str]:
    """One or two sentences for each part."""
    said = []
    for name, say in ((SOLVED, solved), (CLASSIFIED, classified), (MOVES, moves)):
        if name in found:
            said += say(found[name])
    for name, data in found.items():
        if name.startswith(FROZEN):
            said += _collapse(name.removeprefix(f"{FROZEN}, "), data)
    for name, say in ((SPEEDS, _speeds), (DESCENT, _descent), (COMPARED, _compared)):
        if name in found:
            said += say(found[name])
    return said


def _collapse(name: str, data: xarray.Dataset) -> list[str]:
    found = gaps(data)
    last, first = limit(found)
    each = "; ".join(
        f"{power:g} {one.word} ({100 * one.value:.2g} ± {100 * one.error:.1g} %)" for power, one in found.items()
    )
    upper = f"the first that does not is {first:g}" if math.isfinite(first) else "none was seen that does not"
    least = float(data.power.min())
    said = [
        f"{name}: links frozen, {int(data.attrs['size'])} weights and biases: loss against generation × power beside"
        f" that of power {least:g}, largest difference in parts of its fall, margin {100 * MARGIN:g} % by {K:g}"
        f" standard errors: {each}. All collapse up to {last:g}, {upper}: the prediction, a limit at about"
        f" {PREDICTED:g}, {foreseen(last, first)}."
    ]
    control = {power: one for power, one in gaps(data, clock=False).items() if power <= last}
    if control:
        refused = all(one.word == NO for one in control.values())
        word = "do NOT collapse, refused as they must be" if refused else "are NOT refused"
        worst = min(control.values(), key=lambda one: one.value)
        said.append(
            f"{name}: against generations alone the same powers {word} (least difference {100 * worst.value:.2g} ±"
            f" {100 * worst.error:.1g} % of the fall)."
        )
    return [*said, _beside_descent(name, data)]


def foreseen(last: float, first: float) -> str:
    """Whether a limit between these two is where it was foreseen."""
    if first <= PREDICTED:
        return "does NOT hold: it is lower"
    if last > PREDICTED:
        return "does NOT hold: it is higher"
    return "holds" if last and math.isfinite(first) else "is undecided"


def _beside_descent(name: str, data: xarray.Dataset) -> str:
    least = float(data.power.min())
    away = sample(((data.loss.sel(power=least) - data.descent).isel(product=-1)).values.astype(float))
    low, high = interval(away)
    beside = "BELOW" if high < 0 else "ABOVE" if low > 0 else "NOT told from"
    return (
        f"{name}: power {least:g} ends {beside} normalized descent on the clock of the predicted speed:"
        f" {told(away)} ({100 * LEVEL:g} %: {low:+.2g} to {high:+.2g})."
    )


def _speeds(data: xarray.Dataset) -> list[str]:
    attrs, said = data.attrs, []
    for kind in data.scheme.values:
        one = data.sel(scheme=kind)
        off = np.abs(one.speed - attrs["chain"]) / np.hypot(one.speed_error, attrs["chain_error"])
        word = "as its chain" if float(off.max()) < K else "NOT as the chain"
        values = ", ".join(f"{v:.3f} ± {e:.1g}" for v, e in zip(one.speed.values, one.speed_error.values, strict=True))
        said.append(
            f"{kind}: {values} powers per generation down the gradient at two starts: {word} without crossover,"
            f" {attrs['chain']:.3f} ± {attrs['chain_error']:.1g} ({float(off.max()):.3g} standard errors; closure"
            f" {attrs['closure']:.3f})."
        )
    return said


def _descent(data: xarray.Dataset) -> list[str]:
    return [
        f"{side} on a frozen winner: along g/|g|, {data.attrs[f'{side}, g/|g|']} (coefficient"
        f" {float(data.coefficient.sel(side=side)):.4g} ± {float(data.coefficient_error.sel(side=side)):.1g} powers a"
        f" step); along g, {data.attrs[f'{side}, g']}."
        for side in data.side.values
    ]


def _compared(data: xarray.Dataset) -> list[str]:
    right, wrong = (float(data.p.sel(clock=clock)) for clock in ("right clock", "wrong clock"))
    word = "NOT told from" if right > 1 - LEVEL else "TOLD from"
    refused = "refused" if wrong < REFUSED else "NOT refused"
    return [
        f"Mutation of a frozen winner, {int(data.attrs['runs'])} runs, is {word} its noisy twin (p = {right:.2g}); the"
        f" twin one record ahead is {refused} (p = {wrong:.2g})."
    ]


def numbers(found: Parts) -> dict[str, Number]:
    """Generations, accuracies, jumps, differences at each power, speeds."""
    made: dict[str, Number] = {}
    if SOLVED in found:
        done = found[SOLVED].generation.dropna("seed").values
        made["XOR: share solved"] = sample(np.isfinite(found[SOLVED].generation.values).astype(float), 1.0)
        if len(done):
            made["XOR: generations"] = sample(done)
    if CLASSIFIED in found:
        made["digits: test accuracy"] = sample(found[CLASSIFIED].test_accuracy.values)
    if MOVES in found:
        made["add-node: size of a jump"] = sample(np.abs(found[MOVES].jump).mean("draw").values)
    for name, data in found.items():
        if name.startswith(FROZEN):
            made |= {f"{name}: difference at power {power:g}": Number(one.value, one.error)
                     for power, one in gaps(data).items()}  # fmt: skip
    for kind in found[SPEEDS].scheme.values if SPEEDS in found else []:
        one = found[SPEEDS].sel(scheme=kind).isel(place=0)
        made[f"{kind}: speed"] = Number(float(one.speed), float(one.speed_error), None, None)
    return made
