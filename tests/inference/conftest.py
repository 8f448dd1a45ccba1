"""Rates of rejection and coverage over simulated experiments, printed as tables (pytest -s), held to their errors."""

import math

import numpy as np
import pytest
from scipy import stats

STANDARD_ERRORS, SMALLEST_P = 4.0, 1e-4


class Rates:
    """Rates of ``REPEATS`` repeats are compared at 4 binomial standard errors and histograms at p = 1e-4."""

    REPEATS, LEVEL = 500, 0.05

    @staticmethod
    def spread(rate: float, repeats: int = REPEATS) -> float:
        return STANDARD_ERRORS * math.sqrt(rate * (1 - rate) / repeats)

    @staticmethod
    def report(title: str, rates: dict[str, tuple[float, float]]) -> None:
        lines = (f"  {name:44s} {got:6.3f}  stated {told:.3f}" for name, (got, told) in rates.items())
        print("\n" + title + "\n" + "\n".join(lines))

    def check(self, title: str, rates: dict[str, tuple[float, float]]) -> None:
        self.report(title, rates)
        for name, (got, told) in rates.items():
            assert abs(got - told) <= self.spread(told), (name, got, told)

    @staticmethod
    def assert_uniform(values: np.ndarray, bins: int = 10) -> None:
        """Bins between the values that p can take with 99 permutations."""
        for shape in (values, np.square(values)):
            far = stats.chisquare(np.histogram(shape, bins, (0.005, 1.005))[0]).pvalue
            assert (far > SMALLEST_P) == (shape is values)


@pytest.fixture(scope="module")
def rates() -> Rates:
    return Rates()
