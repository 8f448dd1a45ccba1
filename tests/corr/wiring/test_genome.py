"""Genomes of NEAT: outputs of neat-python's own network, padding without effect, exact change, clear refusals."""

import random
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import wiring
from corr.experiments.systems import neat_config
from corr.wiring._forward import ACTIVATIONS

neat = pytest.importorskip("neat")
COUNT, MUTATIONS = 100, 60
POINTS = np.random.default_rng(0).normal(size=(3, 5))
# Largest slopes, in units of the argument: neat-python scales its arguments by 5 and 2.5.
SLOPES = {"sigmoid": 1.25, "tanh": 2.5, "sin": 5.0, "gauss": 10**0.5 * np.exp(-0.5), "relu": 1.0, "identity": 1.0}


@pytest.fixture(scope="module")
def config() -> Any:
    every = " ".join(ACTIVATIONS)
    words = neat_config.text(inputs=3, goal=1.0, activations=every, activation_rate=0.3, response_std=0.5)
    return neat_config.configured(words.replace("num_outputs = 1", "num_outputs = 2"))


@pytest.fixture(scope="module")
def genomes(config: Any) -> Iterator[list[Any]]:
    """Mutated by neat-python itself, with hidden nodes, disabled links, and nodes that nothing reaches."""
    before = random.getstate()
    population = neat.Population(config, seed=1)
    found = list(population.population.values())[:COUNT]
    config.genome_config.innovation_tracker = population.reproduction.innovation_tracker
    for genome in found:
        for _ in range(MUTATIONS):
            genome.mutate(config.genome_config)
    yield found
    random.setstate(before)


def theirs(genome: Any, config: Any) -> tuple[np.ndarray, np.ndarray]:
    """neat-python's outputs (outputs, K), and what rounding to float32 may change of them.

    Every number is off by half a unit at the start, a sum of m products by m + 2 units of its absolute terms, an
    activation by its slope times that, and by two units of its own.
    """
    network = neat.nn.FeedForwardNetwork.create(genome, config)
    outputs = np.array([network.activate(list(point)) for point in POINTS.T]).T
    unit = np.finfo(np.float32).eps
    values = dict(zip(network.input_nodes, POINTS, strict=True))
    errors: dict[int, Any] = {key: unit * np.abs(value) for key, value in values.items()}
    for node, activation, _, bias, response, links in network.node_evals:
        heard = sum((w * values[i] for i, w in links), np.zeros(POINTS.shape[1]))
        size = sum((np.abs(w * values[i]) for i, w in links), np.zeros(POINTS.shape[1]))
        carried = sum((abs(w) * errors[i] for i, w in links), np.zeros(POINTS.shape[1]))
        total = bias + response * heard
        off = abs(response) * (carried + (len(links) + 2) * unit * size) + 2 * unit * (abs(bias) + np.abs(total))
        values[node] = np.vectorize(activation)(total)
        slope = SLOPES[genome.nodes[node].activation]
        errors[node] = slope * off + 4 * unit * (np.abs(values[node]) + slope * np.abs(total))
    return outputs, np.array([errors[key] for key in network.output_nodes])


def test_genomes_have_all_that_may_go_wrong(genomes: list[Any]) -> None:
    assert len(genomes) == COUNT
    assert sum(len(genome.nodes) > 4 for genome in genomes) > COUNT / 3
    assert any(not link.enabled for genome in genomes for link in genome.connections.values())
    assert {node.activation for genome in genomes for node in genome.nodes.values()} == {*ACTIVATIONS}


def test_outputs_are_those_of_neat_python_up_to_rounding(genomes: list[Any], config: Any) -> None:
    wires, params = wiring.packed(genomes, config)
    ours = jax.jit(jax.vmap(wiring.outputs, (0, 0, None)))(wires, params, jnp.asarray(POINTS, jnp.float32))
    dropped = 0
    for genome, found in zip(genomes, np.asarray(ours), strict=True):
        outputs, error = theirs(genome, config)
        assert (np.abs(found - outputs) <= error).all()
        dropped += len(wiring.network_of(genome, config).params["biases"]) < len(genome.nodes)
    assert dropped, "no genome had a node that reaches no output"


