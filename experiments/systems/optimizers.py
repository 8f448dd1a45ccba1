"""Which mutation is which optimizer: mean steps against a slope with noisy gradients, Muon's and L-BFGS's maps."""

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
from theory import level1
from theory import optimizers as theory

from ..declaring.number import sample
from ..declaring.study import Study
from . import law, low_rank, one_step

STRENGTHS = np.geomspace(0.1, 100.0, 5)  # βσ|g|
SLOPES = np.geomspace(0.1, 10.0, 7)  # over the noise of a component
RATE, MOMENTUM = 1e-3, 0.9
MEMORY = 0.99  # of RMSprop's second moment
BURN_IN, GENERATIONS = 1000, 50
# Of what a second moment remembers; of signs that turn so rarely that draws may show none.
MODEL = {"RMSprop": 0.02, "Adam": 0.01, "AMSGrad": 0.03, "Lion": 1e-3}
ORTHOGONAL = 0.35  # how far five steps of Newton and Schulz leave singular values off 1
CURVATURES = np.array([0.3, 0.5, 1.0, 2.0])
SLOW, SECANTS, NEWTON = 0.1, 20, 0.01  # share of a full step, steps, and what they leave off Newton's
PLAIN, SIGN, HARD = "the gradient", "the sign", "hard clipping"


class Sizes(NamedTuple):
    """Draws of a step; whether all is looked at, or one coordinate and Adam alone."""

    draws: int
    every: bool


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Mutation at finite β and one coordinate at a time, optimizers with noisy gradients, and two maps."""
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {}
    if sizes.every:
        made["mutation, finite β"] = partial(clipping, draws=sizes.draws)
    made["one coordinate"] = partial(single, draws=sizes.draws)
    chosen = OPTIMIZERS if sizes.every else ("Adam",)
    made |= {name: partial(averaged, name=name, draws=sizes.draws // 100) for name in chosen}
    return made | ({"Muon": muon, "L-BFGS": secants} if sizes.every else {})


def clipping(key: jax.Array, draws: int) -> xarray.Dataset:
    """Drift of mutation over σ against s = βσ|g|, beside a gradient that is clipped at the corner of the two limits."""
    gradient = np.asarray(one_step.SLOPES, float)
    size, rows = float(np.linalg.norm(gradient)), []
    for n, strength in enumerate(STRENGTHS):
        walk = corr.mutation(one_step.slope, mutation_std=1.0, beta=float(strength / size))
        found = sample(_drift(jax.random.fold_in(key, n), walk, len(gradient), draws) @ gradient / size)
        rows.append((found.value, found.error, float(level1.drift_factor(jnp.asarray(strength))),
                     min(strength / 2, 1 / math.sqrt(2 * math.pi))))  # fmt: skip
    return law.against("βσ|g|", STRENGTHS, {"drift in σ": law.Row(*np.array(rows).T)}, other=HARD)


def single(key: jax.Array, draws: int) -> xarray.Dataset:
    """Drift over σ of each parameter where one at a time moves, at β = ∞, against its slope."""
    slope = jnp.asarray(SLOPES, jnp.float32)
    walk = corr.mutation(lambda x: jnp.sum(slope * x), proposal=proposals.one_coordinate(1.0))
    value, error = law.means(_drift(key, walk, len(SLOPES), draws))
    known = np.full(len(SLOPES), 1 / math.sqrt(2 * math.pi) / len(SLOPES))
    row = law.Row(value, error, known, SLOPES * known.mean() / SLOPES.mean())
    return law.against("slope of a parameter", SLOPES, {"drift in σ": row}, other=PLAIN)


OPTIMIZERS: dict[str, optax.GradientTransformation] = {
    "SGD": optax.sgd(RATE),
    "momentum": optax.sgd(RATE, momentum=MOMENTUM),
    "Nesterov": optax.sgd(RATE, momentum=MOMENTUM, nesterov=True),
    "RMSprop": optax.rmsprop(RATE, decay=MEMORY),
    "Adam": optax.adam(RATE),
    "AMSGrad": optax.amsgrad(RATE),
    "Lion": optax.lion(RATE, weight_decay=0.0),
}


def averaged(key: jax.Array, name: str, draws: int) -> xarray.Dataset:
    """Mean step over the learning rate of each parameter on a slope whose gradient has unit noise, after many steps."""
    slope = jnp.asarray(SLOPES, jnp.float32)

    def noisy(noise: jax.Array) -> corr.Dynamics:
        return corr.from_optax(lambda x: jnp.sum((slope + noise) * x), OPTIMIZERS[name])

    side = corr.minibatch(
        noisy, batch=lambda key: jax.random.normal(key, slope.shape, slope.dtype), loss=lambda x: jnp.sum(slope * x)
    )
    moves = _drift(key, side, len(SLOPES), draws, generations=GENERATIONS, burn_in=BURN_IN)
    value, error = law.means(moves / (RATE * GENERATIONS))
    known, other, told = _known(name)
    named = {"mean step over η": law.Row(value, error, known, other)}
    return law.against("slope over its noise", SLOPES, named, model=MODEL.get(name, 1e-4), other=told)


def _known(name: str) -> tuple[np.ndarray, np.ndarray, str]:
    """The law, another and its name."""
    signs = np.ones(len(SLOPES))
    if name == "SGD":
        return SLOPES, signs, SIGN
    if name in ("momentum", "Nesterov"):
        return SLOPES / (1 - MOMENTUM), SLOPES, "plain descent of that learning rate"
    if name == "Lion":
        return np.asarray(theory.sign_drift(jnp.asarray(SLOPES), theory.lion_noise(1.0)), float), signs, SIGN
    adam = np.asarray(theory.unit_drift(jnp.asarray(SLOPES), 1.0), float)
    if name == "AMSGrad":
        return theory.amsgrad_drift(SLOPES, 1.0, steps=BURN_IN + GENERATIONS // 2)[0], adam, "Adam"
    return adam, signs, SIGN


def muon(key: jax.Array) -> xarray.Dataset:
    """Singular values of Muon's first step over their mean, against those of the gradient: all near 1."""
    del key
    left, right, slope = low_rank.singular_directions()
    matrix = jnp.asarray(slope, jnp.float32)
    side = corr.from_optax(lambda x: jnp.sum(matrix * x), optax.contrib.muon(RATE))
    _, info = side.step(jax.random.key(0), side.init(jnp.zeros(slope.shape, jnp.float32)))
    found = -np.diag(left.T @ np.asarray(info.displacement, float) @ right)
    found /= found.mean()
    row = law.Row(found, 0 * found, np.ones(len(found)), low_rank.VALUES / low_rank.VALUES.mean())
    return law.against("singular value", low_rank.VALUES, {"step over mean": row}, model=ORTHOGONAL, other=PLAIN)


