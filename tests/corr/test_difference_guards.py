"""Where a graph is guarded: wherever an infinity can arise and be swallowed; nowhere else, since guards cost time."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from corr.difference import difference
from corr.difference._flow import flow
from corr.difference._graph import Graph, build_graph
from corr.difference._propagate import evaluate_graph
from corr.difference._ranges import ranges

LABELS = jnp.array([0, 1, 2, 0])
Function = Callable[[jax.Array], jax.Array]


def attention(x: jax.Array) -> jax.Array:
    return jnp.sum(jnp.tanh(jax.nn.relu(jax.nn.softmax(x @ x.T) @ x)))


UNGUARDED: dict[str, Function] = {
    "tanh network": lambda x: jnp.mean(jnp.tanh(x @ x.T) ** 2),
    "logarithm of the parameters": lambda x: jnp.sum(jnp.log(x)),
    "softplus": lambda x: jnp.sum(jax.nn.softplus(x)),
    "log sigmoid": lambda x: jnp.sum(jax.nn.log_sigmoid(x)),
    "cross entropy": lambda x: jnp.mean(optax.softmax_cross_entropy_with_integer_labels(x, LABELS)),
    "attention": attention,
    "layer norm": lambda x: jnp.sum(jax.nn.relu(jax.nn.standardize(x))),
    "huber": lambda x: jnp.sum(optax.huber_loss(x)),
    "clipped norm": lambda x: jnp.maximum(jnp.linalg.norm(x), 1),
    "log of a safe number": lambda x: jnp.sum(jax.nn.relu(jnp.log(x * x + 1e-6))),
    "squares and powers": lambda x: jnp.sum(jnp.clip(x**3 - jnp.square(x) * jnp.exp(-jnp.abs(x)), -1, 1)),
    "fixed mask": lambda x: jnp.sum(jnp.where(jnp.eye(4, 3) > 0, jnp.log(x), 0)),
}
GUARDED: dict[str, Function] = {
    "log": lambda x: jnp.sum(jnp.where(x > 0, jnp.log(x), 0)),
    "quotient": lambda x: jnp.sum(jnp.where(x != 0, jnp.sin(x) / x, 1)),
    "overflow": lambda x: jnp.sum(jnp.minimum(jnp.exp(x), 9)),
    "negative power": lambda x: jnp.sum(jnp.tanh(x**-2)),
    "square root": lambda x: jnp.sum(jnp.nan_to_num(jnp.sqrt(x))),
    "not its own maximum": lambda x: jnp.sum(jnp.minimum(jnp.exp(x - jnp.max(-x)), 9)),
    "maximum along another axis": lambda x: jnp.sum(
        jnp.tanh(1 / jnp.sum(jnp.exp(x - jnp.max(x, 0, keepdims=True)), 1))
    ),
    "infinite mask": lambda x: jnp.sum(jnp.exp(jnp.where(jnp.eye(4, 3) > 0, x, -jnp.inf))),
    "inside a scan": lambda x: jnp.sum(jnp.nan_to_num(jax.lax.scan(lambda h, v: (h + jnp.log(v), None), x[0], x)[0])),
    "unknown primitive": lambda x: jnp.sum(jnp.nan_to_num(jax.lax.asin(x))),
}


def graph_of(function: Function) -> Graph:
    return build_graph(jax.make_jaxpr(function)(jnp.ones((4, 3))), [None])


def guarded(function: Function) -> frozenset[int]:
    graph = graph_of(function)
    return flow(graph, (), set(graph.inputs), set(), set()).guarded


@pytest.mark.parametrize("name", UNGUARDED)
def test_usual_losses_need_no_guard(name: str) -> None:
    assert not guarded(UNGUARDED[name])


@pytest.mark.parametrize("name", GUARDED)
def test_an_infinity_that_is_swallowed_is_guarded(name: str) -> None:
    assert guarded(GUARDED[name])


@pytest.mark.parametrize("name", ["softplus", "cross entropy", "attention", "layer norm", "squares and powers"])
def test_every_variable_lies_in_its_range(name: str) -> None:
    """At small, large and equal numbers; a rounding unit of the largest bound is allowed."""
    graph = graph_of(UNGUARDED[name])
    course, found = flow(graph, (), set(graph.inputs), set(), set()), ranges(graph)
    places = [scale * np.random.default_rng(0).normal(size=(4, 3)) for scale in (0.0, 1e-3, 1.0, 30.0)]
    values = jax.vmap(lambda x: evaluate_graph(graph, [x], course)[1])(jnp.asarray(places, jnp.float32))
    assert any(np.isfinite(bounds).any() for bounds in found.values())
    for key, (low, high) in found.items():
        slack = 1e-6 * max(abs(bound) for bound in (low, high, 1.0) if np.isfinite(bound))
        value = np.asarray(values[key], float)
        assert np.all((value >= low - slack) & (value <= high + slack)), (key, low, high)


def test_a_known_bound_of_the_step_does_not_hold_behind_an_integer() -> None:
    """tanh(1) - tanh(0) from a step of 1e-3; a bound of 1e-3 for the integer would choose the short step's series."""
    split = difference(lambda x: jnp.sum(jnp.tanh(x.astype(jnp.int32).astype(jnp.float32))), bound=2e-3)
    change = split.change(split.start(jnp.array([0.9995]))[1], jnp.array([1e-3]))[0]
    assert float(change) == pytest.approx(np.tanh(1.0), rel=1e-6)
