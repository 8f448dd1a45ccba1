"""Pages of laws: what is measured is the law, a wrong one is told, and what the judge says of either."""

from collections.abc import Callable

import jax
import numpy as np
import pytest
import xarray

import corr
from corr.experiments.systems import adaptive, delay, law, low_rank, noise, optimizers, resampled, smoothing, workers
from corr.theory import delay as theory

K = 4.0
KEY = corr.root_key(0)
SLOW = (
    "late steps, heat",
    "mutation, one coordinate",
    "perceptron",
    "noise, slope",
    "two batches",
    "dropout",
    "low rank, cold",
    "low rank, two points",
    "low rank, seeds",
    "AMSGrad",
    "Lion",
    "Nesterov",
    "Adam",
    "Barker mutation",
    "raw fitness",
    "weight noise",
    "L-BFGS",
)
PARTS: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
    "noise, slope": lambda key: noise.slope(key, (0.1, 10.0), 40_000),
    "two batches": lambda key: resampled.batches(key, 10_000),
    "dropout": lambda key: resampled.masks(key, 10_000),
    "late steps, heat": lambda key: delay.heat(key, (0.5,), 2000),
    "late steps, momentum": lambda key: delay.momentum(key, 2000),
    "adaptive, course": lambda key: adaptive.course(key, 100, 400),
    "adaptive, heavy ball": lambda key: adaptive.heavy_ball(key, 200),
    "low rank, cold": lambda key: low_rank.cold(key, 1, 40_000),
    "low rank, two points": lambda key: low_rank.two_points(key, 10_000),
    "low rank, seeds": lambda key: low_rank.memory(),
    "mutation, one coordinate": lambda key: optimizers.single(key, 40_000),
    "Adam": lambda key: optimizers.averaged(key, "Adam", 400),
    "AMSGrad": lambda key: optimizers.averaged(key, "AMSGrad", 2000),
    "Lion": lambda key: optimizers.averaged(key, "Lion", 400),
    "Nesterov": lambda key: optimizers.averaged(key, "Nesterov", 400),
    "Muon": optimizers.muon,
    "L-BFGS": optimizers.secants,
    "perceptron": lambda key: smoothing.perceptron(key, 400_000),
    "Barker mutation": lambda key: smoothing.route(key, "Barker mutation", 200_000, (0.1,)),
    "weight noise": lambda key: smoothing.route(key, "weight noise", 20_000, (0.1,)),
    "raw fitness": lambda key: smoothing.route(key, "raw fitness", 200_000, (0.1,)),
    "sharpness": smoothing.sharpness,
}


@pytest.mark.parametrize("name", [pytest.param(one, marks=[pytest.mark.slow] * (one in SLOW)) for one in PARTS])
def test_what_is_measured_is_the_law_and_the_other_is_told(name: str) -> None:
    data = PARTS[name](KEY)
    for quantity in law.names(data):
        assert law.scores(data, quantity).max() < K, quantity
        if f"{quantity}_other" in data:
            assert law.scores(data, quantity, "other").max() > K, quantity


def test_masks_drop_their_share_and_leave_the_mean() -> None:
    """Of a binomial law: (1 - p)/p is the variance of a factor that is 1/p with probability p."""
    share, draws = 0.1, 2000
    found = np.asarray(jax.vmap(lambda key: resampled.mask(key, share))(jax.random.split(KEY, draws)), float)
    assert abs(found.mean() - 1) < K * np.sqrt(share / (1 - share) / found.size)
    assert abs((found == 0).mean() - share) < K * np.sqrt(share * (1 - share) / found.size)


def test_steps_on_a_parabola_are_stable_up_to_the_limit() -> None:
    data = delay.stability((0, 1))
    assert law.scores(data, "limit of ηh").max() < K
    assert float(np.abs(data["limit of ηh"] / data["limit of ηh_theory"] - 1).max()) < 0.02


@pytest.mark.slow
def test_processes_that_share_an_array_have_the_variance_of_their_staleness() -> None:
    """One update's staleness is not independent of the next one's: 2 % of model error."""
    found = workers.walked(2, updates=4000, rate=delay.RATE, seed=1)
    known, in_time = (theory.variance(delay.RATE, one) for one in (found.histogram, [1.0]))
    value, error, *_ = found.variance
    assert abs(value - known) < K * error + 0.02 * known
    assert value - in_time > K * error


def part(measured: float, error: float = 0.01, model: float = 0.0) -> xarray.Dataset:
    row = law.Row([measured, 2.0], [error, error], [1.0, 2.0], [1.0, 3.0])
    return law.against("x", [1.0, 2.0], {"y": row}, model=model, other="otherwise")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            part(1.03),
            "y as predicted at 2 values of x within 4 standard errors (farthest 3.0 beyond, at 1: 1.03 ± 0.01",
        ),
        (part(1.05), "y NOT as predicted"),
        (part(1.05, model=0.02), "as predicted at 2 values of x within 4 standard errors and 2 %, the model error"),
        (part(1.0, error=0.5), "otherwise, is NOT refused (2 standard errors)"),
        (part(1.0), "otherwise, is refused (100 standard errors)"),
    ],
)
def test_the_judge_says_which(data: xarray.Dataset, expected: str) -> None:
    (line,) = law.judge({"part": data})
    assert expected in line


def test_numbers_are_those_of_theory() -> None:
    found = law.numbers({"part": part(1.03)})
    assert found["part: y at value = 1"].score() == pytest.approx(3.0)
