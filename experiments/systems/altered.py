"""Rows of the overview for the atlas's second part: mutations with something altered, and optimizers.

Two of its schemes have none. Evolution on top of gradient steps (``suppressed``) is SGD in every replica between two
selections, whose row is here; a selection replaces replicas and displaces none. The genetic algorithm from seeds takes
the steps of the genetic algorithm to the bit.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray

import corr
from corr import proposals
from theory import noise, optimizers, smoothing, stable
from theory import populations as theory
from theory import proposals as other

from . import one_step
from .low_rank import mapped, matrices
from .schemes import PLAIN, SIGN, At, Loss, Make, Scheme, Step, mutation

STD = 1e-4
TOGETHER, WEAK = 50, 200.0  # steps of a displacement where each is mostly noise, and their evaluations over others'
TAU = 8e-4  # of evaluations: 3.4 and 16 times σ|g| at the bowl's places
DELAY = 8
EXPONENT, SMALLEST, SPAN, COLD = 0.5, 2e-6, 1000.0, 0.1  # H, ends of the Pareto size and their ratio, β of the lower
LARGE = 0.01  # what the curvature of the bowl makes of its largest sizes
FINE = 2e-5  # σ of rank one
MAPPED, UNIT_STEP, SMOOTHED, POWER = "spectral map of g", "g/√(g² + τ²)", "∇U_σ", "sign(g)|g|^H"
WIDE, STRENGTH, WAVES, HEIGHT = 0.1, 0.4, 50.0, 0.02  # σ, βσ|∇U_σ| at the first place; ripples of the loss
RATE, NOISE = 1e-4, 1.0  # of optimizers, and of a component of their gradient
SLOW, SETTLED, MEMORY = 1e-5, 500, 0.01  # Adam's rate, the steps before, and what its second moment leaves out


class Row(NamedTuple):
    """A scheme, its length, its evaluations over those of the study, where it is looked at, and how."""

    scheme: Scheme
    length: float
    times: float
    losses: Callable[[], one_step.Losses] = one_step.in_bowl
    options: Mapping[str, Any] = {}


def parts(evaluations: int, share: float, every: bool) -> dict[str, Callable[[jax.Array], xarray.Dataset]]:
    """One part for each scheme, or for a few."""
    together = {"generations": TOGETHER}
    few = {
        "noisy losses, β = ∞": Row(noisy(), STD, WEAK, options=together),
        "one coordinate, β = ∞": Row(single(), STD, math.pi),
        "one coordinate, Pareto": Row(heavy(), SMALLEST, WEAK, options=together),
    }
    others = {
        f"{DELAY} steps late, β = ∞": Row(late(), STD, 2 * math.pi, options={"burn_in": 2 * DELAY}),
        "rank one, β = ∞": Row(rank_one(), FINE, math.pi, matrices, {"candidates": {MAPPED: mapped}}),
        "Barker, wide": Row(barker(), WIDE, WEAK / 32, ripples, {"smoothing_std": WIDE}),
        "SGD": Row(sgd(), RATE, 16.0),
        "Adam": Row(adam(), SLOW, 13.0, options={
            **together, "burn_in": SETTLED,
            "candidates": {UNIT_STEP: lambda x: optimizers.unit_drift(one_step.BOWL * x, NOISE)},
        }),
    }  # fmt: skip
    return {
        name: partial(
            one_step.places, scheme=row.scheme, evaluations=round(evaluations * row.times), length=row.length,
            share=share, losses=row.losses, **row.options,
        )
        for name, row in (few | (others if every else {})).items()
    }  # fmt: skip


def _scheme(make: Make, evaluations: int, follows: str, at: At) -> Scheme:
    """One whose law depends on the place."""
    return Scheme(make, theory.Generation(1.0, 1.0, evaluations), follows, at=at)


def _across(moment: float, drift: np.ndarray, gradient: np.ndarray) -> float:
    """Variance across g per parameter of a step whose second moment is the same in all directions."""
    along = float(drift @ gradient) / float(np.linalg.norm(gradient))
    return moment - (float(drift @ drift) - along**2) / (len(drift) - 1)


def noisy() -> Scheme:
    """Mutation at β = ∞ on losses with noise, so many steps together."""

    def at(place: corr.atlas.Place, length: float) -> Step:
        drift = noise.drift(jnp.asarray(place.gradient), mutation_std=length, beta=math.inf, tau=TAU)
        return Step(TOGETHER * np.asarray(drift, float), TOGETHER * length**2 / 2)

    return _scheme(
        lambda loss, length: corr.mutation(loss, mutation_std=length, rule=corr.noisy(TAU)), TOGETHER, PLAIN, at
    )


def late() -> Scheme:
    """Mutation at β = ∞ whose steps come late: the law of those in time, at one evaluation more."""
    in_time = mutation()
    return Scheme(
        lambda loss, length: corr.stale(in_time.make(loss, length), DELAY), in_time.law._replace(evaluations=2)
    )


def single() -> Scheme:
    """One coordinate at a time at β = ∞."""

    def at(place: corr.atlas.Place, length: float) -> Step:
        slope = jnp.asarray(place.gradient)
        drift = np.asarray(other.one_coordinate_drift(slope, mutation_std=length, beta=math.inf), float)
        return Step(drift, _across(length**2 / (2 * len(drift)), drift, place.gradient))

    return _scheme(lambda loss, length: corr.mutation(loss, proposal=proposals.one_coordinate(length)), 1, SIGN, at)


def heavy() -> Scheme:
    """One coordinate at a time by a Pareto size that has a largest one, and so a variance; so many steps together.

    Both ends of the size bend the power: its law lies 4.5 % across it, which a share of 3 % sees.
    """

    def at(place: corr.atlas.Place, length: float) -> Step:
        drift = stable.pareto_drift(
            jnp.asarray(place.gradient), smallest=length, largest=SPAN * length, exponent=EXPONENT, beta=COLD / length
        )
        return Step(TOGETHER * np.asarray(drift, float), math.nan, LARGE)

    def make(loss: Loss, length: float) -> corr.Dynamics:
        law = proposals.one_coordinate_pareto(length, EXPONENT, SPAN * length)
        return corr.mutation(loss, proposal=law, beta=COLD / length)

    return _scheme(make, TOGETHER, POWER, at)


def rank_one() -> Scheme:
    """Mutation of rank one at β = ∞."""

    def at(place: corr.atlas.Place, length: float) -> Step:
        drift = -length / math.sqrt(2 * math.pi) * mapped(place.gradient)
        return Step(drift, _across(length**2 / 2, drift, place.gradient))

    return _scheme(lambda loss, length: corr.mutation(loss, proposal=proposals.low_rank(length, 1)), 1, MAPPED, at)


def ripples() -> one_step.Losses:
    """The bowl with ripples that turn its gradient, as short as a wide mutation."""
    points = {"ripples, far": one_step.BOWL_POINTS["bowl, far"], "ripples, near": jnp.array([1.5, 0.8, -0.6, 1.0])}
    return {"ripples": (lambda x: one_step.bowl(x) + HEIGHT * jnp.sum(jnp.cos(WAVES * x)), points)}


def barker() -> Scheme:
    """Wide mutation by Barker's rule, which sees the bowl below its ripples."""
    far = np.asarray(one_step.BOWL * one_step.BOWL_POINTS["bowl, far"], float)
    beta = STRENGTH / (WIDE * float(np.linalg.norm(far)))

    def at(place: corr.atlas.Place, length: float) -> Step:
        smoothed = np.asarray(one_step.BOWL, float) * place.position  # of ripples e^-12.5 is left
        drift = smoothing.barker_drift(jnp.asarray(smoothed), mutation_std=length, beta=beta)
        square = (beta * length) ** 2 * float(smoothed @ smoothed)
        return Step(np.asarray(drift, float), math.nan, square / 4)  # E z⁴ (βσ|∇U_σ|)²/12 of a slope

    return _scheme(
        lambda loss, length: corr.mutation(loss, mutation_std=length, beta=beta, rule="barker"), 1, SMOOTHED, at
    )


def _sampled(of: Callable[[Loss], corr.Dynamics], loss: Loss) -> corr.Dynamics:
    """A gradient side on gradients with noise in every component."""
    return corr.minibatch(
        lambda slope: of(lambda x: loss(x) + slope @ x), batch=lambda key: NOISE * jax.random.normal(key, (4,)),
        loss=loss,
    )  # fmt: skip


def sgd() -> Scheme:
    """Stochastic gradient descent."""
    return _scheme(
        lambda loss, length: _sampled(lambda sample: corr.descent(sample, learning_rate=length), loss), 4, PLAIN,
        lambda place, length: Step(-length * place.gradient, (length * NOISE) ** 2),
    )  # fmt: skip


def adam() -> Scheme:
    """Adam on gradients as noisy, so many steps together once its second moment has settled."""

    def at(place: corr.atlas.Place, length: float) -> Step:
        unit = np.asarray(optimizers.unit_drift(jnp.asarray(place.gradient), NOISE), float)
        return Step(-TOGETHER * length * unit, math.nan, MEMORY)

    return _scheme(
        lambda loss, length: _sampled(lambda sample: corr.from_optax(sample, optax.adam(length)), loss), 4 * TOGETHER,
        UNIT_STEP, at,
    )  # fmt: skip
