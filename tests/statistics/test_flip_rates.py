"""Whole-network flip rates: float32 decisions of the exact change against float64, and what subtraction would do."""

import math
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr._flips import interval

ALLOWED = 2e-4
TIMES = (0.0, 2.0, 10.0)
NETWORK = corr.networks.functional(corr.networks.Shallow(30))
LOSS = corr.losses.mean_squared_error(NETWORK.apply, *corr.data.sine(1000))


@cache
def trained() -> dict[float, Any]:
    """The shallow network at three points of noise-free training."""
    params = NETWORK.init(corr.root_key(0))
    side = corr.descent(LOSS, learning_rate=1e-3, normalized=True)
    result = corr.run(
        side, params, steps=10_000, record_at=[2000], trajectories=1, key=corr.root_key(0), block_size=1, progress=False
    )
    tree = jax.tree.structure(params)
    return {
        time: jax.tree.unflatten(tree, [jnp.asarray(part) for part in np.split(result.path.values[0, k], 3)])
        for k, time in enumerate(TIMES)
    }


def rate(time: float, std: float, draws: int, kept_steps: int = 0) -> corr.FlipRate:
    return corr.flip_rate(
        LOSS, trained()[time], mutation_std=std, key=corr.root_key(5), draws=draws, kept_steps=kept_steps
    )


@pytest.mark.parametrize("time", TIMES)
def test_few_draws_see_no_gross_error(time: float) -> None:
    assert rate(time, 2.5e-6, 4096).low < ALLOWED


def test_subtraction_flips_decisions_that_the_guard_sees() -> None:
    """The twin: U(x + ε) - U(x) subtracted in float32 flips more than 1 % at the paper's own mutation scale."""
    found = corr.flip_rate(LOSS, trained()[0.0], mutation_std=2.5e-6, key=corr.root_key(5), draws=1024, exact=False)
    assert found.low > 0.01


@pytest.mark.slow
@pytest.mark.parametrize(("std", "kept_steps"), [(2.5e-6, 0), (2.5e-5, 0), (2.5e-6, 1000), (2.5e-5, 1000)])
@pytest.mark.parametrize("time", TIMES)
def test_flip_rate_upper_bound(time: float, std: float, kept_steps: int) -> None:
    """At or under 0.02 % as a 99 % upper bound, from at least 1e5 draws a row, fresh and kept activations."""
    measured = rate(time, std, 102_400, kept_steps)
    print(f"t = {time:g}, sigma = {std:g}, {kept_steps} kept steps: {measured}")
    assert measured.high <= ALLOWED


def test_clopper_pearson_interval() -> None:
    none = interval(0, 100_000)
    assert (none.flips, none.low) == (0, 0.0)
    assert none.high == pytest.approx(-math.log(0.005) / 100_000, rel=1e-3)
