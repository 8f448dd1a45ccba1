"""Mutations of low rank: draws, their spectral map and a control of full rank, shared seeds, two-point estimates."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import proposals
from theory import low_rank
from theory import proposals as theory

K = 4.0
VALUES = np.array([1.0, 0.5, 0.2, 0.05])
ROWS, COLUMNS = 6, 4
LEFT = np.linalg.qr(np.random.default_rng(0).normal(size=(ROWS, COLUMNS)))[0]
RIGHT = np.linalg.qr(np.random.default_rng(1).normal(size=(COLUMNS, COLUMNS)))[0]
SLOPE = LEFT @ np.diag(VALUES) @ RIGHT.T


def drift(law: proposals.Proposal, slope: np.ndarray, draws: int = 200_000) -> np.ndarray:
    """Displacements of one step at β = ∞ on this slope, (draws, N)."""
    matrix = jnp.asarray(slope, jnp.float32)
    walk = corr.mutation(lambda x: jnp.sum(matrix * x), proposal=law)
    points = {"slope": jnp.zeros(slope.shape)}
    found = corr.atlas.displacements(walk, points, draws=draws, key=corr.root_key(0), progress=False)
    return found["slope"].samples


@pytest.mark.parametrize("rank", [1, *(pytest.param(rank, marks=pytest.mark.slow) for rank in (2, 4))])
def test_the_drift_is_the_spectral_map_and_not_the_gradient(rank: int) -> None:
    moves = drift(proposals.low_rank(1.0, rank), SLOPE).reshape(-1, ROWS, COLUMNS)
    turned = np.einsum("nij,ia,jb->nab", moves, LEFT, RIGHT)
    value, error = turned.mean(axis=0), turned.std(axis=0, ddof=1) / math.sqrt(len(moves))
    law = -np.diag(low_rank.spectral_map(VALUES, rank)) / math.sqrt(2 * math.pi)
    assert (np.abs(value - law) / error).max() < K, "off the diagonal nothing"
    straight = -VALUES / np.linalg.norm(VALUES) / math.sqrt(2 * math.pi)
    assert (np.abs(np.diag(value) - straight) / np.diag(error)).max() > K


@pytest.mark.slow
def test_full_rank_is_the_gradients_drift() -> None:
    moves = drift(proposals.normal(1.0), SLOPE).reshape(-1, ROWS, COLUMNS)
    along = np.einsum("nij,ia,ja->na", moves, LEFT, RIGHT)
    value, error = along.mean(axis=0), along.std(axis=0, ddof=1) / math.sqrt(len(moves))
    straight = -VALUES / np.linalg.norm(VALUES) / math.sqrt(2 * math.pi)
    assert (np.abs(value - straight) / error).max() < K
    assert (np.abs(value + low_rank.spectral_map(VALUES, 1) / math.sqrt(2 * math.pi)) / error).max() > K
    # Relative differences from G/‖G‖ fall as 1/r.
    np.testing.assert_allclose(low_rank.spectral_map(VALUES, 10**5), VALUES / np.linalg.norm(VALUES), rtol=1e-4)


def test_the_map_is_its_mean_over_chi_squares() -> None:
    drawn = np.random.default_rng(2).chisquare(3, size=(400_000, len(VALUES)))
    samples = VALUES * drawn / np.sqrt(3 * (drawn @ VALUES**2))[:, None]
    error = samples.std(axis=0, ddof=1) / math.sqrt(len(samples))
    assert (np.abs(samples.mean(axis=0) - low_rank.spectral_map(VALUES, 3)) / error).max() < K
    assert (np.abs(samples.mean(axis=0) - low_rank.spectral_map(VALUES, 2)) / error).max() > K


def test_low_rank_draws_have_unit_covariance_and_their_rank() -> None:
    law = proposals.low_rank(0.5, 2)
    params = {"w": jnp.zeros((4, 3)), "b": jnp.zeros(2)}
    drawn = jax.vmap(lambda key: law.draw(key, params))(jax.random.split(jax.random.key(3), 40_000))
    flat = np.concatenate([np.asarray(drawn["w"]).reshape(-1, 12), np.asarray(drawn["b"])], axis=1)
    squares = flat[:, :, None] * flat[:, None, :]
    error = squares.std(axis=0, ddof=1) / math.sqrt(len(flat))
    assert (np.abs(squares.mean(axis=0) - 0.25 * np.eye(14)) / error).max() < K + 1
    assert np.linalg.matrix_rank(np.asarray(drawn["w"][0]), tol=1e-4) == 2


@pytest.mark.slow
def test_one_seed_for_all_tensors_turns_the_drift() -> None:
    """-C g/√(2π gᵀCg), C of ones between components of one number; the gradient's drift is told from it."""
    slope = {"a": jnp.array([1.0, -0.5, 0.3]), "b": jnp.array([-0.8, 0.2])}
    walk = corr.mutation(
        lambda x: sum(jnp.sum(slope[name] * x[name]) for name in slope), proposal=proposals.same_seed(1.0)
    )
    points = {"slope": jax.tree.map(jnp.zeros_like, slope)}
    moves = corr.atlas.displacements(walk, points, draws=200_000, key=corr.root_key(1), progress=False)["slope"].samples
    gradient = np.concatenate([np.asarray(slope[name]) for name in slope])
    covariance = np.eye(5)
    covariance[[0, 1, 3, 4], [3, 4, 0, 1]] = 1
    laws = [theory.covariance_drift(jnp.asarray(gradient), jnp.asarray(one), beta=math.inf)
            for one in (covariance.astype(np.float32), np.eye(5, dtype=np.float32))]  # fmt: skip
    value, error = moves.mean(axis=0), moves.std(axis=0, ddof=1) / math.sqrt(len(moves))
    right, wrong = ((np.abs(value - np.asarray(law)) / error).max() for law in laws)
    assert right < K < wrong


@pytest.mark.parametrize("samples", [1, 4])
def test_two_point_estimates_lower_a_quadratic_up_to_the_largest_step(samples: int) -> None:
    random = np.random.default_rng(3)
    hessian, gradient = np.diag([1.0, 2.0, 5.0, 0.5]), np.array([0.3, -1.0, 0.2, 0.4])
    directions = random.normal(size=(200_000, samples, 4))
    steps = np.einsum("rsi,rs->ri", directions, directions @ gradient) / samples
    for factor, sign in ((0.9, -1), (1.1, 1)):
        move = -factor * low_rank.largest_step(gradient, hessian, samples) * steps
        change = move @ gradient + np.einsum("ri,ij,rj->r", move, hessian, move) / 2
        assert sign * change.mean() > K * change.std(ddof=1) / math.sqrt(len(change))
    assert low_rank.largest_step(gradient, -hessian, samples) == math.inf


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda: proposals.low_rank(0.1, 5).draw(jax.random.key(0), jnp.zeros((4, 8))),
            "rank 5 is above the smaller side",
        ),
        (lambda: proposals.low_rank(0.1, 0), "rank must be at least 1"),
        (lambda: proposals.low_rank(0.0, 1), "std must be"),
        (lambda: low_rank.spectral_map(np.zeros(3), 1), "not all zero"),
        (lambda: low_rank.spectral_map(np.ones(3), 0), "rank must be a whole number of at least 1"),
        (lambda: low_rank.largest_step(np.ones(2), np.eye(2), 0), "samples must be a whole number"),
    ],
)
def test_what_is_out_of_range_is_refused(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()
