"""Generalization on digits by three routes: weight noise, raw fitness and Barker mutation of one width, beside others.

A lone walker at βΔU ≪ 1 sees no penalty: (σ²/2) tr H is then below 1/β, of which its heat is N/2. So the parent of
many mutants takes their mean displacement here, and one walker is shown beside it.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray
from jax.flatten_util import ravel_pytree

import corr
from corr import losses
from corr.data import Data

from ..problems import digits

HIDDEN, IMAGES = 16, 200  # few images, so that there is something to generalize
STD, BETA, RADIUS = 0.1, 1.0, 0.3  # σ, β of Barker's rule, ρ of sharpness-aware descent
BEGIN = 16.0  # time of descent before the routes part: mutants' noise is that of the steep way down
RATE, END, RECORDS = 0.4, 64.0, 4  # common time per step and in all
PROBES = 50  # of tr H and of U_σ
NATS = losses.cross_entropy()
DESCENT, NOISE, HALF = "descent", "weight noise", "half of its width"
FITNESS, BARKER = "raw fitness", "Barker, mean of mutants"
SHARP, LONE = "sharpness-aware", "Barker, one walker"

Loss = Callable[[jax.Array], jax.Array]


class Route(NamedTuple):
    """Common time of a step, and the dynamics on a loss."""

    rate: float
    make: Callable[[Loss], corr.Dynamics]


def routes(children: int) -> dict[str, Route]:
    """By name; two gradients in a step of all that follow gradients, so that descent takes two steps meanwhile."""
    uphill = optax.chain(optax.contrib.normalize(), optax.sgd(RADIUS))
    return {
        DESCENT: Route(RATE / 2, partial(corr.descent, learning_rate=RATE / 2)),
        NOISE: Route(RATE, partial(weight_noise, std=STD)),
        FITNESS: Route(RATE, partial(mutants, children=children, fitness=lambda changes: changes)),
        BARKER: Route(RATE, partial(mutants, children=children, fitness=accepted)),
        HALF: Route(RATE, partial(weight_noise, std=STD / 2)),
        SHARP: Route(RATE, lambda loss: corr.from_optax(
            loss, optax.contrib.sam(optax.sgd(RATE), uphill, opaque_mode=True)
        )),
        # Rounding is nothing beside changes of 0.1 in the loss, and the exact change costs four times as much.
        LONE: Route(BETA * STD**2 / 4, partial(
            corr.mutation, mutation_std=STD, beta=BETA, rule="barker", exact=False
        )),
    }  # fmt: skip


def weight_noise(loss: Loss, std: float) -> corr.Dynamics:
    """Descent by the mean of the gradients at x + ξ and x - ξ, ξ ~ N(0, σ²) anew in every step."""

    def slope(key: jax.Array, at: jax.Array) -> jax.Array:
        noise = std * jax.random.normal(key, at.shape)
        return jax.grad(lambda x: (loss(x + noise) + loss(x - noise)) / 2)(at)

    return _against(slope)


def mutants(loss: Loss, children: int, fitness: Callable[[jax.Array], jax.Array]) -> corr.Dynamics:
    """Descent by the mean of mutations ε times fitness over σ², pairs ε and -ε; fitness is a function of ΔU."""

    def slope(key: jax.Array, at: jax.Array) -> jax.Array:
        half = STD * jax.random.normal(key, (children // 2, *at.shape))
        drawn, here = jnp.concatenate([half, -half]), loss(at)
        changes = jax.vmap(lambda move: loss(at + move) - here)(drawn)
        return fitness(changes) @ drawn / (children * STD**2)

    return _against(slope)


def accepted(changes: jax.Array) -> jax.Array:
    """Fitness by which mutants' mean displacement is Barker's: the probability of acceptance, in units of -β/4."""
    return -4 / BETA * jax.nn.sigmoid(-BETA * changes)


def _against(slope: Callable[[jax.Array, jax.Array], jax.Array]) -> corr.Dynamics:
    def begin(start: jax.Array) -> corr.State:
        return corr.State(start, jnp.zeros(()))

    def step(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
        move, unseen = -RATE * slope(key, state.position), jnp.zeros(())
        info = corr.Info(move, jnp.array(True), unseen, jnp.array(True))
        return state._replace(position=state.position + move), info

    return corr.Dynamics(begin, step)


def part(key: jax.Array, runs: int, children: int, names: Sequence[str] = (), end: float = END) -> xarray.Dataset:
    """All quantities of every route, or of those named, by time and run; a run has a start and a split of its own."""
    start_key, route_key, probe_key = jax.random.split(key, 3)
    learn, test = _data(runs)
    net = digits.network(HIDDEN)
    every, found = routes(children), {}
    starts = jax.vmap(lambda one: ravel_pytree(net.init(one))[0])(jax.random.split(start_key, runs))
    probes = jax.random.split(probe_key, runs)
    starts = trained(every[DESCENT], starts, learn, probes, BEGIN)[-1]  # descent draws nothing
    look = jax.jit(jax.vmap(measured))
    for number, (name, route) in enumerate(every.items()):
        if names and name not in names:
            continue
        keys = jax.random.split(jax.random.fold_in(route_key, number), runs)
        path = trained(route, starts, learn, keys, end)
        rows = [look(here, learn, test, probes) for here in path]
        found[name] = {what: np.stack([row[what] for row in rows]) for what in rows[0]}
    columns = {what: (("route", "time", "run"), np.stack([one[what] for one in found.values()]).astype(float))
               for what in next(iter(found.values()))}  # fmt: skip
    time = end * (np.arange(RECORDS) + 1) / RECORDS
    attrs = {"std": STD, "beta": BETA, "radius": RADIUS, "rate": RATE, "children": children, "images": IMAGES}
    return xarray.Dataset(columns, {"route": list(found), "time": time}, attrs)


def _data(runs: int) -> tuple[Data, Data]:
    """Images to learn from and to test on, a split for every run, (runs, ...)."""
    splits = [digits.digits(split) for split in range(runs)]
    few = [Data(learn.points[:, :IMAGES], learn.targets[:IMAGES]) for learn, _ in splits]
    return tuple(jax.tree.map(lambda *ones: jnp.stack(ones), *side) for side in (few, [one for _, one in splits]))


def _of_vector() -> Callable[[jax.Array, jax.Array], jax.Array]:
    """Logits of the network, a function of one vector of parameters and of pixels."""
    net = digits.network(HIDDEN)
    rebuilt = ravel_pytree(net.init(jax.random.key(0)))[1]
    return lambda vector, pixels: net.apply(rebuilt(vector), pixels)


def trained(route: Route, starts: jax.Array, learn: Data, keys: jax.Array, end: float) -> jax.Array:
    """Positions of every run at equal times up to the end, (RECORDS, runs, N)."""
    between = round(end / RECORDS / route.rate)

    def one(start: jax.Array, images: Data, key: jax.Array) -> jax.Array:
        side = route.make(losses.mean(NATS, _of_vector(), *images))
        return positions(side, start, jax.random.split(key, (RECORDS, between)))

    return jax.jit(jax.vmap(one, out_axes=1))(starts, learn, keys)


def positions(side: corr.Dynamics, start: jax.Array, keys: jax.Array) -> jax.Array:
    """At the end of every stretch of steps, (stretches, N), one key a step, (stretches, steps)."""

    def stretch(state: corr.State, keys: jax.Array) -> tuple[corr.State, jax.Array]:
        state = jax.lax.scan(lambda state, key: (side.step(key, state)[0], None), state, keys)[0]
        return state, state.position

    return jax.lax.scan(stretch, side.init(start), keys)[1]


def measured(at: jax.Array, learn: Data, test: Data, key: jax.Array) -> dict[str, jax.Array]:
    """What is compared, at one position; under one key all positions share their probes."""
    apply = _of_vector()
    loss, unseen = (losses.mean(NATS, apply, *images) for images in (learn, test))
    here, there = loss(at), unseen(at)
    trace, smoothed = probed(loss, at, key)
    return {"tr H": trace, "U_σ": smoothed, "training loss": here, "test loss": there, "gap": there - here,
            "accuracy": losses.accuracy(apply, *test)(at)}  # fmt: skip


def probed(loss: Loss, at: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """tr H by Hutchinson's probes, and U_σ by pairs of mutations."""
    one, other = jax.random.split(key)
    signs = jax.random.rademacher(one, (PROBES, *at.shape), at.dtype)
    slope = jax.grad(loss)
    traces = jax.lax.map(lambda sign: sign @ jax.jvp(slope, (at,), (sign,))[1], signs)
    moves = STD * jax.random.normal(other, (PROBES, *at.shape), at.dtype)
    losses = jax.lax.map(lambda move: (loss(at + move) + loss(at - move)) / 2, moves)
    return jnp.mean(traces), jnp.mean(losses)
