"""Training deep networks on digits at equal loss evaluations: mutation, descent, residual connections, Adam."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
import optax
import xarray

import corr

from ..problems import deep_digits
from .depth_steps import CRITICAL, SMALL, curvature, predicted

# Tuned at 4 layers, by the mean loss of other starts after 6000 evaluations: σ of 0.003, 0.01 and 0.03, one for both
# starts; rates of descent of 0.1, 0.3 and 1, one for both starts and another with skips; Adam's of 0.001, 0.003, 0.01.
STD, RATE, ADAM_RATE, RESIDUAL_RATE = 0.01, 1.0, 0.01, 0.3
COST = 3  # evaluations of the loss that a gradient step costs, as everywhere here
Loss = Callable[[deep_digits.Params], jax.Array]
# Rounding is nothing beside changes of σ² tr H = 1e-4 in the loss, and the exact change costs twice as much.
MUTATE = partial(corr.mutation, exact=False)


class Scheme(NamedTuple):
    """``(loss, size of its steps) -> dynamics``, that size, evaluations a step, scale of the start, share of skip."""

    make: Callable[..., corr.Dynamics]
    size: float
    cost: int
    scale: float
    skip: float = 0.0


def mutate(loss: Loss, size: float) -> corr.Dynamics:
    """Mutation at β = ∞."""
    return MUTATE(loss, mutation_std=size)


def descend(loss: Loss, size: float) -> corr.Dynamics:
    """Gradient descent on all images."""
    return corr.descent(loss, learning_rate=size)


def adapt(loss: Loss, size: float) -> corr.Dynamics:
    """Adam."""
    return corr.from_optax(loss, optax.adam(size))


MUTATION, DESCENT = "mutation", "descent"
SCHEMES = {
    MUTATION: Scheme(mutate, STD, 1, SMALL),
    DESCENT: Scheme(descend, RATE, COST, SMALL),
    "Adam": Scheme(adapt, ADAM_RATE, COST, SMALL),
    "descent, residual": Scheme(descend, RESIDUAL_RATE, COST, SMALL, 1.0),
    "mutation, critical start": Scheme(mutate, STD, 1, CRITICAL),
    "descent, critical start": Scheme(descend, RATE, COST, CRITICAL),
    "descent, critical start, rate / 10": Scheme(descend, RATE / 10, COST, CRITICAL),
}


def train(
    key: jax.Array, layers: tuple[int, ...], evaluations: int, seeds: int, names: Sequence[str] = tuple(SCHEMES)
) -> xarray.Dataset:
    """Loss at the end and share of steps taken, (scheme, layers, seed); a seed has weights of its own."""
    found, programs = np.empty((2, len(names), len(layers), seeds)), {}
    schemes = [SCHEMES[name] for name in names]
    for row, scheme in enumerate(schemes):
        program = scheme._replace(scale=1.0)
        if program not in programs:
            programs[program] = jax.jit(jax.vmap(partial(_trained, scheme, evaluations), (0, 0, None)))
        draw = partial(deep_digits.start, layers=max(layers), scale=scheme.scale)
        for column, one in enumerate(layers):
            start_key, walk_key = jax.random.split(jax.random.fold_in(key, one))
            starts = jax.vmap(draw)(jax.random.split(start_key, seeds))
            keys = jax.random.split(jax.random.fold_in(walk_key, row), seeds)
            found[:, row, column] = programs[program](starts, keys, one)
    columns: Any = {
        name: (("scheme", "layers", "seed"), each) for name, each in zip(("loss", "taken"), found, strict=True)
    }
    columns["c"] = "layers", STD * curvature(*predicted(SMALL, layers))
    sizes = [scheme.size for scheme in schemes]
    coordinates = {"scheme": list(names), "layers": list(layers), "size": ("scheme", sizes)}
    return xarray.Dataset(columns, coordinates, {"evaluations": evaluations})


def _trained(
    scheme: Scheme, evaluations: int, start: deep_digits.Params, key: jax.Array, layers: jax.Array
) -> tuple[jax.Array, jax.Array]:
    loss = deep_digits.loss(layers, scheme.skip)
    side = scheme.make(loss, scheme.size)

    def step(state: corr.State, key: jax.Array) -> tuple[corr.State, jax.Array]:
        state, info = side.step(key, state)
        return state, info.accepted

    state, taken = jax.lax.scan(step, side.init(start), jax.random.split(key, evaluations // scheme.cost))
    return loss(state.position), taken.mean()
