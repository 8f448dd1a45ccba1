"""Rows of the overview whose law is no single generation's: the genetic algorithm, annealing, and what has an age."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray

import corr
from corr import populations
from theory import adaptive, level1
from theory import populations as theory

from . import genetic, one_step, swarm
from .schemes import PLAIN, UNIT, Loss, Scheme, Step

POPULATION = 10
LINEAGE = 2 * POPULATION  # generations until all descend from one, and of one displacement
MEASURED = {"draws": 400, "generations": LINEAGE, "burn_in": LINEAGE}
FRONT_LENGTH = 2e-5  # σ of its mutations: the way of a displacement is about that of thirty
ANNEALED_LENGTH = 1e-5  # βσ²/2
ANNEALED_STD = 5e-4
SWARM_AGES = (0, 10)
ADAPTED_AGES = (0, 40)
RATE = 0.05  # at which adaptive Monte Carlo learns


def front(key: jax.Array, share: float, losses: Callable[[], one_step.Losses]) -> xarray.Dataset:
    """Genetic algorithm once its population has spread, its law the speed that is measured on a slope."""
    measured, tried = jax.random.split(key)
    speed = genetic.speed(measured, genetic.HALF, POPULATION, crossed=False, **MEASURED)
    law = theory.Generation(speed.value * LINEAGE, float(LINEAGE), POPULATION * LINEAGE)
    scheme = Scheme(
        lambda loss, length: populations.genetic(loss, mutation_std=length, population=POPULATION, share=genetic.HALF),
        law,
    )
    data = one_step.places(
        tried, scheme, MEASURED["draws"] * POPULATION * LINEAGE, FRONT_LENGTH, share, losses, generations=LINEAGE,
        burn_in=LINEAGE,
    )  # fmt: skip
    return data.assign(ratio_error=np.hypot(data.ratio_error, speed.error / speed.value))


def annealed(key: jax.Array, draws: int, share: float) -> xarray.Dataset:
    """Annealing in its first step, warm: coefficients over those of level 1.

    On the bowl alone: where s = βσ|∇U| is small at all of the network's places, |∇U| of which differ by twenty times,
    noise hides the direction at some.
    """

    def beta(length: float) -> float:
        return 2 * length / ANNEALED_STD**2

    def make(loss: Loss, length: float) -> corr.Dynamics:
        return corr.annealing(loss, mutation_std=ANNEALED_STD, beta=optax.constant_schedule(beta(length)))

    def at(place: corr.atlas.Place, length: float) -> Step:
        drift = level1.drift(jnp.asarray(place.gradient), mutation_std=ANNEALED_STD, beta=beta(length))
        strength = beta(length) * ANNEALED_STD * jnp.linalg.norm(jnp.asarray(place.gradient))
        return Step(np.asarray(drift, float), ANNEALED_STD**2 * float(level1.acceptance(strength)))

    scheme = Scheme(make, theory.Generation(1.0, 1.0, 1), PLAIN, at=at)
    return one_step.places(key, scheme, draws, ANNEALED_LENGTH, share)


def swarmed(key: jax.Array, draws: int, share: float) -> xarray.Dataset:
    """Particle swarm, in a bowl at two ages."""
    scheme = populations.swarm(one_step.bowl, particles=swarm.PARTICLES, spread=swarm.SMALL)
    return aged(key, scheme, SWARM_AGES, draws, share)


def adapted(key: jax.Array, draws: int, share: float) -> xarray.Dataset:
    """Adaptive Monte Carlo that forgets nothing, in a bowl at two ages, and by how much theory has it grow."""
    scheme = corr.adaptive_mutation(one_step.bowl, mutation_std=swarm.SMALL, rate=RATE)
    way = adaptive.course(np.arange(ADAPTED_AGES[-1] + 2), rate=RATE).way
    speeds = np.diff(way)[list(ADAPTED_AGES)]
    return aged(key, scheme, ADAPTED_AGES, draws, share).assign(ratio_theory=("place", speeds / speeds[0]))


def aged(key: jax.Array, scheme: corr.Dynamics, ages: Sequence[int], draws: int, share: float) -> xarray.Dataset:
    """Coefficients of ĝ in a bowl at several ages over that of the first, which a descent would keep."""
    found = swarm.ages(key, scheme, ages, draws, share).isel(place=0)
    first = found.isel(age=0)
    columns = {"ratio": found.unit / first.unit, "ratio_error": found.unit_error / first.unit}
    told = {f"bowl: {name}": found.attrs[f"{name}: all ages"] for name in swarm.NAMES}
    data = xarray.Dataset(columns).drop_vars("place").rename(age="place")
    data = data.assign_coords(place=[f"age {age}" for age in ages])
    return data.assign_attrs(follows=UNIT, share=share, descends=0, evaluations=float(scheme.evaluations), **told)
