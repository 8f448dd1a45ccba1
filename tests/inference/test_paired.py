"""Paired ensembles: the test sees what unpaired ones cannot, the gain is a ratio of variances; no pairs, no test."""

import numpy as np
import pytest

from corr import inference

K = 4.0


def pairs(rng: np.random.Generator, count: int, shift: float = 0.0, common: float = 5.0) -> tuple[np.ndarray, ...]:
    """Common noise of size 5 at 3 times and 6 parameters, and own noise of size 1 on each side."""
    noise = common * rng.normal(size=(count, 3, 6))
    return noise + rng.normal(size=noise.shape) + shift, noise + rng.normal(size=noise.shape)


def test_paired_test_sees_what_the_unpaired_does_not() -> None:
    a, b = pairs(np.random.default_rng(0), 24, shift=1.0)
    paired = inference.paired_test(a, b, seed=0)
    unpaired = inference.permutation_test(a, b, seed=0)
    assert paired.maximum_p < 0.01 < 0.05 < unpaired.maximum_p
    assert np.all(paired.detectable < unpaired.detectable / 4)
    shuffled = np.random.default_rng(1).permutation(len(b))
    assert inference.paired_test(a, b[shuffled], seed=0).maximum_p > 0.05
    np.testing.assert_allclose(paired.statistic, inference.unbiased_delta(a - b, np.zeros((3, 6))), rtol=1e-9)


def test_gain_is_the_ratio_of_variances_with_its_jackknife() -> None:
    a, b = pairs(np.random.default_rng(0), 40)
    found = inference.pairing_gain(a, b)

    def ratio(keep: np.ndarray, many: bool) -> np.ndarray:
        own = np.var(b[keep], axis=0, ddof=1).sum(-1) * (not many)
        return (np.var(a[keep], axis=0, ddof=1).sum(-1) + own) / np.var((a - b)[keep], axis=0, ddof=1).sum(-1)

    everyone = np.arange(40)
    for many, value, error in ((False, *found[:2]), (True, *found[2:])):
        without = np.array([ratio(np.delete(everyone, i), many) for i in everyone])
        np.testing.assert_allclose(value, ratio(everyone, many), rtol=1e-10)
        np.testing.assert_allclose(error**2, 39 / 40 * np.sum((without - without.mean(0)) ** 2, axis=0), rtol=1e-8)
    # 2 (25 + 1) / 2, and 26 / 2; 6 comparisons.
    assert np.all(np.abs(found.gain - 26) < K * found.standard_error)
    assert np.all(np.abs(found.over_many - 13) < K * found.over_many_error)


def test_gain_of_what_has_not_moved_is_not_a_number() -> None:
    a, b = pairs(np.random.default_rng(0), 8)
    a[:, 0], b[:, 0] = 1.0, 1.0
    gain = inference.pairing_gain(a, b).gain
    assert np.isnan(gain[0]) and np.isfinite(gain[1:]).all()


def test_what_is_no_pair_is_refused() -> None:
    a, b = pairs(np.random.default_rng(0), 8)
    with pytest.raises(ValueError, match="8 and 7 trajectories, expected pairs: as many on both sides"):
        inference.paired_test(a, b[:7], seed=0)
    with pytest.raises(ValueError, match="differ in"):
        inference.paired_test(a, b[:, :2], seed=0)
    with pytest.raises(ValueError, match="at least 3 pairs, got 2"):
        inference.pairing_gain(a[:2], b[:2])
    with pytest.raises(ValueError, match="not finite"):
        inference.paired_test(a, np.full_like(b, np.nan), seed=0)


LAWS = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "χ² of one degree of freedom": lambda rng, shape: rng.chisquare(1, size=shape) - 1,
    "mixed": lambda rng, shape: np.where(rng.random(shape) < 0.1, 6.0, 0.5) * rng.normal(size=shape),
}


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("count", [8, 24, 100])
def test_level_and_power(law: str, count: int) -> None:
    """9 levels held from above at 4 standard errors (one false alarm in 3500); a shift of 3 errors must be seen.

    The difference of two like skewed laws is symmetric; the second side is quieter here, so some skewness stays.
    """
    rng, repeats, level = np.random.default_rng(7), 500, 0.05
    null, shifted = [], []
    for number in range(repeats):
        common = 3 * LAWS[law](rng, (count, 1, 1))
        a, b = (common + scale * LAWS[law](rng, (count, 1, 4)) for scale in (1.0, 0.3))
        null.append(inference.paired_test(a, b, seed=number, resamples=199).maximum_p)
        spread = (a - b).std(axis=0, ddof=1) / np.sqrt(count)
        shifted.append(inference.paired_test(a + 3 * spread, b, seed=number, resamples=199).maximum_p)
    rate, power = np.mean(np.array(null) <= level), np.mean(np.array(shifted) <= level)
    print(f"{law}, {count} pairs: rejected {rate:.3f} of equal, {power:.3f} of shifted means")
    assert rate < level + K * np.sqrt(level * (1 - level) / repeats)
    assert power > 0.5
