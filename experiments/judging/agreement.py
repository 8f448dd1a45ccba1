"""One word and one line on whether a figure agrees with the paper, or with theory, from its verdicts and numbers."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from scipy import stats

from ..declaring.experiment import Experiment
from ..declaring.number import Number
from ..declaring.rounding import measured
from .statements import reached_until

LEVEL = 0.05
AGREES, DIFFERS, UNDECIDED, UNJUDGED = "agrees", "differs", "undecided", "no prediction"
CONSISTENT = "consistent"  # weaker than "agrees": no difference seen, with no margin declared that one should be within


class Agreement(NamedTuple):
    """One of the words above, and a line with the numbers behind it."""

    word: str
    line: str


def of_experiment(experiment: Experiment, tested: Sequence[Mapping[str, Any]]) -> Agreement:
    """Whether averaged mutation follows gradient descent where the paper shows that, or leaves it where it shows that.

    Following is equivalence with noise-free descent, of weights and loss, within the margins declared with the
    experiment: with trajectories enough, equality itself is always rejected.

    Args:
        experiment: the declaration.
        tested: the verdicts on its runs, λ ascending.
    """
    return _breakdown(tested[-1], experiment) if experiment.breaks_down else _following(tested[0], experiment)


def _following(tested: Mapping[str, Any], experiment: Experiment) -> Agreement:
    twins = tested["twins"]
    line = (
        f"{_question(experiment, 'following', 0)} Here {tested['run']}, against"
        f" noise-free descent: {_reached(tested, 'descent')}; its noisy twins' own |bias|² is"
        f" {measured(100 * twins['share'], 100 * twins['error'])} % of the squared distance travelled at"
        f" t = {twins['time']:g}. Against its noisy twin: {_reached(tested, 'twin')}; least p of a difference"
        f" {tested['verdicts']['twin']['difference_p']:.2g} (Holm).{_losses(tested, experiment)}"
    )
    if tested["verdicts"]["descent"]["equivalent"]:
        return Agreement(AGREES, line)
    return Agreement(DIFFERS if _parted(tested) else UNDECIDED, line)


def _breakdown(tested: Mapping[str, Any], experiment: Experiment) -> Agreement:
    line = (
        f"{_question(experiment, 'leaving', -1)} Here {tested['run']}, against"
        f" noise-free descent: {_reached(tested, 'descent')}."
    )
    return Agreement(AGREES if _parted(tested) else UNDECIDED, line)


def _losses(tested: Mapping[str, Any], experiment: Experiment) -> str:
    """<U(x)> beside U(<x>) at finite β, where fluctuations part the two by as much as learning does."""
    if math.isinf(experiment.beta):
        return ""
    time, of_mean, mean, descent = (
        tested["losses"][name][-1] for name in ("time", "loss_of_mean", "mean_loss", "descent")
    )
    return (
        f" At t = {time:g} the mean loss <U(x)> is {mean:.3g}, the loss of the mean weights U(<x>) {of_mean:.3g},"
        f" that of noise-free descent {descent:.3g}; the margins are held to the first."
    )


def _question(experiment: Experiment, doing: str, which: int) -> str:
    """What the paper shows, and at which λ; of an experiment without its sizes, what is asked."""
    preset = experiment.presets.get("paper")
    if preset is None:
        return f"The question is whether mutation is seen {doing} gradient descent."
    return f"The paper shows mutation {doing} gradient descent at λ = {preset.step_ratios[which]:g}."


def _parted(tested: Mapping[str, Any]) -> bool:
    """Whether a difference to noise-free descent beyond the margin is seen at any time."""
    return any(one["beyond"] is not None for one in tested["reach"]["descent"].values())


def _reached(tested: Mapping[str, Any], side: str) -> str:
    """Up to when weights and loss are equivalent, and from when on they are seen to differ by more."""
    said = []
    for what, one in tested["reach"][side].items():
        share, last = 100 * tested["margins"][what], tested["margins"][f"{what}_until"]
        text = f"{reached_until(what, one, last)} (within {share:g} %)"
        said.append(text if one["beyond"] is None else f"{text} and further apart at t = {one['beyond']:g}")
    return "equivalent in " + ", ".join(said)


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
