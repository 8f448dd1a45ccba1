"""Rows of the overview whose law is no single generation's: the genetic algorithm, annealing and the swarm."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray

import corr
from corr import populations
from theory import level1
from theory import populations as theory

from . import genetic, one_step, swarm
from .schemes import Loss, Scheme

POPULATION = 10
LINEAGE = 2 * POPULATION  # generations until all descend from one, and of one displacement
MEASURED = {"draws": 1000, "generations": LINEAGE, "burn_in": LINEAGE}
FRONT_LENGTH = 2e-5  # σ of its mutations: the way of a displacement is about that of thirty
ANNEALED_LENGTH = 1e-5  # βσ²/2
ANNEALED_STD = 5e-4
AGES = (0, 10)


def front(key: jax.Array, share: float, deep: bool) -> xarray.Dataset:
    """Genetic algorithm once its population has spread, its law the speed that is measured on a slope."""
    measured, tried = jax.random.split(key)
    speed = genetic.speed(measured, genetic.HALF, POPULATION, crossed=False, **MEASURED)
    law = theory.Generation(speed.value * LINEAGE, float(LINEAGE), POPULATION * LINEAGE)
    scheme = Scheme(
        lambda loss, length: populations.genetic(loss, mutation_std=length, population=POPULATION, share=genetic.HALF),
        law,
    )
    data = one_step.places(
        tried, scheme, MEASURED["draws"] * POPULATION * LINEAGE, FRONT_LENGTH, share, deep, LINEAGE, LINEAGE
    )
    return data.assign(ratio_error=np.hypot(data.ratio_error, speed.error / speed.value))


def annealed(key: jax.Array, draws: int, share: float) -> xarray.Dataset:
    """Annealing in its first step, warm: coefficients over βσ²/2 and level 1's factor, κ = 4/s² of the first place.

    On the bowl alone: where s = βσ|∇U| is small at all of the network's places, |∇U| of which differ by twenty times,
    noise hides the direction at some.
    """

    def make(loss: Loss, length: float) -> corr.Dynamics:
        schedule = optax.constant_schedule(2 * length / ANNEALED_STD**2)
        return corr.annealing(loss, mutation_std=ANNEALED_STD, beta=schedule)

    scheme = Scheme(make, theory.Generation(1.0, 1.0, 1), plain=True)
    data = one_step.places(key, scheme, draws, ANNEALED_LENGTH, share, deep=False)
    strength = 2 * ANNEALED_LENGTH / ANNEALED_STD * data.slope.values
    factor = 2 * np.asarray(level1.drift_factor(jnp.asarray(strength)), float) / strength
    data = data.assign(ratio=data.ratio / factor, ratio_error=data.ratio_error / factor)
    return data.assign_attrs(law_kappa=4 * float(level1.acceptance(strength[0])) / (strength[0] * factor[0]) ** 2)


def swarmed(key: jax.Array, draws: int, share: float) -> xarray.Dataset:
    """Particle swarm: coefficients of ĝ in a bowl at two ages over that of the first, which a descent would keep."""
    scheme = populations.swarm(one_step.bowl, particles=swarm.PARTICLES, spread=swarm.SMALL)
    found = swarm.ages(key, scheme, AGES, draws, share).isel(place=0)
    first = found.isel(age=0)
    columns = {"ratio": found.unit / first.unit, "ratio_error": found.unit_error / first.unit}
    told = {f"bowl: {name}": found.attrs[f"{name}: all ages"] for name in swarm.NAMES}
    data = xarray.Dataset(columns).drop_vars("place").rename(age="place")
    data = data.assign_coords(place=[f"age {age}" for age in AGES])
    return data.assign_attrs(follows="g/|g|", share=share, descends=0, evaluations=float(scheme.evaluations), **told)
