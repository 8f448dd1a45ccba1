"""Weights of few bits: chances of rounded steps, laws of a step, flips of either rule, and what the judge says."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import corr
from corr.experiments.systems import law, narrow, narrow_flips, narrow_walks
from corr.theory import rounding

K = 4.0
KEY = corr.root_key(0)


@pytest.mark.parametrize("value", [0.7, -0.123, 0.0625, 1e-5])  # 1/16: numbers below are half as far apart
@pytest.mark.parametrize("kind", list(narrow.TYPES.values()))
@pytest.mark.parametrize("size", [0.3, 2.0])
def test_chances_of_steps_are_those_of_draws(value: float, kind: Any, size: float) -> None:
    here = np.asarray(jnp.asarray(value, kind))
    std, count = size * float(np.spacing(np.abs(here))), 100_000
    found, chances = narrow.steps(here, std)
    draws = std * jax.random.normal(KEY, (count,))
    moved = (float(here) + draws.astype(kind).astype(jnp.float32)).astype(kind)
    seen = np.asarray(moved, float) - float(here)
    assert chances.sum() == pytest.approx(1.0)
    for step, chance in zip(found, chances, strict=True):
        assert abs(np.mean(seen == step) - chance) < K * math.sqrt(max(chance * (1 - chance), 1 / count) / count)


def test_steps_inside_a_range_of_equal_spacing_are_those_of_theory() -> None:
    """Model error: draws are rounded before, by up to 2^-11 of themselves."""
    here = np.asarray(jnp.asarray(0.7, jnp.float16))
    spacing = float(np.spacing(here))
    for std in (0.3 * spacing, 2 * spacing):
        found, chances = narrow.steps(here, std)
        square = found**2 @ chances
        assert chances[found == 0].sum() == pytest.approx(rounding.lost(spacing, mutation_std=std), rel=2e-3)
        assert square == pytest.approx(rounding.variance(np.array(spacing), mutation_std=std), rel=5e-3)
        assert abs(square / std**2 - 1) > 0.01


@pytest.mark.slow
def test_the_law_of_a_step_is_that_of_draws_and_not_the_normal_one() -> None:
    """On the network's gradient, where few coordinates move and one of them is a power of two."""
    here, random = narrow.place(jnp.bfloat16), np.random.default_rng(0)
    std, kind, at = 0.1 * here.median(), np.asarray(here.at).dtype, np.asarray(here.at).astype(np.float32)
    draws = (std * random.normal(size=(40_000, len(at)))).astype(np.float32).astype(kind).astype(np.float32)
    moves = (at + draws).astype(kind).astype(float) - at.astype(float)
    changes = moves @ here.gradient
    size = std * np.linalg.norm(here.gradient)
    found = narrow.known(here, std)
    measured = (moves == 0).mean(axis=1), -changes * (changes <= 0) / size, changes <= 0.0
    for value, known in zip(measured, found, strict=True):
        one = law.sample(value)
        assert abs(one.value - known) < K * one.error
    assert found.lost > 0.8 and found.drift < 0.25 / math.sqrt(2 * math.pi)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bfloat16", "float16"])
def test_steps_are_their_laws_and_not_those_of_unrounded_weights(name: str) -> None:
    data = narrow.laws(KEY, name, 2000, (0.01, 0.3))
    for quantity in law.names(data):
        assert law.scores(data, quantity).max() < K, quantity
        assert law.scores(data, quantity, "other").max() > K, quantity


@pytest.mark.slow
def test_the_exact_change_saves_decisions() -> None:
    here = narrow.place(jnp.bfloat16)
    data = narrow_flips.flips(KEY, here.loss, here.at, here.median(), (0.03, 3.0), 512)
    assert data.attrs["draws"] == 512
    exact, plain = (data.flips.sel(rule=rule).sum("ratio").values for rule in narrow_flips.RULES)
    assert exact[0] == 0 and plain[0] > 20, "losses in float32"
    assert exact[1] < 20 and plain[1] > 300, "losses in bfloat16, most of whose changes are zero by subtraction"
    assert data.ties.sel(loss="its own type").values[0] == 512
    text = "\n".join(narrow_flips.judge("flips", data))
    assert text.count("saves decisions") == 2


