"""Metropolis on spins: stationary laws against quadrature, drift of small moves, bookkeeping, what is refused."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import Dynamics
from corr.spins import (
    Magnet,
    Move,
    all_at_once,
    cone_move,
    energy,
    gaussian_move,
    normalized,
    published_stages,
    staged,
    sweeps,
)

MOVES = [gaussian_move(0.8), cone_move(1.2)]
BETA, WRONG = 2.0, 2.6
LATE = pytest.mark.slow


def run(side: Dynamics, spins: jax.Array, steps: int, key: int) -> jax.Array:
    """Spins after so many steps."""
    keys = jax.random.split(jax.random.key(key), steps)
    return jax.lax.scan(lambda state, one: (side.step(one, state)[0], None), side.init(spins), keys)[0].position


def scattered(key: int, *shape: int) -> jax.Array:
    """Spins uniform on the sphere."""
    return normalized(jax.random.normal(jax.random.key(key), (3, *shape)))


def errors(samples: jax.Array, expected: float) -> float:
    """Standard errors between the mean of independent samples and a number."""
    found = np.asarray(samples, np.float64).ravel()
    return abs(found.mean() - expected) / (found.std(ddof=1) / math.sqrt(found.size))


def one_spin(beta: float, field: float, easy_axis: float) -> tuple[float, float]:
    """Means of S_z and S_z² by quadrature."""
    z, weight = np.polynomial.legendre.leggauss(64)
    weight = weight * np.exp(beta * (field * z + easy_axis * z**2))
    return float(weight @ z / weight.sum()), float(weight @ z**2 / weight.sum())


def test_the_quadrature_is_langevins_function() -> None:
    assert one_spin(BETA, 1.0, 0.0)[0] == pytest.approx(1 / math.tanh(2) - 1 / 2, abs=1e-14)


@pytest.mark.parametrize(
    ("move", "easy_axis"),
    [
        (MOVES[0], 0.6),
        (MOVES[1], 0.0),
        pytest.param(MOVES[0], 0.0, marks=LATE),
        pytest.param(MOVES[1], 0.6, marks=LATE),
    ],
)
def test_one_spin_in_a_field(move: Move, easy_axis: float) -> None:
    """4096 spins without bonds are 4096 chains; another temperature is refused."""
    magnet = Magnet((64, 64), exchange=0.0, field=1.0, easy_axis=easy_axis)
    z = run(sweeps(magnet, move, beta=BETA), scattered(1, 64, 64), 60, key=2)[2]
    first, second = one_spin(BETA, 1.0, easy_axis)
    assert errors(z, first) < 4 and errors(z**2, second) < 4
    assert errors(z, one_spin(WRONG, 1.0, easy_axis)[0]) > 4


def test_a_field_of_the_walk_takes_the_place_of_the_magnets() -> None:
    magnet = Magnet((64, 64), exchange=0.0, field=-3.0)
    side = sweeps(magnet, MOVES[0], beta=lambda sweep: BETA, field=lambda sweep: 1.0)
    z = run(side, scattered(1, 64, 64), 60, key=3)[2]
    assert errors(z, one_spin(BETA, 1.0, 0.0)[0]) < 4 and errors(z, one_spin(BETA, -3.0, 0.0)[0]) > 4


def two_spins(magnet: Magnet, beta: float) -> float:
    """Mean energy of two spins by quadrature over both spheres."""
    z, weight = np.polynomial.legendre.leggauss(16)
    turn = np.arange(16) * 2 * np.pi / 16
    level, angle = (one.ravel() for one in np.meshgrid(z, turn, indexing="ij"))
    points = np.stack([np.sqrt(1 - level**2) * np.cos(angle), np.sqrt(1 - level**2) * np.sin(angle), level])
    mass = np.repeat(weight, 16)
    cross = np.outer(points[1], points[2]) - np.outer(points[2], points[1])
    levels = points[2] * magnet.field
    energies = -magnet.exchange * points.T @ points - magnet.chirality * cross - levels[:, None] - levels[None]
    chance = np.outer(mass, mass) * np.exp(-beta * energies)
    return float((chance * energies).sum() / chance.sum())


@pytest.mark.parametrize(
    ("move", "together"),
    [
        (MOVES[0], True),
        pytest.param(MOVES[1], True, marks=LATE),
        *[pytest.param(one, False, marks=LATE) for one in MOVES],
    ],
)
def test_two_spins(move: Move, together: bool) -> None:
    """One at a time and both at once have one stationary law; another temperature has another."""
    magnet = Magnet((2, 1), exchange=1.0, chirality=0.7, field=0.5, edges="open")
    side = all_at_once(magnet, move, beta=1.0) if together else sweeps(magnet, move, beta=1.0)
    starts = jnp.moveaxis(scattered(4, 2, 1, 8192), -1, 0)
    ends = jax.vmap(lambda spins, key: run(side, spins, 80, key))(starts, jnp.arange(8192))
    found = jax.vmap(energy(magnet))(ends)
    assert errors(found, two_spins(magnet, 1.0)) < 4
    assert errors(found, two_spins(magnet, 1.2)) > 4


SIZE, LATTICE = 0.02, 2048


@LATE
@pytest.mark.parametrize("beta", [0.5, math.inf])
def test_drift_of_small_moves(beta: float) -> None:
    """Spins along x in a field along z: (βσ²/2) h_⊥ - σ² S, at β = ∞ σ ĥ_⊥/√(2π) - (σ²/2) S; each refuses the other.

    βσh = 0.01 rejects a little; S's coefficient is smaller by 3βσh/(2√(2π)), the next order of the same expansion.
    """
    magnet = Magnet((LATTICE, LATTICE), exchange=0.0, field=1.0)
    side = sweeps(magnet, gaussian_move(SIZE), beta=beta)
    start = jnp.zeros((3, LATTICE, LATTICE)).at[0].set(1.0)
    state = jax.jit(side.init)(start)
    shift = jax.jit(side.step)(jax.random.key(5), state)[1].displacement
    warm = (-(SIZE**2) * (1 - 1.5 * 0.5 * SIZE / math.sqrt(2 * math.pi)), 0.0, 0.5 * SIZE**2 / 2)
    cold = (-(SIZE**2) / 2, 0.0, SIZE / math.sqrt(2 * math.pi))
    law, other = (cold, warm) if math.isinf(beta) else (warm, cold)
    assert all(errors(found, wanted) < 4 for found, wanted in zip(shift, law, strict=True))
    assert errors(shift[0], other[0]) > 4 and errors(shift[2], other[2]) > 4
    assert errors(shift[2], 0.0) > 4


def test_cones_are_kept() -> None:
    spins = scattered(6, 64, 64)
    new = cone_move(0.3).draw(jax.random.key(0), spins)
    cosine = jnp.sum(spins * new, axis=0)
    assert float(cosine.min()) > math.cos(0.3) - 1e-6
    assert errors(cosine, (1 + math.cos(0.3)) / 2) < 4 and errors(cosine, math.cos(0.15)) > 4


def test_the_energy_is_kept_along_the_walk() -> None:
    magnet = Magnet((4, 6), chirality=0.7, field=0.3, easy_axis=0.2)
    stages = staged([2.0, 0.5], [1.0, 0.0], sweeps=2)
    side = sweeps(magnet, gaussian_move(0.5), beta=stages.beta, field=stages.field)
    state, step = side.init(scattered(7, 4, 6)), jax.jit(side.step)
    for number in range(5):
        before = state
        state, info = step(jax.random.key(number), state)
        assert float(state.loss) == pytest.approx(float(side.refresh(state).loss), abs=2e-5)
        assert float(info.loss_change) == pytest.approx(float(state.loss - before.loss), abs=1e-5)
    np.testing.assert_allclose(jnp.sum(state.position**2, axis=0), 1, atol=1e-6)


@LATE
def test_a_run_takes_sweeps_and_refuses_other_lengths() -> None:
    side, up = sweeps(Magnet((4, 4)), gaussian_move(0.3), beta=2.0), jnp.zeros((3, 4, 4)).at[2].set(1.0)
    data = corr.run(side, up, key=corr.root_key(0), trajectories=2, steps=4, progress=False)
    assert float(data.loss.values[:, -1].min()) > -32
    with pytest.raises(ValueError, match=r"length 1, got one of 2\.0: use corr\.spins\.normalized"):
        corr.run(side, 2 * up, key=corr.root_key(0), trajectories=2, steps=4, progress=False)


def test_published_stages() -> None:
    stages = published_stages(sweeps=10)
    assert stages.sweeps == 410
    told = [(1 / float(stages.beta(sweep)), float(stages.field(sweep))) for sweep in (0, 9, 10, 89, 90, 409, 10**6)]
    wanted = [(1.5, 0.16), (1.5, 0.16), (1.4, 0.16), (0.7, 0.16), (0.7, 0.155), (0.7, 0.0), (0.7, 0.0)]
    np.testing.assert_allclose(told, wanted, atol=1e-6)


def test_what_is_refused() -> None:
    move = gaussian_move(0.1)
    with pytest.raises(ValueError, match=r"needs even sizes, got \(4, 5\): take 6 for 5"):
        sweeps(Magnet((4, 5)), move)
    sweeps(Magnet((4, 5), edges="open"), move)
    with pytest.raises(ValueError, match="beta must be positive at every step"):
        sweeps(Magnet((4, 4)), move, beta=lambda sweep: 3.0 - sweep.astype(float))
    with pytest.raises(ValueError, match="beta must lie in"):
        sweeps(Magnet((4, 4)), move, beta=-1.0)
    with pytest.raises(ValueError, match="every temperature must be positive"):
        staged([1.0, -0.5], [0.0, 0.0], sweeps=1)
    with pytest.raises(ValueError, match="got 2 and 1"):
        staged([1.0, 0.5], [0.0], sweeps=1)
    with pytest.raises(ValueError, match="must be positive"):
        gaussian_move(0.0)
    with pytest.raises(ValueError, match="at most pi"):
        cone_move(4.0)
    for side in (sweeps(Magnet((2, 2)), move), all_at_once(Magnet((2, 2)), move)):
        with pytest.raises(ValueError, match="length 1"):
            side.init(jnp.ones((3, 2, 2)))
