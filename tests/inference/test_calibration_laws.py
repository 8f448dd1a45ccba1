"""The tests are tested: rates under a simulated truth, power under injected departures, printed as tables (pytest -s).

Rates of ``REPEATS`` repeats are compared at 4 binomial standard errors and histograms at p = 1e-4: about 60
comparisons, a false alarm in one run of 150.
"""

import functools
import gc
import math
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import corr
from corr import inference

pytestmark = pytest.mark.slow
REPEATS, LEVEL, LIMIT = 500, 0.05, 4.0
SLOPE = 1 / math.sqrt(2 * math.pi)
LINEAR = {"drift": [-SLOPE, 0.0, 0.0], "acceptance": 0.5, "second_moment": 1.5, "trace": 1.5 - SLOPE**2,
          "along": 0.5 - SLOPE**2, "across": 0.5, "isotropy": 1 - 2 * SLOPE**2}  # fmt: skip
UNIT = np.array([1.0, 0.0, 0.0])


@pytest.fixture(autouse=True, scope="module")
def quick_collection() -> Iterator[None]:
    """statsmodels' multipletests collects all garbage at every call, a seventh of a second with jax loaded."""
    gc.freeze()
    yield
    gc.unfreeze()


def spread(rate: float, repeats: int = REPEATS) -> float:
    return LIMIT * math.sqrt(rate * (1 - rate) / repeats)


def report(title: str, rates: dict[str, tuple[float, float]]) -> None:
    print(
        f"\n{title}\n" + "\n".join(f"  {name:44s} {got:6.3f}  stated {told:.3f}" for name, (got, told) in rates.items())
    )


def check(title: str, rates: dict[str, tuple[float, float]], repeats: int = REPEATS) -> None:
    report(title, rates)
    for name, (got, told) in rates.items():
        assert abs(got - told) <= spread(told, repeats), (name, got, told)


def assert_uniform(values: np.ndarray, bins: int = 10) -> None:
    """Bins between the values that p can take with 99 permutations."""
    assert stats.chisquare(np.histogram(values, bins, (0.005, 1.005))[0]).pvalue > 1e-4
    assert stats.chisquare(np.histogram(np.square(values), bins, (0.005, 1.005))[0]).pvalue < 1e-4


