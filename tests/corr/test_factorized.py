"""Losses that factorize matrices run on one CPU device: batches of two devices wait for each other's threads."""

import jax
import jax.numpy as jnp
import pytest

from corr._compiler import check_compiled

START = 0.1 * jnp.eye(3) + jnp.ones((3, 3))
LOSSES = {
    "cholesky": lambda x: jnp.sum(jnp.linalg.cholesky(x @ x.T + jnp.eye(3))),
    "eigh": lambda x: jnp.sum(jnp.linalg.eigvalsh(x + x.T) ** 2),
    "solve": lambda x: jnp.sum(jnp.linalg.solve(x + 5 * jnp.eye(3), jnp.ones(3))),
    "svd": lambda x: jnp.sum(jnp.linalg.svd(x, compute_uv=False)),
    "slogdet": lambda x: jnp.linalg.slogdet(x + 5 * jnp.eye(3))[1],
}


@pytest.mark.parametrize("name", LOSSES)
def test_one_device_for_a_loss_that_factorizes(name: str) -> None:
    assert jax.device_count() > 1
    assert check_compiled(LOSSES[name], START, None) == 1
    assert check_compiled(LOSSES[name], START, 2) == 1


@pytest.mark.parametrize("devices", [None, 2])
def test_all_that_were_asked_for_otherwise(devices: int | None) -> None:
    assert check_compiled(lambda x: jnp.sum(jnp.tanh(x @ x)), START, devices) == devices


def test_a_long_program_whose_variables_are_named_like_factorizations_keeps_all() -> None:
    def long(x: jax.Array) -> jax.Array:
        for k in range(400):
            x = jnp.tanh(x) + k
        return jnp.sum(x)

    assert " lu:" in str(jax.make_jaxpr(long)(START)), "the program must have variables of such names"
    assert check_compiled(long, START, 2) == 2
