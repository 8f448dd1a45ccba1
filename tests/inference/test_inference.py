"""The tests are tested: unbiased under the null, uniform p-values, power where it is promised."""

import numpy as np
import pytest
from scipy import stats

from corr import inference

REPEATS = 300


def ensembles(rng: np.random.Generator, n_a: int = 12, n_b: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Two ensembles of one law, 90 % of its variance in one direction, correlated in time."""

    def draw(count: int) -> np.ndarray:
        shape = np.linspace(1.0, 2.0, 6)
        scale = 3.0 / np.linalg.norm(shape)
        common = rng.normal(size=(count, 4, 1)).cumsum(axis=1) * shape * scale
        return common + rng.normal(size=(count, 4, 6)).cumsum(axis=1) / np.sqrt(6)

    return draw(n_a), draw(n_b)


def test_unbiased_delta_has_mean_zero_and_delta_has_not() -> None:
    rng = np.random.default_rng(1)
    values = []
    for _ in range(REPEATS):
        a, b = ensembles(rng)
        plain = inference.delta(a.mean(0), b.mean(0))
        unbiased = inference.unbiased_delta(a, b)
        np.testing.assert_allclose(plain - inference.sampling_noise(a, b), unbiased, rtol=1e-9)
        values.append((unbiased[-1], plain[-1]))
    mean, error = np.mean(values, axis=0), np.std(values, axis=0) / np.sqrt(REPEATS)
    assert abs(mean[0]) < 4 * error[0]
    assert mean[1] > 4 * error[1]


def test_statistic_of_the_permutation_test_is_the_unbiased_delta() -> None:
    a, b = ensembles(np.random.default_rng(2))
    result = inference.permutation_test(a, b, seed=0, permutations=99)
    np.testing.assert_allclose(result.statistic, inference.unbiased_delta(a, b), rtol=1e-9)
    flipped = inference.sign_flip_test(a, b.mean(0), seed=0, resamples=99)
    np.testing.assert_allclose(flipped.statistic, inference.unbiased_delta(a, b.mean(0)), rtol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["permutation", "maximum", "sign flip", "loss"])
def test_p_values_are_not_too_small_under_the_null(kind: str) -> None:
    rng = np.random.default_rng(3)
    values = []
    for repeat in range(REPEATS):
        a, b = ensembles(rng)
        if kind == "sign flip":
            values.append(inference.sign_flip_test(a, np.zeros((4, 6)), seed=repeat, resamples=99).maximum_p)
        elif kind == "loss":
            values.append(inference.loss_test(a[..., 0], b[..., 0], seed=repeat, resamples=99).maximum_p)
        else:
            result = inference.permutation_test(a, b, seed=repeat, permutations=99)
            values.append(result.maximum_p if kind == "maximum" else result.p_value[2])
    for level in (0.05, 0.1, 0.2):
        spread = 4 * np.sqrt(level * (1 - level) / REPEATS)
        assert np.mean(np.array(values) <= level) < level + spread
        assert np.mean(np.square(values) <= level) > level + spread, "too small p-values must be noticed"


@pytest.mark.slow
@pytest.mark.parametrize("one_sample", [False, True])
def test_detectable_deviation_is_detected_as_often_as_promised(one_sample: bool) -> None:
    """A shift of the promised size along the leading direction, over many data sets: power 0.8."""
    rng = np.random.default_rng(4)
    shape = np.linspace(1.0, 2.0, 6)
    direction = np.sqrt(6) * shape / np.linalg.norm(shape)

    def test(a: np.ndarray, b: np.ndarray, seed: int) -> inference.PathResult:
        if one_sample:
            return inference.sign_flip_test(a, np.zeros((4, 6)), seed=seed, resamples=299)
        return inference.permutation_test(a, b, seed=seed, permutations=299)

    seen = []
    for repeat in range(REPEATS):
        promised = test(*ensembles(rng, 30, 30), seed=repeat).detectable[2]
        a, b = ensembles(rng, 30, 30)
        seen.append(
            [test(a + np.sqrt(size * promised) * direction, b, repeat).p_value[2] <= 0.05 for size in (1.0, 0.25)]
        )
    share, spread = np.mean(seen, axis=0), 4 * np.sqrt(0.8 * 0.2 / REPEATS)
    assert abs(share[0] - 0.8) < spread
    assert share[1] < 0.8 - spread, "half the shift must be detected less often"


def test_jackknife_error_is_the_scatter_of_the_estimate() -> None:
    rng = np.random.default_rng(5)
    shift = np.full(6, 3.0)
    estimates, errors = [], []
    for _ in range(REPEATS):
        a, b = ensembles(rng)
        estimates.append(inference.unbiased_delta(a + shift, b)[1])
        errors.append(inference.delta_standard_error(a + shift, b)[1])
    ratio = np.sqrt(np.mean(np.square(errors))) / np.std(estimates)
    bias = 1 / 12  # of the jackknife, of order 1/n with the smaller n
    assert abs(ratio - 1) < 4 * np.sqrt(1 / (2 * REPEATS)) + bias


def test_travelled() -> None:
    assert inference.travelled(np.array([[0.0, 0.0], [1.0, 3.0]])).tolist() == [0.0, 5.0]


def good() -> tuple[np.ndarray, np.ndarray]:
    return ensembles(np.random.default_rng(0))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda a, b: (a[:1], b), "at least 2"),
        (lambda a, b: (a[[0, 1, 1]], b), "repeats 1 of its trajectories"),
        (lambda a, b: (a, np.where(b > 3, np.nan, b)), "not finite"),
        (lambda a, b: (a[:, :3], b), "differ in"),
        (lambda a, b: (a[..., :2], b), "differ in"),
        (lambda a, b: (a[0], b), "dimensions"),
    ],
)
def test_bad_ensembles(spoil, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inference.permutation_test(*spoil(*good()), seed=0, permutations=9)


def test_losses_of_one_law_are_rarely_told_apart_where_it_is_skewed() -> None:
    """χ² of one degree of freedom, 8 runs: within the level and 4 standard errors, which Student's t is not."""
    values = np.random.default_rng(6).chisquare(1, (8, 500)) - 1
    allowed = 0.05 + 4 * np.sqrt(0.05 * 0.95 / 500)
    found = inference.loss_test(values, np.zeros(500), seed=0, resamples=199)
    assert np.mean(found.p_value <= 0.05) < allowed
    assert np.mean(stats.ttest_1samp(values, 0).pvalue <= 0.05) > allowed
