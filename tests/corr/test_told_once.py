"""A cause that many parts of one run meet is said once; two runs say it twice."""

import warnings

import jax.numpy as jnp
import pytest

import corr
from corr._told import told_once, warn


def said(function) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    return [str(one.message) for one in caught]


def test_once_within_the_outermost_call_and_again_in_the_next() -> None:
    @told_once()
    def inner() -> None:
        warn("a")
        warn("a")

    @told_once()
    def outer() -> None:
        inner()
        inner()
        warn("b")

    assert said(outer) == ["a", "b"]
    assert said(lambda: (outer(), outer())) == ["a", "b", "a", "b"]
    assert said(lambda: (warn("a"), warn("a"))) == ["a", "a"]


@pytest.mark.slow
def test_a_primitive_without_a_rule_is_named_once_in_a_comparison() -> None:
    loss = lambda x: jnp.sum(jnp.linalg.eigvalsh(jnp.outer(x, x) + jnp.diag(jnp.arange(2.0))) ** 2)  # noqa: E731
    told = said(
        lambda: corr.compare(loss, jnp.ones(2), key=corr.root_key(0), trajectories=4, end_time=0.02, record_every=0.01,
                             learning_rate=1e-3, step_ratio=1.0, devices=1, progress=False)
    )  # fmt: skip
    assert len(told) == 1 and "eigh" in told[0]


def test_a_step_function_without_gradient_is_said_and_while_loops_are_refused_for_gradient_sides_alone() -> None:
    from jax.lax import while_loop

    settings = {"steps": 20, "trajectories": 2, "key": corr.root_key(0), "devices": 1, "progress": False}
    count = lambda x: jnp.mean((x > 0).astype(jnp.float32))  # noqa: E731
    with pytest.warns(UserWarning, match="gradient of the loss is exactly zero at the start and around it"):
        corr.run(corr.descent(count, learning_rate=0.1), jnp.ones(3), **settings)
    corr.run(corr.descent(count, learning_rate=0.1), jnp.ones(3), check_decisions=False, **settings)

    def looped(x):
        return while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, 0.5 * c[1] + jnp.sum(x * x)), (0, jnp.float32(0)))[1]

    corr.run(corr.mutation(looped, mutation_std=0.1), jnp.ones(3), **settings)
    with pytest.raises(ValueError, match=r"cannot differentiate this loss: .*fixed number of rounds.*run\(mutation"):
        corr.run(corr.descent(looped, learning_rate=0.1), jnp.ones(3), **settings)
