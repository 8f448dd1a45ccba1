"""A genome of NEAT as a network of fixed links: a function of its weights, biases and responses alone."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .._types import Params
from ._forward import ACTIVATIONS, Wires, outputs

AGGREGATION = "sum"


class Fixed(NamedTuple):
    """A genome whose links stay.

    Attributes:
        params: ``weights`` (L,) of the enabled links, ``biases`` and ``responses`` (n,) of the nodes that reach an
            output; of neat-python's sizes.
        apply: ``apply(params, points of shape (inputs, K)) -> outputs of shape (outputs, K)``.
        wires: what is connected.
    """

    params: dict[str, jax.Array]
    apply: Callable[[Params, jax.Array], jax.Array]
    wires: Wires


class _Read(NamedTuple):
    """Keys of links and nodes in order, and of the inputs."""

    links: list[tuple[int, int]]
    nodes: list[int]
    inputs: list[int]


def network_of(genome: Any, config: Any) -> Fixed:
    """The network of one genome, v_j = f_j(b_j + r_j Σ_i w_ij v_i), as neat-python's ``FeedForwardNetwork`` has it.

    Args:
        genome: of neat-python, without cycles; disabled links and nodes that reach no output are left out.
        config: its configuration.

    Returns:
        A ``Fixed``, whose parameters are those of the genome.

    Raises:
        ValueError: if it has a cycle, an aggregation other than the sum, or an activation that is not known here.

    Example:
        >>> import types
        >>> gene = lambda **fields: types.SimpleNamespace(**fields)
        >>> keys = gene(input_keys=[-1], output_keys=[0], activation_options=["identity"])
        >>> node = gene(bias=1.0, response=2.0, activation="identity", aggregation="sum")
        >>> link = gene(weight=3.0, enabled=True)
        >>> network = network_of(gene(nodes={0: node}, connections={(-1, 0): link}), gene(genome_config=keys))
        >>> network.apply(network.params, jnp.array([[0.0, 1.0]])).tolist()
        [[1.0, 7.0]]

    Reference: Stanley and Miikkulainen, Evolutionary Computation 10, 99 (2002); neat-python 2.0,
    ``neat.nn.FeedForwardNetwork``.
    """
    read = _read(genome, config)
    used = sorted({genome.nodes[key].activation for key in read.nodes})
    wires, params = _filled(genome, config, read, len(read.nodes), len(read.links), used)
    wires, params = (jax.tree.map(jnp.asarray, one) for one in (wires, params))
    return Fixed(params, lambda params, points: outputs(wires, params, points), wires)


def packed(genomes: Sequence[Any], config: Any) -> tuple[Wires, dict[str, jax.Array]]:
    """Several genomes in arrays of one size, for ``jax.vmap(outputs, (0, 0, None))``.

    Sizes are the next powers of 2, so that a population that grows is compiled anew but a few times. Weights that fill
    up are 0 and stay without effect whatever becomes of them.

    Args:
        genomes: of neat-python, one at least, as ``network_of`` takes them.
        config: their configuration.

    Returns:
        (wires, params), arrays with the genomes on the first axis.

    Raises:
        ValueError: as ``network_of``, and if there is no genome.

    Example:
        >>> import types
        >>> gene = lambda **fields: types.SimpleNamespace(**fields)
        >>> keys = gene(input_keys=[-1], output_keys=[0], activation_options=["identity"])
        >>> node = gene(bias=1.0, response=2.0, activation="identity", aggregation="sum")
        >>> link = gene(weight=3.0, enabled=True)
        >>> both = [gene(nodes={0: node}, connections=links) for links in ({(-1, 0): link}, {})]
        >>> wires, params = packed(both, gene(genome_config=keys))
        >>> jax.vmap(outputs, (0, 0, None))(wires, params, jnp.array([[1.0]])).tolist()
        [[[7.0]], [[1.0]]]

    Reference: as ``network_of``.
    """
    if not genomes:
        raise ValueError("no genome is given, expected one at least")
    read = [_read(genome, config) for genome in genomes]
    nodes, links = (1 << (max(map(len, one)) - 1).bit_length() if max(map(len, one)) else 1
                    for one in ([r.nodes for r in read], [r.links for r in read]))  # fmt: skip
    names = list(config.genome_config.activation_options)
    every = [_filled(genome, config, one, nodes, links, names) for genome, one in zip(genomes, read, strict=True)]
    return jax.tree.map(lambda *leaves: jnp.asarray(np.stack(leaves)), *every)


def _read(genome: Any, config: Any) -> _Read:
    """Enabled links among what reaches an output, and those nodes in an order to evaluate them in."""
    keys = config.genome_config
    enabled = [key for key, link in genome.connections.items() if link.enabled]
    needed = set(keys.output_keys)
    while more := {source for source, to in enabled if to in needed} - needed - {*keys.input_keys}:
        needed |= more
    links = [(source, to) for source, to in enabled if to in needed]
    nodes: list[int] = []
    left = sorted(needed)
    while left:
        ready = [key for key in left if not any(to == key and source in left for source, to in links)]
        if not ready:
            raise ValueError(f"the genome has a cycle through nodes {left}: only feed-forward networks are known here")
        nodes += ready
        left = [key for key in left if key not in ready]
    for key in nodes:
        _check(key, genome.nodes[key])
    return _Read(links, nodes, list(keys.input_keys))


def _check(key: int, node: Any) -> None:
    if node.aggregation != AGGREGATION:
        raise ValueError(f"node {key} has aggregation {node.aggregation!r}, only {AGGREGATION!r} is known here")
    if node.activation not in ACTIVATIONS:
        raise ValueError(f"node {key} has activation {node.activation!r}, known here: {', '.join(ACTIVATIONS)}")


def _filled(
    genome: Any, config: Any, read: _Read, nodes: int, links: int, names: Sequence[str]
) -> tuple[Wires, dict[str, np.ndarray]]:
    """Wires and parameters of these sizes."""
    place = {key: number for number, key in enumerate([*read.inputs, *read.nodes])}
    first, there = len(read.inputs), len(read.links)
    kind = jnp.zeros(()).dtype

    def filled(values: Sequence[float], size: int, dtype: Any) -> np.ndarray:
        return np.concatenate([np.asarray(values, dtype), np.zeros(size - len(values), dtype)])

    genes = [genome.nodes[key] for key in read.nodes]
    wires = Wires(
        filled([place[to] - first for _, to in read.links], links, np.int32),
        filled([place[source] for source, _ in read.links], links, np.int32),
        filled([1.0] * there, links, kind),
        filled([names.index(node.activation) for node in genes], nodes, np.int32),
        np.asarray([place[key] - first for key in config.genome_config.output_keys], np.int32),
        first,
        tuple(names),
    )  # fmt: skip
    params = {
        "weights": filled([genome.connections[key].weight for key in read.links], links, kind),
        "biases": filled([node.bias for node in genes], nodes, kind),
        "responses": filled([node.response for node in genes], nodes, kind),
    }
    return wires, params
