"""optax's transformations that ask for more than a gradient: sharpness-aware descent, line searches."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr

CURVATURES = jnp.array([0.3, 1.0, 2.0, 0.5])
START = jnp.array([2.0, -1.0, 1.0, 0.5])
RATE, RADIUS = 0.1, 0.3


def bowl(x: jax.Array) -> jax.Array:
    return jnp.sum(CURVATURES * x**2) / 2


def test_sharpness_aware_descent_takes_the_gradient_uphill() -> None:
    """In a bowl g + ρ H g/|g|, exactly: descent of U + ρ|g|."""
    uphill = optax.chain(optax.contrib.normalize(), optax.sgd(RADIUS))
    side = corr.from_optax(bowl, optax.contrib.sam(optax.sgd(RATE), uphill, opaque_mode=True))
    _, info = side.step(jax.random.key(0), side.init(START))
    sharp = jax.grad(lambda x: bowl(x) + RADIUS * jnp.linalg.norm(jax.grad(bowl)(x)))(START)
    np.testing.assert_allclose(info.displacement, -RATE * sharp, rtol=1e-5)
    assert float(jnp.abs(info.displacement + RATE * jax.grad(bowl)(START)).max()) > 0.01


def test_one_that_keeps_its_own_count_of_steps_takes_no_gradient_elsewhere() -> None:
    side = corr.from_optax(bowl, optax.contrib.sam(optax.sgd(RATE), optax.sgd(RADIUS)))
    state, info = side.step(jax.random.key(0), side.init(START))
    np.testing.assert_allclose(info.displacement, RADIUS * CURVATURES * START, rtol=1e-5)
    _, info = side.step(jax.random.key(0), state)
    uphill = START + RADIUS * CURVATURES * START
    np.testing.assert_allclose(state.position + info.displacement, START - RATE * CURVATURES * uphill, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_line_search_is_given_the_loss(wrapped: bool) -> None:
    """L-BFGS's step length is searched for on U: no step raises it, and 8 come to where those of descent do not."""
    search = optax.chain(optax.lbfgs(), optax.scale(1.0)) if wrapped else optax.lbfgs()
    data = corr.run(
        corr.from_optax(bowl, search), START, steps=8, record_at=range(1, 9), trajectories=2, key=corr.root_key(0),
        progress=False,
    )  # fmt: skip
    losses = data.loss.values[0]
    assert (np.diff(losses) < 0).all()
    plain = corr.run(
        corr.descent(bowl, learning_rate=0.5), START, steps=8, record_at=[8], trajectories=2, key=corr.root_key(0),
        progress=False,
    )  # fmt: skip
    assert losses[-1] < 1e-3 * plain.loss.values[0, -1]