def test_outputs_are_those_of_neat_python_to_12_digits_in_float64(genomes: list[Any], config: Any) -> None:
    with jax.enable_x64(True):
        wires, params = wiring.packed(genomes, config)
        assert params["weights"].dtype == jnp.float64
        ours = np.asarray(jax.vmap(wiring.outputs, (0, 0, None))(wires, params, jnp.asarray(POINTS)))
    for genome, found in zip(genomes, ours, strict=True):
        outputs, error = theirs(genome, config)
        # Units of float64 in place of float32; where that is below 12 digits, 12 digits.
        bound = error * np.finfo(np.float64).eps / np.finfo(np.float32).eps
        assert (np.abs(found - outputs) <= np.maximum(bound, 1e-12)).all()


def test_one_genome_is_as_among_many_and_padding_has_no_effect(genomes: list[Any], config: Any) -> None:
    points = jnp.asarray(POINTS, jnp.float32)
    some = sorted(genomes, key=lambda genome: len(genome.nodes))[:: COUNT // 3]
    wires, params = wiring.packed(some, config)
    ones = jax.tree.map(lambda there, leaf: leaf + 7 * (1 - there), wires.there, params["weights"])
    many = jax.vmap(wiring.outputs, (0, 0, None))(wires, {**params, "weights": ones}, points)
    for genome, found in zip(some, many, strict=True):
        network = wiring.network_of(genome, config)
        np.testing.assert_allclose(network.apply(network.params, points), found, rtol=2e-5, atol=2e-6)


@pytest.fixture(scope="module")
def small() -> tuple[Any, Any]:
    config = neat_config.configured(neat_config.text(inputs=2, goal=1.0))
    before = random.getstate()
    population = neat.Population(config, seed=3)
    genome = next(iter(population.population.values()))
    config.genome_config.innovation_tracker = population.reproduction.innovation_tracker
    for _ in range(2):
        genome.mutate_add_node(config.genome_config)
    random.setstate(before)
    return genome, config


def test_the_change_of_the_loss_is_exact(small: tuple[Any, Any]) -> None:
    network = wiring.network_of(*small)
    points = jnp.asarray(POINTS[:2], jnp.float32)

    def loss(params: Any) -> jax.Array:
        return jnp.mean((network.apply(params, points) - 0.3) ** 2)

    step = jax.tree.map(lambda leaf: 1e-7 * jnp.cos(jnp.arange(leaf.size, dtype=leaf.dtype)), network.params)
    split = corr.difference(loss)
    _, tape = split.start(network.params)
    change = float(split.change(tape, step)[0])
    slope = jax.grad(loss)(network.params)
    first = sum(float(jnp.vdot(a, b)) for a, b in zip(jax.tree.leaves(slope), jax.tree.leaves(step), strict=True))
    assert change == pytest.approx(first, rel=1e-4)


def test_a_genome_with_a_cycle_is_refused(small: tuple[Any, Any]) -> None:
    genome, config = small
    new = [key for key in genome.nodes if key != 0]
    gene = next(iter(genome.connections.values())).copy()
    gene.enabled = True
    looped = type(genome)(1)
    looped.nodes, looped.connections = genome.nodes, {**genome.connections, (0, new[0]): gene, (new[0], 0): gene}
    with pytest.raises(ValueError, match="the genome has a cycle through nodes"):
        wiring.network_of(looped, config)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("aggregation", "max", "aggregation 'max', only 'sum'"), ("activation", "cube", "activation 'cube', known here:")],
)
def test_what_is_not_known_is_refused(
    name: str, value: str, said: str, small: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    genome, config = small
    monkeypatch.setattr(genome.nodes[0], name, value)
    with pytest.raises(ValueError, match=f"node 0 has {said}"):
        wiring.network_of(genome, config)


def test_points_of_another_size_and_no_genomes_are_refused(small: tuple[Any, Any]) -> None:
    network = wiring.network_of(*small)
    with pytest.raises(ValueError, match=r"points must have shape \(2, K\), one row an input, got \(3, 5\)"):
        network.apply(network.params, jnp.asarray(POINTS, jnp.float32))
    with pytest.raises(ValueError, match="no genome is given"):
        wiring.packed([], small[1])