def cold_steps(rng: np.random.Generator, draws: int, size: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Mutation steps on a linear loss at β = ∞ in units of σ, gradient along the first axis."""
    moves = rng.normal(size=(draws, size))
    return moves, moves[:, 0] <= 0


@functools.cache
def real_steps() -> inference.OneSteps:
    walk = corr.mutation(lambda x: jnp.sum(jnp.asarray(UNIT, jnp.float32) * x), mutation_std=1.0)
    return inference.one_step_displacements(walk, jnp.zeros(3), draws=REPEATS * 1000, key=corr.root_key(21))


def test_one_step_rates_of_real_mutation() -> None:
    """Every quantity at n = 1000, the family under Holm, and the intervals of the drift."""
    moves, accepted = (part.reshape(REPEATS, 1000, *part.shape[1:]) for part in real_steps())
    results = [
        inference.drift_and_noise(m, a, UNIT, predicted={"": LINEAR}) for m, a in zip(moves, accepted, strict=True)
    ]
    tests = [result.comparisons[""] for result in results]
    rates = {f"{name} rejected": (np.mean([t[name].p_value <= LEVEL for t in tests]), LEVEL) for name in tests[0]}
    rates["proposals off centre"] = (np.mean([r.centred_p <= LEVEL for r in results]), LEVEL)
    for i, truth in enumerate(LINEAR["drift"]):
        inside = [abs(r.drift[i] - truth) <= stats.norm.ppf(0.975) * r.drift_error[i] for r in results]
        rates[f"interval of drift {i} covers"] = (np.mean(inside), 0.95)
    check("one step of real mutation on a linear loss, n = 1000", rates)
    family = np.mean([min(test.adjusted_p for test in t.values()) <= LEVEL for t in tests])
    report("Holm", {"any of eight rejected (at most)": (family, LEVEL)})
    assert family <= LEVEL + spread(LEVEL)
    assert_uniform(np.array([t["drift"].p_value for t in tests]))


@pytest.mark.parametrize("draws", [120, 600])
def test_drift_vector_with_more_parameters_than_draws(draws: int) -> None:
    """150 parameters, with 120 draws and with 600; half the parameters mutate ten times as far."""
    rng, size = np.random.default_rng(22), 150
    scale = np.where(np.arange(size) % 2, 10.0, 1.0)
    gradient = np.eye(size)[0]
    values, off = [], []
    for _ in range(REPEATS):
        moves, accepted = cold_steps(rng, draws, size)
        truth, wrong = -SLOPE * gradient, np.full(size, -1.5 * math.sqrt(0.25 / draws) / size**0.25) * scale
        predicted = {"truth": {"drift": truth}, "off": {"drift": truth + wrong}}
        tests = inference.drift_and_noise(moves * scale, accepted, gradient, predicted=predicted).comparisons
        values.append(tests["truth"]["drift"].p_value)
        off.append(tests["off"]["drift"].p_value)
    # z² of each of N components is raised by 1.5²/√N, so their sum by 1.5²/√2 of its own standard deviation.
    power = float(stats.ncx2.sf(stats.chi2.ppf(0.95, size), size, 1.5**2 * math.sqrt(size)))
    rates = {"drift rejected": (np.mean(np.array(values) <= LEVEL), LEVEL)}
    check(f"150 parameters, {draws} draws", rates)
    report("power", {"every component off by 0.43 standard errors": (np.mean(np.array(off) <= LEVEL), power)})
    assert np.mean(np.array(off) <= LEVEL) > LEVEL + spread(LEVEL)
    assert_uniform(np.array(values))


def test_one_step_power() -> None:
    """Departures at the number of draws where the normal law of the estimate states a power between 0.5 and 1."""
    rng, rates = np.random.default_rng(23), {}

    def rate(draws: int, name: str, predicted: dict, leak: float = 0.0) -> float:
        found = []
        for _ in range(REPEATS):
            moves, accepted = cold_steps(rng, draws)
            accepted = accepted | (rng.random(draws) < leak)
            test = inference.drift_and_noise(moves, accepted, UNIT, predicted={"": predicted}).comparisons[""][name]
            found.append(test.p_value <= LEVEL)
        return float(np.mean(found))

    def power(shift: float, variance: float, draws: int) -> float:
        z = shift * math.sqrt(draws / variance)
        return float(stats.norm.sf(1.96 - z) + stats.norm.sf(1.96 + z))

    along, across = 0.25 - SLOPE**2, 0.75
    faster = {"drift": 0.95 * np.array(LINEAR["drift"])}
    rates["drift 5 % off, n = 2500"] = (rate(2500, "drift_along", faster), power(0.05 * SLOPE, along, 2500))
    louder = {"across": 0.5 * 1.1**2}
    rates["noise 10 % off, n = 500"] = (rate(500, "across", louder), power(0.5 * 0.21, across, 500))
    leaked = (rate(10_000, "drift_along", LINEAR, 0.02), power(0.02 * SLOPE, along, 10_000))
    rates["2 % of rising proposals accepted, n = 10000: drift"] = leaked
    share = (rate(10_000, "acceptance", LINEAR, 0.02), power(0.01, 0.25, 10_000))
    rates["the same: acceptance"] = share
    check("power at a point", rates)


def noisy_descent(
    rng: np.random.Generator,
    count: int,
    *,
    rate: float = 1.0,
    noise: float = 1.0,
    size: int = 6,
    soft: float = 0.05,
    start: float = 8.0,
) -> np.ndarray:
    """Noisy descent on a quadratic bowl with one soft direction, recorded at three times."""
    stiffness = np.where(np.arange(size) == 0, soft, 1.0)
    x, rows = np.full((count, size), start), []
    for step in range(60):
        x = x - 0.05 * rate * stiffness * x + noise * math.sqrt(0.1) * rng.normal(size=x.shape)
        if step % 20 == 19:
            rows.append(x)
    return np.stack(rows, axis=1)


def test_energy_and_projections_of_noisy_descent_against_itself() -> None:
    rng, found = np.random.default_rng(24), []
    directions = np.eye(6)[:4]
    for repeat in range(REPEATS):
        a, b = noisy_descent(rng, 30), noisy_descent(rng, 50)
        energy = inference.energy_test(a, b, seed=repeat, permutations=99)
        projected = inference.projection_test(a, b, directions)
        found.append([energy.maximum_p, energy.p_value[1], projected.p_value[1, 2], projected.adjusted_p.min()])
    values = np.array(found)
    below = np.mean(values <= LEVEL, axis=0)
    check(
        "laws of 30 against 50 trajectories", {"energy, all times": (below[0], LEVEL), "energy, one": (below[1], LEVEL)}
    )
    caught = {
        "Kolmogorov-Smirnov, one (at most)": (below[2], LEVEL),
        "any of twelve, Holm (at most)": (below[3], LEVEL),
    }
    report("discrete or conservative", caught)
    assert (below[2:] <= LEVEL + spread(LEVEL)).all()
    assert_uniform(values[:, 0])
    assert_uniform(values[:, 1])


def test_energy_on_an_ensemble_with_nine_tenths_of_its_variance_in_one_direction() -> None:
    rng, values = np.random.default_rng(25), []
    line = np.linspace(1.0, 2.0, 6) * 3 / np.linalg.norm(np.linspace(1.0, 2.0, 6))
    for repeat in range(REPEATS):
        pool = rng.normal(size=(80, 2, 1)) * line + rng.normal(size=(80, 2, 6)) / math.sqrt(6)
        values.append(inference.energy_test(pool[:30], pool[30:], seed=repeat, permutations=99).maximum_p)
    check("energy, 90 % in one direction", {"rejected": (np.mean(np.array(values) <= LEVEL), LEVEL)})
    assert_uniform(np.array(values))


def test_power_of_energy_and_projections() -> None:
    """Stated: at least 0.8 at these sizes, over 200 repeats each.

    From a start at 20 a learning rate 5 % off moves each stiff mean by 20 · 0.05/e = 2.8 standard errors at t = 1: for
    the five of them Hotelling's test would have power above 0.99.
    """
    repeats, rng, rates = 200, np.random.default_rng(26), {}
    cases = {
        "learning rate 5 % off, 100 against 100": (100, {"rate": 1.05}),
        "noise 10 % off, 300 against 300, 30 parameters": (300, {"noise": 1.1}),
    }
    for name, (count, change) in cases.items():
        options = {"start": 20.0} if "rate" in change else {"size": 30, "soft": 1.0}
        found = []
        for repeat in range(repeats):
            a, b = noisy_descent(rng, count, **options), noisy_descent(rng, count, **options, **change)
            energy = inference.energy_test(a, b, seed=repeat, permutations=99).maximum_p
            projected = inference.projection_test(a, b, np.eye(a.shape[2])).adjusted_p.min()
            found.append((energy <= LEVEL, projected <= LEVEL))
        energy, projected = np.mean(found, axis=0)
        rates[f"{name}: energy"], rates[f"{name}: projections"] = (energy, 0.8), (projected, 0.0)
    report("power against noisy descent (energy at least; projections for comparison)", rates)
    assert all(got >= told - spread(0.8, repeats) for got, told in rates.values())


BETA, CHAINS = 2.0, 8
GRID = np.linspace(-5.0, 5.0, 2001)
ENERGIES = (GRID**2 / 2, (GRID**2 - 1) ** 2)


@functools.cache
def real_chains() -> np.ndarray:
    """(repeat, chain, time, coordinate): a bowl and a double well, started out of the wells' middle."""

    def loss(x: jax.Array) -> jax.Array:
        return jnp.square(x[0]) / 2 + jnp.square(jnp.square(x[1]) - 1)

    walk = corr.mutation(loss, mutation_std=0.7, beta=BETA)
    data = corr.run(
        walk, jnp.array([0.0, 1.0]), steps=1600, trajectories=REPEATS * CHAINS, record_at=range(0, 1601, 4),
        key=corr.root_key(27), block_size=1000, progress=False, keep=REPEATS * CHAINS,
    )  # fmt: skip
    return data.path.values[:, 51:].reshape(REPEATS, CHAINS, -1, 2)


@pytest.mark.parametrize("coordinate", [0, 1])
def test_stationary_law_of_real_mutation(coordinate: int) -> None:
    """The power is that of as many independent values as were used, by simulation; β is 1.5 times too large."""
    energy = ENERGIES[coordinate]
    right, wrong = (
        [inference.stationary_test(chain[..., coordinate], GRID, -beta * energy) for chain in real_chains()]
        for beta in (BETA, 1.5 * BETA)
    )
    values = np.array([result.p_value for result in right])
    name = ("bowl", "double well")[coordinate]
    used = int(np.median([result.used for result in wrong]))
    rates = {"rejected under its own law": (np.mean(values <= LEVEL), LEVEL)}
    check(f"{name}: 8 chains of 350 recorded times, {used} values used", rates)
    assert_uniform(values)
    found = np.mean([result.p_value <= LEVEL for result in wrong])
    told = independent_power(energy, [result.used for result in wrong])
    report("power", {"beta 50 % off": (found, told)})
    assert abs(found - told) <= LIMIT * math.sqrt(2 * max(told * (1 - told), 1 / REPEATS) / REPEATS)


def independent_power(energy: np.ndarray, sizes: list[int]) -> float:
    rng = np.random.default_rng(28)
    true, wrong = (np.cumsum(np.exp(-beta * energy)) for beta in (BETA, 1.5 * BETA))
    draws = (np.interp(rng.random(size), true / true[-1], wrong / wrong[-1]) for size in sizes)
    return float(np.mean([stats.kstest(values, "uniform").pvalue <= LEVEL for values in draws]))


def test_power_law_intervals_cover() -> None:
    """Eight points, of which noise makes some negative; and a curve that is no power law."""
    rng, x = np.random.default_rng(29), np.geomspace(1.0, 100.0, 8)
    cases = {"decay 1/x, errors 2 %": (x**-1.0, np.full(8, 0.02)), "growth x, errors 10": (x, np.full(8, 10.0))}
    rates = {}
    for name, (truth, errors) in cases.items():
        fits = [inference.fit_power_law(x, truth + errors * rng.normal(size=8), errors) for _ in range(REPEATS)]
        exponent = 1.0 if truth[-1] > 1 else -1.0
        rates[f"{name}: covers"] = (np.mean([fit.lower <= exponent <= fit.upper for fit in fits]), 0.95)
        rates[f"{name}: misfit"] = (np.mean([fit.p_value <= LEVEL for fit in fits]), LEVEL)
        assert_uniform(np.array([fit.p_value for fit in fits]))
    check("power law", rates)
    bent = [inference.fit_power_law(x, 1 / x + 0.2 + 0.02 * rng.normal(size=8), np.full(8, 0.02)) for _ in range(100)]
    assert all(fit.p_value <= LEVEL for fit in bent), "a floor is no power law"


@pytest.mark.parametrize("leading", [0.0, 3.0])
def test_exponent_of_convergence_covers(leading: float) -> None:
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
    check(f"1/n law, leading direction {leading:g}", {"interval covers -1": (np.mean(found), 0.95)})
    report("power", {"noise shared by neighbours in fours (at least)": (np.mean(shared), 0.8)})
    assert np.mean(shared) >= 0.8
