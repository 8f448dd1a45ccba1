"""Fitted exponents: how often their intervals cover, and how often a curve of another shape is noticed."""

import math

import numpy as np
import pytest

from corr import inference

pytestmark = pytest.mark.slow
REPEATS, LEVEL = 500, 0.05


def test_power_law_intervals_cover(rates) -> None:
    """Eight points, of which noise makes some negative; and a curve that is no power law."""
    rng, x = np.random.default_rng(29), np.geomspace(1.0, 100.0, 8)
    cases = {"decay 1/x, errors 2 %": (x**-1.0, np.full(8, 0.02)), "growth x, errors 10": (x, np.full(8, 10.0))}
    shares = {}
    for name, (truth, errors) in cases.items():
        fits = [inference.fit_power_law(x, truth + errors * rng.normal(size=8), errors) for _ in range(REPEATS)]
        exponent = 1.0 if truth[-1] > 1 else -1.0
        shares[f"{name}: covers"] = (np.mean([fit.lower <= exponent <= fit.upper for fit in fits]), 0.95)
        shares[f"{name}: misfit"] = (np.mean([fit.p_value <= LEVEL for fit in fits]), LEVEL)
        rates.assert_uniform(np.array([fit.p_value for fit in fits]))
    rates.check("power law", shares)
    bent = [inference.fit_power_law(x, 1 / x + 0.2 + 0.02 * rng.normal(size=8), np.full(8, 0.02)) for _ in range(100)]
    assert all(fit.p_value <= LEVEL for fit in bent), "a floor is no power law"


@pytest.mark.parametrize("leading", [0.0, 3.0])
def test_exponent_of_convergence_covers(rates, leading: float) -> None:
    """Independent trajectories, without and with 90 % of the variance in one direction, around a small bias."""
    rng, found, shared = np.random.default_rng(30), [], []
    line = leading * np.linspace(1.0, 2.0, 6) / np.linalg.norm(np.linspace(1.0, 2.0, 6))
    zero, counts = np.zeros((1, 6)), [1, 2, 4, 8, 16]

    def draw(count: int) -> np.ndarray:
        return rng.normal(size=(count, 1, 1)) * line + rng.normal(size=(count, 1, 6)) / math.sqrt(6)

    for _ in range(REPEATS):
        result = inference.convergence_in_trajectories(draw(640) + 0.02, zero, counts=counts)
        found.append(result.lower[0] <= -1 <= result.upper[0])
        twin = np.repeat(draw(160), 4, axis=0) + 0.1 * draw(640)
        result = inference.convergence_in_trajectories(twin, zero, counts=counts)
        shared.append(result.lower[0] > -1)
    rates.check(f"1/n law, leading direction {leading:g}", {"interval covers -1": (np.mean(found), 0.95)})
    rates.report("power", {"noise shared by neighbours in fours (at least)": (np.mean(shared), 0.8)})
    assert np.mean(shared) >= 0.8
