"""The drift on whose clock each proposal runs, against single mutation steps on a linear loss with a real gradient."""

import math
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

import corr
from corr import inference
from corr.experiments.problems.sines import shallow_sine
from corr.experiments.studies.mutation_laws import CASES, STD, clock

LIMIT = 4.0
DRAWS = 40_000
QUICK = ("Gaussian", "one coordinate")
COVERED = [name for name in CASES if name != "t, ν = 1.5"]


def unit_gradient() -> np.ndarray:
    gradient = np.asarray(ravel_pytree(jax.grad(shallow_sine().loss)(shallow_sine().start()))[0], float)
    return gradient / np.linalg.norm(gradient)


@cache
def measured(name: str) -> tuple[float, float]:
    """Drift against the gradient in units of σ and its standard error, from ε (a - mean a)."""
    unit, place = jnp.asarray(unit_gradient(), jnp.float32), jax.tree.map(jnp.zeros_like, shallow_sine().start())
    along = lambda params: jnp.sum(unit * ravel_pytree(params)[0])  # noqa: E731
    walk = corr.mutation(along, proposal=CASES[name].proposal())
    moved, accepted = inference.one_step_displacements(walk, place, draws=DRAWS, key=corr.root_key(7))
    values = -(moved @ unit_gradient()) / STD * (accepted - accepted.mean())
    return float(values.mean()), float(values.std() / math.sqrt(DRAWS))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in COVERED]
)
def test_clock_is_the_measured_drift(name: str) -> None:
    """10 comparisons at 4 standard errors; a drift 10 % off must fail each."""
    drift, error = measured(name)
    expected = float(clock(CASES[name].drift, unit_gradient()[None, :])[0][0])
    assert abs(drift - expected) < LIMIT * error, (drift, expected, error)
    assert abs(drift - 1.1 * expected) > LIMIT * error


@pytest.mark.slow
@pytest.mark.parametrize("name", ["joint t, ν = 3", "t, ν = 1.5"])
def test_the_gaussian_clock_is_wrong_for_heavy_tails(name: str) -> None:
    drift, error = measured(name)
    assert abs(drift - 1 / math.sqrt(2 * math.pi)) > LIMIT * error
