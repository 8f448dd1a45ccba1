"""How an experiment is declared."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax

import corr
from corr.results import Results

from .names import nearest
from .number import Number

TIME_ROUNDING = 1e-9


class Fit(NamedTuple):
    """What a network is fitted to, for figures that show its outputs.

    Attributes:
        points: θ, shape (K,).
        targets: y, shape (K,).
        outputs: ``params -> f(θ)``, shape (K,).
    """

    points: jax.Array
    targets: jax.Array
    outputs: Callable[[Any], jax.Array]


class Problem(NamedTuple):
    """What is learned.

    Attributes:
        loss: ``params -> scalar``.
        init: ``key -> params``, the start parameters.
        facts: plain numbers and texts for the manifest (network, target, number of points).
        fit: the data and the network's outputs, None for problems that have none.
    """

    loss: Callable[[Any], jax.Array]
    init: Callable[[jax.Array], Any]
    facts: Mapping[str, Any] = {}
    fit: Fit | None = None

    def start(self, seed: int = 0) -> Any:
        """The start parameters of a seed."""
        return self.init(corr.trajectory_key(corr.root_key(seed), corr.Stream.START, 0))


@dataclass(frozen=True)
class Preset:
    """One size of an experiment.

    Attributes:
        learning_rate: α.
        step_ratios: λ of each run, ascending.
        trajectories: size of the mutation ensemble of each run.
        twin_trajectories: size of the noisy twin ensemble.
        end_time: last common time t.
        record_every: common time between recorded times.
        thin: (time, count): after this time only the first ``count`` twins are followed, None for all.
        descent_learning_rate: learning rate of noise-free descent, None for α.
        problem: a smaller version of the experiment's problem, None for the experiment's own.
    """

    learning_rate: float
    step_ratios: tuple[float, ...]
    trajectories: tuple[int, ...]
    twin_trajectories: int
    end_time: float
    record_every: float
    thin: tuple[float, int] | None = None
    descent_learning_rate: float | None = None
    problem: Callable[[], Problem] | None = None

    def resolved(self, experiment: "Experiment") -> Problem:
        """The problem that this size of an experiment runs."""
        return (self.problem or experiment.problem)()


@dataclass(frozen=True)
class Margins:
    """What counts as equivalent, fixed before any data are seen.

    Attributes:
        weights: largest |bias|² of the mean weights, as a share of the squared distance travelled.
        weights_until: last common time t of the statement on weights.
        loss: largest difference of mean losses, as a share of the loss noise-free descent has lost since t = 0.
        loss_until: last common time of the statement on losses.
    """

    weights: float = 0.02
    weights_until: float = 3.0
    loss: float = 0.02
    loss_until: float = 8.0


def check_recorded(first: float, where: str, **until: float) -> None:
    """Refuse statements that end before the first recorded time, so that there is nothing to make them on.

    Args:
        first: first recorded common time after 0.
        where: what fixed it, for the message.
        until: last common time of each statement, by the name it is declared under.

    Raises:
        ValueError: naming both times.
    """
    for name, last in until.items():
        if first > last + TIME_ROUNDING:
            raise ValueError(
                f"{where}: the first recorded time after 0 is t = {first:g}, expected at most {name} = {last:g}: record"
                f" more often, or declare a later {name}"
            )


def _none(runs: Sequence[Results]) -> Mapping[str, Number]:
    del runs
    return {}


@dataclass(frozen=True)
class Experiment:
    """A question put to a network: what is run, at which sizes.

    Attributes:
        name: short name used on the command line.
        title: one line.
        problem: builds the loss and the start parameters.
        presets: sizes by name; the package's own have ``smoke``, ``quick`` and ``paper``, the paper's figures
            ``night`` as well.
        beta: β in (0, ∞].
        network: short name of the network, by default that of the experiment; runs of one network and one λ are shared
            between experiments.
        margins: what counts as equivalent, None for shares of 2 % to the last recorded time.
        relative_cost: time of one step in units of Figure 1's.
        breaks_down: whether the paper shows mutation leaving gradient descent here, at the largest λ.
        numbers: what its figures and texts quote beside the numbers of every run, from its finished runs, λ ascending.
    """

    name: str
    title: str
    problem: Callable[[], Problem]
    presets: Mapping[str, Preset]
    beta: float = math.inf
    network: str = ""
    margins: Margins | None = None
    relative_cost: float = 1.0
    breaks_down: bool = False
    numbers: Callable[[Sequence[Results]], Mapping[str, Number]] = _none

    @property
    def network_name(self) -> str:
        """The network's short name, that of the experiment where it has none."""
        return self.network or self.name

    def preset(self, name: str) -> Preset:
        """The size of this name; raises ``ValueError`` where there is none."""
        return nearest(f"preset of {self.name}", name, self.presets)
