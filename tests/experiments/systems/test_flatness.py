"""Routes to one flatness: mean steps descend the smoothed loss, tr H is measured, the judge says either thing."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import corr
from corr.experiments.systems import flatness, generalization

K = 4.0
AT = np.array([0.3, -0.2, 0.1])
QUARTIC = lambda x: jnp.sum(x**4) / 4  # noqa: E731
WIDE = AT**3 + 3 * flatness.STD**2 * AT  # ∇U_σ of it
MEAN_STEPS: dict[str, corr.Dynamics] = {
    "weight noise": flatness.weight_noise(QUARTIC, flatness.STD),
    "raw fitness": flatness.mutants(QUARTIC, 400, lambda changes: changes),
    "Barker": flatness.mutants(QUARTIC, 400, flatness.accepted),
}


@pytest.mark.parametrize("name", MEAN_STEPS)
def test_the_mean_step_of_every_route_descends_the_smoothed_loss(name: str) -> None:
    side = MEAN_STEPS[name]
    state = side.init(jnp.asarray(AT, jnp.float32))
    steps = jax.vmap(lambda key: side.step(key, state)[1].displacement)(jax.random.split(corr.root_key(0), 4000))
    slopes = -np.asarray(steps, float) / flatness.RATE
    mean, error = slopes.mean(axis=0), slopes.std(axis=0, ddof=1) / math.sqrt(len(slopes))
    assert (np.abs(mean - WIDE) / error).max() < K
    for other in (AT**3, AT**3 + 3 * (flatness.STD / 2) ** 2 * AT):  # the loss itself, half the width
        assert (np.abs(mean - other) / error).max() > K


def test_probes_find_the_trace_and_the_smoothed_loss_of_a_bowl() -> None:
    random = np.random.default_rng(0).normal(size=(5, 5))
    hessian = random @ random.T
    bowl = lambda x: x @ jnp.asarray(hessian, x.dtype) @ x / 2  # noqa: E731
    at = jnp.ones(5)
    found = jax.vmap(lambda key: flatness.probed(bowl, at, key))(jax.random.split(corr.root_key(0), 200))
    trace, excess = np.asarray(found[0], float), np.asarray(found[1] - bowl(at), float)
    for value, known in ((trace, np.trace(hessian)), (excess, flatness.STD**2 / 2 * np.trace(hessian))):
        error = value.std(ddof=1) / math.sqrt(len(value))
        assert abs(value.mean() - known) < K * error < 0.1 * known


@pytest.mark.slow
def test_routes_of_one_width_are_told_from_half_of_it_on_digits() -> None:
    pytest.importorskip("sklearn")
    names = (flatness.DESCENT, flatness.NOISE, flatness.FITNESS, flatness.BARKER, flatness.HALF)
    data = flatness.part(corr.root_key(0), 6, 64, names, flatness.END / 2)
    assert list(data.route.values) == list(names)
    assert [generalization.agrees(data, name) for name in names] == [False, True, True, True, False]


FLAT = {flatness.NOISE: 9.0, flatness.FITNESS: 9.05, flatness.BARKER: 8.95, flatness.HALF: 11.0, flatness.SHARP: 9.5,
        flatness.DESCENT: 12.0, flatness.LONE: 2.0}  # fmt: skip


def trained(changes: dict[str, float] | None = None, gap: float = -0.005) -> xarray.Dataset:
    """Runs that scatter by a tenth together and by a thousandth each; all but descent have so much of a gap more."""
    flat, random = FLAT | (changes or {}), np.random.default_rng(0)
    common, own = 1 + 0.1 * random.normal(size=8), 1e-3 * random.normal(size=(len(flat), 8))
    own = 1 + own - own.mean(axis=1, keepdims=True)
    last = {
        "tr H": np.array([*flat.values()])[:, None] * common * own,
        "U_σ": np.array([0.015 * one for one in flat.values()])[:, None] * common * own,
        "gap": 0.17 * (common + own) + np.array([gap * (name != flatness.DESCENT) for name in flat])[:, None],
    }
    last |= {"training loss": 0.08 * common * own, "accuracy": 0.9 * own}
    last["test loss"] = last["training loss"] + last["gap"]
    columns = {what: (("route", "time", "run"), np.stack([2 * one, one], axis=1)) for what, one in last.items()}
    return xarray.Dataset(columns, {"route": list(flat), "time": [32.0, 64.0]})


def said(data: xarray.Dataset) -> str:
    return "\n".join(generalization.judge(data))


def test_routes_that_agree_and_are_flatter_are_said_to_be() -> None:
    text = said(trained())
    assert "NOT" not in text
    assert text.count("agrees with weight noise") == 2 and text.count("is told from weight noise") == 3
    assert text.count("is flatter than descent") == 4 and text.count("with a smaller gap: -0.005 (95 %: ") == 4


@pytest.mark.parametrize(
    ("data", "expected", "count"),
    [
        (trained({flatness.BARKER: 9.5}), "Barker, mean of mutants does NOT agree with weight noise", 1),
        (trained({flatness.FITNESS: 8.5}), "raw fitness does NOT agree with weight noise", 1),
        (trained({flatness.HALF: 9.1}), "half of its width is NOT told from weight noise", 1),
        (trained({flatness.LONE: 9.1}), "Barker, one walker is NOT told from weight noise", 1),
        (trained({flatness.SHARP: 12.0}), "sharpness-aware is NOT flatter than descent", 1),
        (trained(gap=0.0), "NO other gap shown", 4),
        (trained(gap=0.005), "with a LARGER gap", 4),
    ],
)
def test_the_opposite_is_said_of_the_opposite(data: xarray.Dataset, expected: str, count: int) -> None:
    assert said(data).count(expected) == count


@pytest.mark.parametrize("what", generalization.TOLD_BY)
def test_one_quantity_off_is_enough_to_be_told(what: str) -> None:
    data = trained()
    off = xarray.where(data.route == flatness.BARKER, 1.05, 1.0)
    assert generalization.agrees(data, flatness.BARKER)
    assert not generalization.agrees(data.assign({what: data[what] * off}), flatness.BARKER)


def test_runs_are_compared_in_pairs_at_the_end() -> None:
    """The scatter that runs share is ten times the difference's error."""
    found = generalization.paired(trained(), flatness.HALF, flatness.NOISE, "tr H")
    assert abs(found.value - 2.0) < 0.3 and found.error < 0.1
    alone = generalization.sample(trained()["tr H"].sel(route=flatness.HALF).isel(time=-1).values)
    assert alone.error > 3 * found.error


def test_an_interval_of_few_runs_is_student_s() -> None:
    low, high = generalization.interval(generalization.Number(1.0, 0.1, 4))
    assert (low, high) == pytest.approx((1 - 3.1824 * 0.1, 1 + 3.1824 * 0.1), rel=1e-4)


def test_numbers_expect_no_difference_of_routes() -> None:
    found = generalization.numbers(trained())
    assert found["digits, raw fitness less weight noise: tr H"].expected == 0.0
    assert found["digits, descent: tr H"].value == pytest.approx(12.0, rel=0.1)
    assert found["digits, weight noise less descent: gap"].value == pytest.approx(-0.005, abs=5e-4)


def test_fitness_of_acceptance_rises_as_the_change_does() -> None:
    assert float(jax.grad(flatness.accepted)(0.0)) == pytest.approx(1.0)
