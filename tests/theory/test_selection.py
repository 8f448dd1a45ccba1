"""Selection among replicas at the noise floor: Σ, the best and the average by draws, known laws, bad numbers."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, special

from theory import selection

K = 4.0
RANDOM = np.random.default_rng(0)
TURN = np.linalg.qr(RANDOM.normal(size=(6, 6)))[0]
HESSIAN = TURN @ np.diag([0.3, 0.5, 1.0, 2.0, 3.0, 4.0]) @ TURN.T
MIXED = RANDOM.normal(size=(6, 6))
NOISE, RATE, COUNT = MIXED @ MIXED.T, 0.3, 8


def replicas(draws: int) -> np.ndarray:
    """Weights after 120 steps of SGD, (draws, COUNT, 6): the softest direction keeps e^-22 of its start."""
    random, x = np.random.default_rng(1), np.zeros((draws * COUNT, 6))
    for _ in range(120):
        x = x - RATE * (x @ HESSIAN + random.normal(size=x.shape) @ MIXED.T)
    return x.reshape(draws, COUNT, 6)


def test_the_best_and_the_average_of_replicas_have_their_shares() -> None:
    x = replicas(2500)
    floor = selection.noise_floor(HESSIAN, NOISE, RATE)
    mean = np.trace(HESSIAN @ floor) / 2
    loss = lambda at: np.einsum("...i,ij,...j", at, HESSIAN, at) / (2 * mean)  # noqa: E731
    directions = selection.effective_directions(HESSIAN, floor)
    left = loss(x[:, 0]), loss(x).min(axis=1), loss(x.mean(axis=1)), (loss(x[:, 0]) - 1) ** 2
    known = 1.0, 1 - selection.best_share(COUNT, HESSIAN, floor), 1 / COUNT, 2 / directions
    # Wrong: no discretization of time; normal losses; 1/√P; all six directions alike.
    lyapunov = np.trace(RATE * NOISE) / 4 / mean
    wrong = lyapunov, 1 - selection.normal_share(COUNT, directions), COUNT**-0.5, 2 / 6
    for values, right, other in zip(left, known, wrong, strict=True):
        error = values.std(ddof=1) / math.sqrt(len(values))
        assert abs(values.mean() - right) < K * error < abs(values.mean() - other), (right, other)


@pytest.mark.parametrize("size", [2, 3, 10, 200])
@pytest.mark.parametrize("count", [1, 3, 16])
def test_equal_directions_are_gamma_variables(size: int, count: int) -> None:
    shape = size / 2
    above = lambda x: special.gammaincc(shape, shape * x) ** count  # noqa: E731
    known = 1 - integrate.quad(above, 0, 1 + 40 / shape + 40 / math.sqrt(shape), limit=500)[0]
    alike = 3.0 * np.eye(size)
    assert selection.effective_directions(alike, alike) == pytest.approx(size)
    assert selection.best_share(count, alike, alike) == pytest.approx(known, abs=1e-5)


def test_losses_of_many_directions_are_normal() -> None:
    alike = np.eye(400)
    shares = selection.best_share(16, alike, alike), selection.normal_share(16, 400.0)
    assert shares[0] == pytest.approx(shares[1], rel=0.06) and shares[0] < shares[1]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: selection.noise_floor(np.eye(2), np.eye(2), 2.0), r"must lie in \(0, 2\), got 2.0"),
        (lambda: selection.noise_floor(-np.eye(2), np.eye(2), 0.1), r"must lie in \(0, 2\), got 0.1"),
        (lambda: selection.best_share(0, np.eye(2), np.eye(2)), "count must be a whole number of at least 1"),
        (lambda: selection.normal_share(2, 0.0), "directions must be positive, got 0.0"),
    ],
)
def test_what_makes_no_sense_is_refused(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()
