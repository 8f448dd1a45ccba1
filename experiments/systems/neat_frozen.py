"""A winner's links frozen: NEAT's genetic algorithm on weights and biases alone, its clock, and which descent it is."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

import corr
from corr import populations, wiring
from theory import genetic as chain
from theory import populations as theory

from ..declaring.number import sample
from .neat_config import ELITE, POPULATION, SURVIVAL
from .neat_evolution import evolved, problem

NEAT_S, PLAIN = "NEAT's, crossed with elite", "no crossover, no elite"
SCHEMES: dict[str, dict[str, Any]] = {NEAT_S: {"crossover": "uniform", "elite": ELITE}, PLAIN: {}}
SMALL = 1e-4  # power at which the loss is linear on the way
BURN_IN, GENERATIONS = 30, 20  # of a speed
DRAWN = 32  # starts, of which two are taken
CHEAP = 20  # times as many draws of a single mutation
FINE = 50  # steps of descent between records
SPEED = theory.genetic_closure(SURVIVAL, POPULATION).drift


class Place(NamedTuple):
    """A frozen topology: the loss of its weights and biases, and those of the winner."""

    loss: Callable[[Any], jax.Array]
    winner: dict[str, jax.Array]

    def starts(self, key: jax.Array, count: int) -> Any:
        """Weights and biases as NEAT begins with, N(0, 1), leaves (count, ...)."""
        flat, unravel = ravel_pytree(self.winner)
        return jax.vmap(unravel)(jax.random.normal(key, (count, len(flat)), flat.dtype))

    def size(self) -> int:
        """Number of weights and biases."""
        return len(ravel_pytree(self.winner)[0])


@cache
def frozen(name: str, seed: int, generations: int) -> Place:
    """The winner of this seed; responses, which NEAT's example does not mutate, stay."""
    run, one = evolved(name, seed, generations), problem(name)
    network = wiring.network_of(run.genome, run.config)
    winner = {part: network.params[part] for part in ("weights", "biases")}

    def loss(params: Any) -> jax.Array:
        (output,) = network.apply({**params, "responses": network.params["responses"]}, one.points)
        return jnp.mean((output - one.targets) ** 2)

    return Place(loss, winner)


def scheme(loss: Callable[[Any], jax.Array], power: float, kind: str = NEAT_S) -> corr.Dynamics:
    """One species of constant size, every weight mutated in every child, as large as NEAT's population."""
    return populations.genetic(
        loss, mutation_std=power, population=POPULATION, share=SURVIVAL, **SCHEMES[kind]
    )  # fmt: skip


def curves(
    key: jax.Array, name: str, generations: int, powers: Sequence[float], runs: int, far: float, records: int
) -> xarray.Dataset:
    """Loss at the mean weights by power, run and generation × power; run k has one start at every power.

    Beside them normalized descent from the same starts, on the clock of the speed that is predicted.
    """
    place = frozen(name, 0, generations)
    start_key, run_key = jax.random.split(key)
    starts, products = place.starts(start_key, runs), np.linspace(0, far, records + 1)

    def losses(side: corr.Dynamics, steps: int, label: str) -> np.ndarray:
        marks = [steps * k for k in range(records + 1)]
        found = corr.run(
            side, starts, steps=marks[-1], record_at=marks, trajectories=runs, key=run_key, keep=1,
            start_per_trajectory=True, progress=False, label=label,
        )  # fmt: skip
        return found.loss.transpose("trajectory", "time").values

    each = products[1]
    every = [losses(scheme(place.loss, power), whole(each / power), f"{name}, power {power:g}") for power in powers]
    down = corr.descent(place.loss, learning_rate=SPEED * each / FINE, normalized=True)
    where = ("power", "run", "product")
    return xarray.Dataset(
        {"loss": (where, np.stack(every).astype(float)), "descent": (where[1:], losses(down, FINE, "descent"))},
        {"power": list(powers), "product": products},
        {"size": place.size()},
    )


def whole(generations: float) -> int:
    """A number of generations; refuses parts of one."""
    if abs(generations - round(generations)) > 1e-6 or round(generations) < 1:
        raise ValueError(
            f"records are {generations:g} generations apart, expected a whole number: change far or powers"
        )
    return round(generations)


def speeds(key: jax.Array, name: str, generations: int, draws: int) -> xarray.Dataset:
    """Distance down the gradient per generation over the power, by scheme and start, and what is foreseen of it."""
    place = frozen(name, 0, generations)
    points = apart(place, jax.random.fold_in(key, 0))
    rows = []
    for number, kind in enumerate(SCHEMES):
        moves = corr.atlas.displacements(
            scheme(place.loss, SMALL, kind), points, draws=draws, key=jax.random.fold_in(key, number + 1),
            generations=GENERATIONS, burn_in=BURN_IN, progress=False,
        )  # fmt: skip
        found = []
        for title, at in points.items():
            slope = np.asarray(ravel_pytree(jax.grad(place.loss)(at))[0], float)
            down = -moves[title].steps @ slope / np.linalg.norm(slope)
            found.append(sample(down / SMALL / GENERATIONS)[:2])
        rows.append(found)
    known = chain.truncation_speed(
        SURVIVAL, POPULATION, burn_in=BURN_IN, generations=GENERATIONS, populations=draws
    )  # fmt: skip
    value, error = np.moveaxis(np.array(rows), -1, 0)
    where = ("scheme", "place")
    return xarray.Dataset(
        {"speed": (where, value), "speed_error": (where, error)},
        {"scheme": list(SCHEMES), "place": list(points)},
        {"closure": SPEED, "chain": known.value, "chain_error": known.error},
    )


def characterized(key: jax.Array, name: str, generations: int, draws: int, share: float) -> xarray.Dataset:
    """Whether genetic algorithms and single mutations go along g/|g| or g, at two starts that differ in |g|."""
    place = frozen(name, 0, generations)
    points = apart(place, jax.random.fold_in(key, 0))
    sides = {kind: (scheme(place.loss, SMALL, kind), BURN_IN, GENERATIONS) for kind in SCHEMES}
    sides["mutation"] = corr.mutation(place.loss, mutation_std=SMALL), 0, 1
    attrs: dict[str, Any] = {"share": share}
    rows = []
    for number, (title, (side, burn_in, steps)) in enumerate(sides.items()):
        found = corr.characterize(
            side, points, key=jax.random.fold_in(key, number + 1), draws=draws * (1 if burn_in else CHEAP),
            generations=steps, burn_in=burn_in, share=share, progress=False,
        )  # fmt: skip
        attrs |= {f"{title}, {law}": found.laws[law].verdict for law in ("g/|g|", "g")}
        size = SMALL * steps
        value, error = found.laws["g/|g|"].coefficient
        rows.append((value / size, error / size))
    value, error = np.array(rows).T
    return xarray.Dataset(
        {"coefficient": ("side", value), "coefficient_error": ("side", error)},
        {"side": list(sides)},
        attrs,
    )


def apart(place: Place, key: jax.Array) -> dict[str, Any]:
    """Of some starts those whose gradients are the quartiles: saturated ones have none."""
    starts = place.starts(key, DRAWN)
    slopes = jax.vmap(jax.grad(place.loss))(starts)
    norms = np.sqrt(sum(np.square(leaf).sum(axis=1) for leaf in jax.tree.leaves(slopes)))
    order = np.argsort(norms)
    chosen = {"flat": order[len(order) // 4], "steep": order[3 * len(order) // 4]}
    return {title: jax.tree.map(lambda leaf, k=k: leaf[k], starts) for title, k in chosen.items()}
