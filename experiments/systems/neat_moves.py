"""What one structural move of NEAT does to the loss: add-node on winners, beside its law, and beside mutations."""

import copy
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

from . import neat_config as configuration
from .neat_evolution import Evolved, Problem, evolved, own_randomness, problem
from .neat_frozen import frozen

POWERS = (0.5, 0.05, 0.01)
MUTATIONS = 1000

Link = tuple[int, int]


def jumps(key: jax.Array, seeds: int, generations: int, draws: int) -> xarray.Dataset:
    """Changes of the loss by add-node on winners of XOR, (winner, draw): neat-python's own, and w x → w σ(5x).

    And the mean size of the change by one mutation of all weights and biases, (winner, power).
    """
    one = problem("XOR")
    rows, sizes = [], []
    for seed in range(seeds):
        run = evolved("XOR", seed, generations)
        rows.append([_jump(run, one, draw) for draw in range(draws)])
        sizes.append(_mutated(jax.random.fold_in(key, seed), seed, generations))
    names = ("jump", "predicted", "weight", "enabled")
    columns: dict[str, Any] = dict(zip(names, np.moveaxis(np.array(rows, float), -1, 0), strict=True))
    data: dict[str, Any] = {name: (("winner", "draw"), values) for name, values in columns.items()}
    data["mutation"] = (("winner", "power"), np.array(sizes))
    return xarray.Dataset(data, {"power": list(POWERS)})


def _jump(run: Evolved, one: Problem, draw: int) -> tuple[float, float, float, bool]:
    """Change of the loss, that foreseen, weight of the link that is divided, and whether it was enabled."""
    if not run.genome.connections:
        return 0.0, 0.0, np.nan, False  # neat-python has nothing to divide
    moved = copy.deepcopy(run.genome)
    with own_randomness(draw):
        moved.mutate_add_node(run.config.genome_config)
    link = _divided(run.genome, moved)
    gene = run.genome.connections[link]
    before = _loss(run.genome, run.config, one, None)
    after = _loss(moved, run.config, one, None)
    return after - before, foreseen(run, one, link) - before, gene.weight, gene.enabled


def _divided(old: Any, new: Any) -> Link:
    """The link in whose place two links and a node are."""
    (node,) = new.nodes.keys() - old.nodes.keys()
    added = new.connections.keys() - old.connections.keys()
    (source,), (to,) = ([a for a, b in added if b == node], [b for a, b in added if a == node])
    return source, to


def foreseen(run: Evolved, one: Problem, link: Link) -> float:
    """The loss where this link gives w σ(5x) in place of w x."""
    through = copy.deepcopy(run.genome)
    through.connections[link].enabled = True  # a disabled one is divided too, and then heard again
    return _loss(through, run.config, one, link)


def _loss(genome: Any, config: Any, one: Problem, bent: Link | None) -> float:
    """Mean squared error in float64, by the order in which neat-python evaluates; one link may be bent."""
    network = configuration.library().nn.FeedForwardNetwork.create(genome, config)
    points, targets = np.asarray(one.points, float), np.asarray(one.targets, float)
    values = dict(zip(network.input_nodes, points, strict=True))
    for node, activation, _, bias, response, links in network.node_evals:
        heard = sum((w * (_bend(values[i]) if (i, node) == bent else values[i]) for i, w in links), 0 * targets)
        values[node] = np.vectorize(activation)(bias + response * heard)
    (output,) = network.output_nodes
    return float(np.mean((values[output] - targets) ** 2))


def _bend(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(5 * x, -60, 60)))


def _mutated(key: jax.Array, seed: int, generations: int) -> list[float]:
    """Mean size of the change of the loss by one mutation of all weights and biases of a winner."""
    place = frozen("XOR", seed, generations)
    flat, unravel = ravel_pytree(place.winner)
    steps = jax.random.normal(key, (MUTATIONS, len(flat)), flat.dtype)
    found = jax.jit(
        lambda power: jnp.mean(
            jnp.abs(jax.vmap(lambda step: place.loss(unravel(flat + power * step)))(steps) - place.loss(place.winner))
        )
    )
    return [float(found(power)) for power in POWERS]
