"""How alike mean displacements are: the stated errors are those of the scatter, and other means are seen."""

import math

import numpy as np
import pytest

from corr.inference import agreement

REPEATS, LIMIT = 200, 4.0


def ratios(noise: float, turned: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Ratios and their stated errors for ensembles around a mean, and around one turned by ``turned``."""
    rng = np.random.default_rng(seed)
    truth, unit = rng.normal(size=(2, 100))
    other = truth + turned * np.linalg.norm(truth) * unit / np.linalg.norm(unit)
    found = [
        agreement(truth + noise * rng.normal(size=(12, 100)), other + noise * rng.normal(size=(10, 100)))
        for _ in range(REPEATS)
    ]
    return np.array([one.ratio for one in found]), np.array([one.ratio_error for one in found])


def test_agreement_of_equal_means_is_one_within_its_error_and_sees_others() -> None:
    """Squared noise 1 in 20 of the signal: mean ratio 1, stated error that of the scatter; a turned mean is seen."""
    found, errors = ratios(0.5, 0.0, seed=0)
    spread, stated = found.std(ddof=1), np.sqrt(np.mean(errors**2))
    share = 0.5**2 * (1 / 12 + 1 / 10)
    # The ratio is biased by about its variance, as quotients are; products of noise with noise add their share.
    assert abs(found.mean() - 1) < LIMIT * spread / math.sqrt(REPEATS) + spread**2
    allowed = LIMIT / math.sqrt(2 * (REPEATS - 1)) + share
    assert abs(stated / spread - 1) < allowed
    assert abs(stated / 2 / spread - 1) > allowed
    wrong = ratios(0.5, 0.7, seed=1)[0]
    assert abs(wrong.mean() - 1) > LIMIT * wrong.std(ddof=1) / math.sqrt(REPEATS) + spread**2


def test_the_jackknife_tells_the_scatter_of_a_correlation() -> None:
    """Of means that differ, by signal: within its own sampling error; of equal means it errs on the large side only."""
    rng = np.random.default_rng(2)
    truth, other = rng.normal(size=(2, 100))
    for second, largest in ((truth + other, 1.2), (truth, 3.0)):
        found = [agreement(truth + 0.5 * rng.normal(size=(12, 100)), second[None]) for _ in range(REPEATS)]
        stated = math.sqrt(np.mean([one.correlation_error**2 for one in found]))
        spread = np.std([one.correlation for one in found], ddof=1)
        print(f"jackknife: stated / spread = {stated / spread:.3f}")
        assert 1 - LIMIT / math.sqrt(2 * (REPEATS - 1)) < stated / spread < largest


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.ones((1, 3)), np.ones((1, 3))),
        (np.ones((4, 3)), np.ones((4, 2))),
        (np.full((4, 3), np.nan), np.ones((1, 3))),
    ],
)
def test_agreement_refuses(first: np.ndarray, second: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"expected first|finite numbers"):
        agreement(first, second)
