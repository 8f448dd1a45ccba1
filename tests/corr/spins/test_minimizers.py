"""Descents on spheres reach the helices' closed energies."""

from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corr import Dynamics, State
from corr.spins import (
    Magnet,
    conjugate_gradient,
    helix,
    helix_energy,
    lbfgs,
    normalized,
    p_descent,
    projected_descent,
)

Direction = Literal["100", "110"]
CASES: list[tuple[Magnet, Direction]] = [
    (Magnet((6, 6), chirality=6**0.5), "110"),
    (Magnet((10, 4), chirality=float(np.tan(2 * np.pi / 10))), "100"),
]


def disturbed(magnet: Magnet, direction: Direction) -> jax.Array:
    """A helix with noise on every component."""
    spins = helix(magnet, direction)
    return normalized(spins + 0.3 * jax.random.normal(jax.random.key(0), spins.shape, spins.dtype))


def run(side: Dynamics, spins: jax.Array, steps: int) -> State:
    """The state after so many steps."""
    keys = jax.random.split(jax.random.key(1), steps)
    return jax.lax.scan(lambda state, key: (side.step(key, state)[0], None), side.init(spins), keys)[0]


@pytest.mark.parametrize(("magnet", "direction"), [CASES[0], pytest.param(*CASES[1], marks=pytest.mark.slow)])
@pytest.mark.usefixtures("x64")
def test_conjugate_gradient_and_lbfgs_reach_the_helix(magnet: Magnet, direction: Direction) -> None:
    """To 1e-10 a site; as many steps of projected descent come less far, and a uniform start, at rest, stays."""
    start, closed = disturbed(magnet, direction), helix_energy(magnet, direction)
    far = {
        name: float(run(side, start, 60).loss) / magnet.sites - closed
        for name, side in {
            "cg": conjugate_gradient(magnet),
            "lbfgs": lbfgs(magnet),
            "plain": projected_descent(magnet, learning_rate=0.02),
        }.items()
    }
    assert abs(far["cg"]) < 1e-10 and abs(far["lbfgs"]) < 1e-10, far
    assert far["plain"] > 1e-10, far
    up = jnp.zeros_like(start).at[2].set(1.0)
    assert float(run(conjugate_gradient(magnet), up, 5).loss) / magnet.sites == pytest.approx(-2)


@pytest.mark.slow
@pytest.mark.parametrize(("magnet", "direction"), CASES)
@pytest.mark.usefixtures("x64")
def test_projected_descent_and_p_gd_reach_the_helix(magnet: Magnet, direction: Direction) -> None:
    start, closed = disturbed(magnet, direction), helix_energy(magnet, direction)
    for side in (
        projected_descent(magnet, learning_rate=0.1),
        p_descent(magnet, "chance", p=0.5),
        p_descent(magnet, "fraction", p=0.5),
        p_descent(magnet, "power", p=0.9, learning_rate=0.05),
    ):
        ended = run(side, start, 600)
        assert abs(float(ended.loss) / magnet.sites - closed) < 1e-6, side.facts
        np.testing.assert_allclose(jnp.sum(ended.position**2, axis=0), 1, atol=1e-12)


def test_a_step_of_each_reading() -> None:
    """One spin along x, field along z: turned onto it, half way there, or by the power of the force."""
    magnet = Magnet((1, 1), exchange=0.0, field=0.25, edges="open")
    start = jnp.zeros((3, 1, 1)).at[0].set(1.0)
    for side, tangent in (
        (p_descent(magnet, "chance", p=1.0), np.inf),
        (p_descent(magnet, "fraction", p=0.25), 1 / 3),
        (p_descent(magnet, "power", p=0.5, learning_rate=0.1), 0.05),
        (projected_descent(magnet, learning_rate=0.1), 0.025),
    ):
        x, _, z = side.step(jax.random.key(0), side.init(start))[0].position.ravel()
        assert float(np.arctan2(z, x)) == pytest.approx(float(np.arctan(tangent)), abs=1e-6)


@pytest.mark.usefixtures("x64")
def test_conjugate_gradient_never_goes_up() -> None:
    magnet = Magnet((6, 6), chirality=1.0, field=0.5, easy_axis=-0.3, edges="open")
    side = conjugate_gradient(magnet)
    start = normalized(jax.random.normal(jax.random.key(2), (3, 6, 6), float))

    def body(state: State, key: jax.Array) -> tuple[State, tuple[jax.Array, ...]]:
        now, info = side.step(key, state)
        return now, (info.loss_change, now.loss - state.loss)

    told, found = jax.lax.scan(body, side.init(start), jax.random.split(jax.random.key(0), 40))[1]
    assert float(told.max()) <= 0 and float(told[0]) < 0
    np.testing.assert_allclose(told, found, atol=1e-11)


def test_what_is_refused() -> None:
    magnet = Magnet((2, 2))
    with pytest.raises(ValueError, match="at most 1"):
        p_descent(magnet, "fraction", p=1.5)
    with pytest.raises(ValueError, match="must be one of chance, fraction, power, got 'other'"):
        p_descent(magnet, "other", p=0.5)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="learning_rate must be positive"):
        projected_descent(magnet, learning_rate=-0.1)
    for side in (conjugate_gradient(magnet), projected_descent(magnet, learning_rate=0.1)):
        with pytest.raises(ValueError, match="length 1"):
            side.init(jnp.ones((3, 2, 2)))
