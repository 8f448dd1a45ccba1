"""The exponent of power gradients from sizes at all points, its error, and the power over its length."""

import math
from collections.abc import Callable

import jax
import numpy as np
import pytest

import corr
from corr.atlas._laws import NO, OFF, YES
from corr.atlas._power import Exponent, fitted, powered, unit_powered
from corr.theory import stable

from .asked import POINTS, close, found, scheme

K = 4.0
SHARE = 0.1
FAMILIES = {"plain": powered, "over its length": unit_powered}
PLACES = {
    "several sizes": [np.array([2.0, -0.5, 1.0]), np.array([-0.1, 0.3, 0.05])],
    "one size at each": [np.array([1.0, -1.0]), np.array([-0.1, -0.1])],
    "one parameter": [np.array([2.0]), np.array([-0.3]), np.array([0.7])],
    "one point": [np.array([2.0, -0.5, 1.0])],
}


def fit(family: Callable, gradients: list[np.ndarray], power: float, factor: float = 1e-3) -> Exponent | None:
    """Of drifts without noise."""
    blocks = [np.tile(-factor * family(g, power), (100, 1)) for g in gradients]
    return fitted(family, blocks, gradients, SHARE)


@pytest.mark.parametrize("factor", [1e-3, -1e-3])
@pytest.mark.parametrize("power", [0.5, 1.0, 1.7])
@pytest.mark.parametrize("places", PLACES)
@pytest.mark.parametrize("name", FAMILIES)
def test_an_exponent_is_found_wherever_sizes_tell_it(name: str, places: str, power: float, factor: float) -> None:
    """Over its length one size at each point tells none, which plain powers of two sizes at two points do."""
    exponent = fit(FAMILIES[name], PLACES[places], power, factor)
    if name == "over its length" and places.startswith("one ") and places != "one point":
        assert exponent is None
    else:
        assert exponent is not None and not exponent.edge
        assert abs(exponent.estimate.value - power) < 1e-6 and exponent.estimate.standard_error == 0


def test_one_size_at_all_points_tells_no_exponent() -> None:
    gradients = [np.array([1.5, -1.5]), np.array([-1.5, 1.5])]
    assert fit(powered, gradients, 0.5) is None and fit(unit_powered, gradients, 0.5) is None


@pytest.mark.parametrize(("power", "end"), [(3.0, 2.0), (2.0, 2.0), (0.0, 0.0), (-0.5, 0.0)])
def test_an_exponent_at_or_beyond_the_edge_is_told(power: float, end: float) -> None:
    exponent = fit(powered, PLACES["several sizes"], power)
    assert exponent is not None and exponent.edge and exponent.estimate.value == end
    assert str(exponent) == f"H = {end:g}, at the edge of [0, 2]"
    assert "edge" not in str(fit(powered, PLACES["several sizes"], 1.0))


@pytest.mark.parametrize("name", FAMILIES)
def test_an_exponent_has_the_error_it_states(name: str) -> None:
    """Squared scores over repetitions have mean 1, and those of another exponent have not."""
    rng, family, repeats = np.random.default_rng(0), FAMILIES[name], 200
    gradients, rows = PLACES["several sizes"], []
    for _ in range(repeats):
        blocks = [rng.normal(-family(g, 0.7), 0.3 * np.linalg.norm(family(g, 0.7)), (100, 3)) for g in gradients]
        exponent = fitted(family, blocks, gradients, SHARE)
        assert exponent is not None
        rows.append(exponent.estimate)
    value, error = np.array(rows).T
    off = lambda truth: (np.mean(((value - truth) / error) ** 2) - 1) / np.sqrt(2 / repeats)  # noqa: E731
    assert abs(off(0.7)) < K < off(0.8)


def test_steepest_descent_in_the_norm_of_stable_steps_is_a_power_over_its_length() -> None:
    """All coordinates stable at β = ∞, H = α - 1: the same power without its length is refused."""
    scale, alpha = 1e-3, 1.5

    def drift(g: jax.Array) -> jax.Array:
        return stable.stable_drift(g, scale=scale, alpha=alpha, beta=math.inf)

    result = found(scheme(drift, lambda key, shape: 2e-4 * jax.random.normal(key, shape)), draws=5000)
    law = result.laws["sign(g)|g|^H/‖g‖^H"]
    assert result.best == "sign(g)|g|^H/‖g‖^H" and law.verdict == YES
    assert close(result.exponents["sign(g)|g|^H/‖g‖^H"].estimate, alpha - 1)
    assert not close(result.exponents["sign(g)|g|^H/‖g‖^H"].estimate, alpha - 1.2)
    assert close(law.coefficient, scale * math.gamma(1 - 1 / alpha) / math.pi, model=2e-2 * scale)
    assert result.laws["sign(g)|g|^H"].verdict == result.laws["g/|g|"].verdict == NO


@pytest.mark.slow
def test_stable_steps_themselves_follow_the_power_over_its_length() -> None:
    heavy = corr.mutation(lambda x: (x**2).sum() / 2, proposal=corr.proposals.stable(1e-4, alpha=1.5))
    result = found(heavy, points=POINTS, draws=50_000, share=0.3)
    assert result.laws["sign(g)|g|^H/‖g‖^H"].verdict not in (NO, OFF)
    assert result.laws["sign(g)|g|^H"].verdict in (NO, OFF) and result.laws["g"].verdict == NO
