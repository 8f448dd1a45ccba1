"""Levels on skewed laws: χ² of one degree of freedom in the losses or the leading direction, few and unequal sizes.

Five hundred experiments stand in the place of times, as independent columns. The COMPARED rates are held to the level
and K standard errors, K such that a method at the level fails any of them with a probability of 1 % at most
(Bonferroni); the methods known to be wrong must exceed that.
"""

import numpy as np
import pytest
from scipy import stats

from corr import inference

pytestmark = pytest.mark.slow
REPEATS, LEVEL = 500, 0.05
SIZES = [(8, None, 1), (24, None, 1), (50, None, 1), (100, None, 1), (8, 8, 1), (8, 24, 3), (24, 200, 1), (24, 200, 3)]
CASES = pytest.mark.parametrize(("n", "other", "wider"), SIZES)
# One of losses and six of equivalence for each of the sizes, and three joint ones.
COMPARED = 7 * len(SIZES) + 3
K = stats.norm.isf(0.01 / COMPARED)
ALLOWED = LEVEL + K * np.sqrt(LEVEL * (1 - LEVEL) / REPEATS)


def sides(n: int, other: int | None, wider: int) -> tuple[np.ndarray, np.ndarray]:
    """χ² - 1 in n trajectories, ``wider`` times as wide, beside as many others of that mean or beside the mean."""
    rng = np.random.default_rng([n, other or 0, wider])
    a = wider * (rng.chisquare(1, (n, REPEATS)) - 1)
    return a, np.zeros(REPEATS) if other is None else rng.chisquare(1, (other, REPEATS)) - 1


def error(n: int, other: int | None, wider: int) -> float:
    return float(np.sqrt(2 * wider**2 / n + (0 if other is None else 2 / other)))


@CASES
def test_equal_mean_losses_are_rarely_told_apart(n: int, other: int | None, wider: int) -> None:
    a, b = sides(n, other, wider)
    found = inference.loss_test(a, b, seed=0, resamples=499)
    shifted = inference.loss_test(a + 6 * error(n, other, wider), b, seed=0, resamples=499)
    rate, power = np.mean(found.p_value <= LEVEL), np.mean(shifted.p_value <= LEVEL)
    print(f"loss_test {n}, {other}, spread {wider}: rejected {rate:.3f}, 6 standard errors apart {power:.3f}")
    assert rate < ALLOWED
    assert power > (0.5 if n == 8 else 0.9)


@pytest.mark.parametrize("n", [8, 24])
def test_plain_students_t_tells_equal_mean_losses_apart_too_often(n: int) -> None:
    """The twin of the test above."""
    a = sides(n, None, 1)[0]
    t = a.mean(axis=0) / stats.sem(a)
    assert np.mean(2 * stats.t.sf(np.abs(t), n - 1) <= LEVEL) > ALLOWED


@CASES
@pytest.mark.parametrize("way", [1, -1])
def test_equivalence_is_rarely_claimed_at_the_edge(n: int, other: int | None, wider: int, way: int) -> None:
    """Of losses, and of weights whose leading direction they are, with three more of a tenth of the spread."""
    a, b = sides(n, other, wider)
    edge = 6 * error(n, other, wider)
    rest = 0.1 * np.random.default_rng(n).normal(size=(n, REPEATS, 3))
    paths = np.concatenate([(a + way * edge)[..., None], rest], axis=2)
    others = np.concatenate([b[..., None], np.zeros((*b.shape, 3))], axis=-1)
    mean = inference.mean_equivalence(paths, others, np.full(REPEATS, edge**2 / 4), seed=0, resamples=499)
    loss = inference.loss_equivalence(a + way * edge, b, np.full(REPEATS, edge))
    rates = mean.equivalent.mean(), loss.equivalent.mean(), np.mean(mean.lower > edge**2 / 4)
    print(f"equivalence {n}, {other}, spread {wider}, bias {way:+d}: weights, loss, beyond {np.round(rates, 3)}")
    assert max(rates) < ALLOWED
    if way == -1 and n == 24:
        assert np.mean(mean.lower > 0) > 0.5, "6 standard errors are seen"
        quantile = stats.t.isf(LEVEL, n - 1)
        plain = mean.estimate - quantile * inference.delta_standard_error(paths, others) > edge**2 / 4
        assert np.mean(plain) > ALLOWED, "the jackknife's bound claims too often"
    if way == 1 and other is None and n <= 24:
        t = ((a + edge).mean(axis=0) - edge - edge) / stats.sem(a)
        plain = np.mean(stats.t.cdf(t + edge / stats.sem(a), n - 1) <= LEVEL)
        assert plain > ALLOWED, "plain t claims too often"


@pytest.mark.parametrize("n", [8, 24, 50])
def test_joint_level_over_correlated_times(n: int) -> None:
    """Squares of a slowly moving coordinate at 8 times, all together, 200 experiments; their sign flips alone fail."""
    rng, repeats, steps = np.random.default_rng(n), 200, np.arange(8)
    root = np.linalg.cholesky(0.9 ** np.abs(steps[:, None] - steps[None]))
    found = []
    for repeat in range(repeats):
        losses = (rng.normal(size=(n, 8)) @ root.T) ** 2
        found.append(inference.loss_test(losses, np.ones(8), seed=repeat, resamples=199).maximum_p <= LEVEL)
    print(f"8 times together, n = {n}: rejected {np.mean(found):.3f}")
    assert np.mean(found) < LEVEL + K * np.sqrt(LEVEL * (1 - LEVEL) / repeats)