def secants(key: jax.Array) -> xarray.Dataset:
    """Step of L-BFGS over η g in a bowl against the curvature, once it has seen every direction: Newton's 1/h."""
    del key
    curvature = jnp.asarray(CURVATURES, jnp.float32)
    make = optax.chain(optax.scale_by_lbfgs(), optax.scale(-SLOW))
    side = corr.from_optax(lambda x: jnp.sum(curvature * x**2) / 2, make)
    state = side.init(jnp.asarray([2.0, 0.5, -1.0, 1.0], jnp.float32))
    for _ in range(SECANTS):
        begun = state
        state, info = side.step(jax.random.key(0), begun)
    found = -np.asarray(info.displacement, float) / (SLOW * CURVATURES * np.asarray(begun.position, float))
    row = law.Row(found, 0 * found, 1 / CURVATURES, np.full(len(found), (1 / CURVATURES).mean()))
    return law.against("curvature", CURVATURES, {"step over ηg": row}, model=NEWTON, other=PLAIN)


def _drift(key: jax.Array, side: corr.Dynamics, size: int, draws: int, **options: Any) -> np.ndarray:
    """Samples whose mean is the step against the gradient, (n, N)."""
    here = {"slope": jnp.zeros(size, jnp.float32)}
    moves = corr.atlas.displacements(side, here, draws=draws, key=key, progress=False, **options)["slope"]
    return -moves.samples


study = Study(
    name="optimizers",
    title="which mutation is which optimizer: soft clipping, signs, and what noise makes of them",
    presets={"smoke": Sizes(40_000, False), "quick": Sizes(200_000, True), "paper": Sizes(10_000_000, True)},
    parts=parts,
    judge=law.judge,
    minutes={"smoke": 0.2, "quick": 2.0, "paper": 20.0},
    numbers=law.numbers,
)
