"""Weights of few bits: moments of rounded normals, sums that are not normal, each by another route."""

import itertools
import math

import numpy as np
import pytest
from scipy.special import ndtr

from theory import rounding

K = np.arange(-400, 401)
STD = 0.7
SPACINGS = np.array([0.01, 0.3, 0.69, 0.71, 2.0, 6.0])


def chances(spacing: float) -> np.ndarray:
    """Of multiples of the spacing."""
    return ndtr((K + 0.5) * spacing / STD) - ndtr((K - 0.5) * spacing / STD)


def test_share_lost_and_variance_are_those_of_multiples_of_the_spacing() -> None:
    known = np.array([chances(u) for u in SPACINGS])
    np.testing.assert_allclose(rounding.lost(SPACINGS, mutation_std=STD), known[:, K == 0].ravel(), rtol=1e-12)
    variance = (known * (K * SPACINGS[:, None]) ** 2).sum(axis=1)
    np.testing.assert_allclose(rounding.variance(SPACINGS, mutation_std=STD)[1:], variance[1:], rtol=1e-6)
    assert abs(rounding.variance(SPACINGS[:1], mutation_std=STD)[0] / STD**2 - 1) < 1e-4


def test_excess_is_that_of_the_sum() -> None:
    gradient, spacing = np.array([1.0, -2.0, 0.5]), np.array([0.3, 2.0, 6.0])
    moments = [[(chances(u) * (K * u) ** power).sum() for u in spacing] for power in (2, 4)]
    second, fourth = (np.array(one) * gradient**power for one, power in zip(moments, (2, 4), strict=True))
    known = np.sum(fourth - 3 * second**2) / second.sum() ** 2
    assert rounding.excess(gradient, spacing, mutation_std=STD) == pytest.approx(known, rel=1e-5)


@pytest.mark.parametrize("skewed", [False, True])
def test_folded_is_the_sum_over_all_outcomes(skewed: bool) -> None:
    """Three terms of three values; the trapezoidal rule resolves 1/4096 of the largest sum."""
    changes = [size * np.array([-1.0, 0.0, 2.0 if skewed else 1.0]) for size in (1.0, math.sqrt(2), math.pi)]
    found = [np.array([0.2, 0.5, 0.3]) if skewed else np.array([0.1, 0.8, 0.1])] * 3
    size = sign = 0.0
    for which in itertools.product(range(3), repeat=3):
        total = sum(change[k] for change, k in zip(changes, which, strict=True))
        chance = math.prod(one[k] for one, k in zip(found, which, strict=True))
        size, sign = size + chance * abs(total), sign + chance * np.sign(total)
    mine = rounding.folded(changes, found)
    assert mine == pytest.approx((size, sign), abs=2e-3)
    assert abs(rounding.folded(changes, [np.array([0.3, 0.4, 0.3])] * 3)[0] - size) > 0.05


def test_many_terms_are_normal_up_to_their_excess() -> None:
    gradient, spacing = np.random.default_rng(0).normal(size=90), np.full(90, 2.8)
    chance = chances(2.8)
    seen = chance > 0
    size, sign = rounding.folded([slope * 2.8 * K[seen] for slope in gradient], [chance[seen]] * 90)
    excess = rounding.excess(gradient, spacing, mutation_std=STD)
    fall = -rounding.drift(gradient, rounding.variance(spacing, mutation_std=STD)) @ gradient
    assert 0.3 < excess < 0.7
    assert size / 2 == pytest.approx(fall * (1 - excess / 24), rel=excess**2 / 24)
    assert abs(size / 2 / fall - 1) > excess / 48
    assert sign == pytest.approx(0.0, abs=1e-6)


def test_nothing_that_moves_is_refused() -> None:
    with pytest.raises(ValueError, match="every term is zero"):
        rounding.folded([np.zeros(1)], [np.ones(1)])