@pytest.mark.slow
def test_training_at_a_small_size_is_slower_by_the_law() -> None:
    data = narrow.training(KEY, 8, narrow_walks.TRAINED[:1])
    assert law.scores(data, "speed, bfloat16", "other").max() > K
    assert law.scores(data, "speed, bfloat16").max() < K
    assert law.scores(data, "speed, float16").max() < K


def test_the_ratio_of_flips_has_the_interval_of_its_share() -> None:
    assert narrow_flips.saved(0, 0) == (0.0, math.inf)
    low, high = narrow_flips.saved(100, 100)
    assert low == pytest.approx(1 / high) and low < 1 < high < 1.6
    assert narrow_flips.saved(0, 50)[1] < 0.12 and narrow_flips.saved(0, 50)[0] == 0.0
    assert narrow_flips.saved(50, 0)[0] > 8 and narrow_flips.saved(50, 0)[1] == math.inf


def decided(exact: float, plain: float, foreseen: float) -> xarray.Dataset:
    """So many flips of 1000 at both σ, with losses of both types."""
    counts = np.broadcast_to(np.reshape([exact, plain], (2, 1, 1)), (2, 2, 2))
    columns = {"flips": (("rule", "loss", "ratio"), counts)}
    columns |= {name: (("loss", "ratio"), np.full((2, 2), value)) for name, value in
                (("ties", 10.0), ("foreseen", foreseen), ("normal", 0.1))}  # fmt: skip
    coords = {"rule": list(narrow_flips.RULES), "loss": list(narrow_flips.LOSSES), "ratio": [0.1, 1.0]}
    return xarray.Dataset(columns, coords, {"draws": 1000})


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (decided(0, 100, 0.1), "the exact change saves decisions"),
        (decided(100, 0, 0.1), "the exact change LOSES decisions"),
        (decided(50, 55, 0.1), "the exact change is NOT told from subtraction"),
        (decided(0, 100, 0.1), "share of flips is as independent normal errors foresee it: 0.1 ["),
        (decided(0, 100, 0.2), "share of flips is NOT as independent normal errors foresee it"),
    ],
)
def test_the_judge_of_flips_says_which(data: xarray.Dataset, expected: str) -> None:
    assert sum(expected in line for line in narrow.judge({"flips, float16": data})) == 2


def trained(value: float, early: float = 0.2) -> xarray.Dataset:
    """One σ, one type beside float32, with so much of its fall on all of the way."""
    row = law.Row([early], [0.01], [0.2], [1.0])
    page = law.against("σ", [1e-4], {"speed, bfloat16": row}, other=narrow_walks.SPEED)
    columns: dict[str, Any] = {"bfloat16, all": ("value", [value]), "bfloat16, all_error": ("value", [0.01])}
    columns |= {"fall": (("value", "type", "record"), np.zeros((1, 2, 2))), "step": (("value", "record"), [[0, 100]])}
    return page.assign(columns).assign_coords(type=["float32", "bfloat16"])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (trained(0.21), "0.210 ± 0.01 of float32's fall, told from it; NOT told from the first step's law 0.200"),
        (trained(0.3), "told from it; off the first step's law 0.200 (10.0 standard errors)"),
        (trained(0.99), "NOT told from it; off the first step's law"),
        (trained(0.2, early=0.3), "speed, bfloat16 NOT as predicted"),
    ],
)
def test_the_judge_of_training_says_which(data: xarray.Dataset, expected: str) -> None:
    assert expected in "\n".join(narrow.judge({"training": data}))


def test_a_ratio_of_means_has_the_error_of_both() -> None:
    random = np.random.default_rng(0)
    found = narrow_walks.ratio(2 + 0.1 * random.normal(size=400), 4 + 0.4 * random.normal(size=400))
    assert abs(found.value - 0.5) < K * found.error
    assert found.error == pytest.approx(0.5 * math.hypot(0.05, 0.1) / 20, rel=0.1)
