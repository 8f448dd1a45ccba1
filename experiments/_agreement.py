"""One word and one line on whether a figure agrees with the paper, or with theory, from its verdicts and numbers."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from scipy import stats

from ._declare import Experiment
from ._numbers import Number

LEVEL = 0.05
AGREES, DIFFERS, UNDECIDED, UNJUDGED = "agrees", "differs", "undecided", "no prediction"
CONSISTENT = "consistent"  # weaker than "agrees": no difference seen, with no margin declared that one should be within


class Agreement(NamedTuple):
    """One of the words above, and a line with the numbers behind it."""

    word: str
    line: str


def of_experiment(experiment: Experiment, verdicts: Sequence[dict[str, Any]]) -> Agreement:
    """Whether mutation follows gradient descent where the paper shows that, or leaves it where the paper shows that.

    Args:
        experiment: the declaration.
        verdicts: of its runs, λ ascending.
    """
    return _breakdown(verdicts[-1], experiment) if experiment.breaks_down else _following(verdicts[0], experiment)


def _following(judged: dict[str, Any], experiment: Experiment) -> Agreement:
    twin, smooth, margins = judged["twin"], judged["descent"], experiment.margins
    chance = min(1.0, 2 * min(twin["together"]["mean_p"], twin["together"]["loss_p"]))
    rows = [row for row in smooth["rows"] if row["time"] <= margins.weights_until + 1e-9] or smooth["rows"][:1]
    blind = max(row["detectable"] for row in rows)
    left, last = smooth["left_behind_at"], rows[-1]
    early = left is not None and left <= margins.weights_until
    line = (
        f"The paper shows mutation following gradient descent{_papers(experiment, 0)}. {judged['run']}: against the"
        f" noisy twin p = {chance:.2g} (mean weights and mean loss together);"
        f" noise-free descent is {_kept(left)}; unbiased Δ to it at t = {last['time']:g} is"
        f" {100 * last['unbiased']:.2g} ± {100 * last['standard_error']:.1g} % of the squared distance travelled"
        f" (margin {100 * margins.weights:g} %, seen with power 0.8 from {100 * blind:.2g} % on)."
    )
    if chance < LEVEL or early:
        return Agreement(DIFFERS, line)
    return Agreement(AGREES if blind <= margins.weights else UNDECIDED, line)


def _breakdown(judged: dict[str, Any], experiment: Experiment) -> Agreement:
    left, last = judged["descent"]["left_behind_at"], judged["descent"]["rows"][-1]
    line = (
        f"The paper shows mutation leaving gradient descent{_papers(experiment, -1)}. {judged['run']}: noise-free"
        f" descent is {_kept(left)};"
        f" unbiased Δ at t = {last['time']:g} is {100 * last['unbiased']:.2g} ± {100 * last['standard_error']:.1g} %"
        " of the squared distance travelled."
    )
    return Agreement(UNDECIDED if left is None else AGREES, line)


def _papers(experiment: Experiment, which: int) -> str:
    """The λ at which the paper shows it."""
    preset = experiment.presets.get("paper")
    return "" if preset is None else f" at λ = {preset.step_ratios[which]:g}"


def _kept(left: float | None) -> str:
    return "not shown to be left behind" if left is None else f"left behind from t = {left:g} on"


def of_numbers(numbers: Mapping[str, Number]) -> Agreement:
    """Whether every number with a prediction lies within k standard errors of it.

    k is the quantile of Student's law for the number's count, at 5 % for all of them together.
    """
    judged = {name: number for name, number in numbers.items() if not math.isnan(number.score())}
    if not judged:
        return Agreement(UNJUDGED, f"{len(numbers)} numbers, none with a declared prediction: see the sentences.")
    k = {name: _quantile(number.count, len(judged)) for name, number in judged.items()}
    worst = max(judged, key=lambda name: abs(judged[name].score()) / k[name])
    blind = max(judged, key=lambda name: judged[name].error)
    inside = sum(abs(number.score()) <= k[name] for name, number in judged.items())
    line = (
        f"{inside} of {len(judged)} numbers with a prediction lie within k standard errors of it (Student, 5 % for all"
        f" together); the furthest is {worst!r}, {judged[worst].score():+.1f} standard errors away, k = {k[worst]:.1f}."
        f" The least precise, {blind!r}, would not show less than {k[blind] * judged[blind].error:.2g}."
    )
    return Agreement(CONSISTENT if inside == len(judged) else DIFFERS, line)


def _quantile(count: int | None, comparisons: int) -> float:
    return float(stats.t.isf(LEVEL / (2 * comparisons), math.inf if count is None else count - 1))
