"""Evaluations of the loss: what each dynamics says a step costs, counted, and where the Datasets show it."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
import pytest
from jax.interpreters.partial_eval import dce_jaxpr

import corr

START = jnp.ones(3)
Loss = Callable[[jax.Array], jax.Array]


def loss(x: jax.Array) -> jax.Array:
    """Three products of a matrix and what depends on the parameters, beside cheap parts."""
    for _ in range(3):
        x = jnp.tanh(jnp.outer(x, x) @ x)
    return jnp.sum(x**2)


MAKERS: dict[str, tuple[Callable[[Loss], corr.Dynamics], int]] = {
    "mutation": (lambda U: corr.mutation(U, mutation_std=0.1, exact=False), 1),
    "descent": (lambda U: corr.descent(U, learning_rate=0.1), 3),
    "twin": (lambda U: corr.langevin(U, time_step=0.1, moments=corr.paper_moments(beta=1.0)), 3),
    "optax": (lambda U: corr.from_optax(U, optax.sgd(0.1)), 3),
}


def products(program: Any) -> int:
    """Matrix products in a program and the programs inside it."""
    inner = [one for equation in program.eqns for one in jax.tree.leaves(list(equation.params.values()))]
    programs = [getattr(one, "jaxpr", one) for one in inner if hasattr(getattr(one, "jaxpr", one), "eqns")]
    return sum(one.primitive.name == "dot_general" for one in program.eqns) + sum(map(products, programs))


@pytest.mark.parametrize("name", MAKERS)
def test_a_step_costs_what_it_says_in_products_of_matrices(name: str) -> None:
    """The reason for 3: reverse mode multiplies twice where the loss multiplies once."""
    make, expected = MAKERS[name]
    side = make(loss)
    state = jax.eval_shape(side.init, START)
    one = products(jax.make_jaxpr(loss)(START).jaxpr)
    step = jax.make_jaxpr(side.step)(jax.random.key(0), state).jaxpr
    assert one == 3
    assert products(step) == expected * one
    assert side.evaluations == expected
    # On a new batch U is evaluated once more; the gradient at the new place is of no use there and not computed.
    batched = corr.minibatch(lambda c: make(lambda x: c * loss(x)), batch=lambda key: jnp.float32(1.0), loss=loss)
    step = jax.make_jaxpr(batched.step)(jax.random.key(0), jax.eval_shape(batched.init, START)).jaxpr
    used, _ = dce_jaxpr(step, [True] * len(step.outvars))
    assert products(used) == batched.evaluations * one == (expected + 1) * one


def run(side: corr.Dynamics, **changes: Any) -> Any:
    return corr.run(side, START, steps=4, record_at=[1], trajectories=1, key=corr.root_key(0), devices=1,
                    check_decisions=False, progress=False, **changes)  # fmt: skip


def test_the_clock_counts_steps_times_evaluations() -> None:
    side = corr.descent(lambda x: jnp.sum(x**2), learning_rate=0.1)
    found = run(side)
    assert found.evaluations.dims == ("time",)
    assert found.evaluations.values.tolist() == [0, 3, 12]
    assert "evaluations" in found.coords
    assert run(side._replace(evaluations=2.5)).evaluations.values.tolist() == [0, 2.5, 10]


@pytest.mark.parametrize("count", [-1, float("inf"), float("nan"), "3", None])
def test_a_count_that_is_none_is_refused(count: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="evaluations of the dynamics must be"):
        run(corr.descent(lambda x: jnp.sum(x**2), learning_rate=0.1)._replace(evaluations=count))
