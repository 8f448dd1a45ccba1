"""Drift and noise at a point, laws and stationary laws, power laws, arviz: right answers, and wrong ones refused."""

import functools
import math
import sys
import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray
from scipy import special, stats
from scipy.spatial import distance

import corr
from corr import inference

LIMIT = 4.0
STD, GRADIENT = 0.01, np.array([2.0, -1.0, 0.5])
DRAWS = 20_000


def linear(x: jax.Array) -> jax.Array:
    return jnp.sum(jnp.asarray(GRADIENT, jnp.float32) * x)


@functools.cache
def real_steps(s: float) -> inference.OneSteps:
    """At s = 1 the drift is smaller and its error larger: 5 % of it are 3 standard errors of ``DRAWS`` draws, not 9."""
    beta = math.inf if math.isinf(s) else s / (STD * float(np.linalg.norm(GRADIENT)))
    walk = corr.mutation(linear, mutation_std=STD, beta=beta)
    return inference.one_step_displacements(
        walk, jnp.zeros(3), draws=DRAWS if math.isinf(s) else 10 * DRAWS, key=corr.root_key(3)
    )


def level_1(s: float, drift: float = 1.0, noise: float = 1.0) -> dict[str, object]:
    """Theory, with drift and standard deviation of the noise multiplied."""
    tail = float(special.erfcx(s / math.sqrt(2))) / 2
    f = 1 / math.sqrt(2 * math.pi) if math.isinf(s) else s * tail
    accepted = 0.5 + tail
    second = 0.5 if math.isinf(s) else 0.5 + (1 + s**2) * tail - s / math.sqrt(2 * math.pi)
    across, along = (noise**2 * STD**2 * moment for moment in (accepted, second))
    along -= noise**2 * (STD * f) ** 2
    return {
        "drift": -drift * STD * f * GRADIENT / np.linalg.norm(GRADIENT),
        "acceptance": accepted,
        "second_moment": along + noise**2 * (STD * f) ** 2 + 2 * across,
        "trace": along + 2 * across,
        "along": along,
        "across": across,
        "isotropy": along / across,
    }


@pytest.mark.parametrize("s", [pytest.param(1.0, marks=pytest.mark.slow), math.inf])
def test_real_steps_agree_with_level_1(s: float) -> None:
    """Eight comparisons at two s, of standard errors 4: a false alarm in 1 of 1000; the twins are off by 5 and 10 %."""
    steps = real_steps(s)
    predicted = {"right": level_1(s), "drift off": level_1(s, drift=0.95), "noise off": level_1(s, noise=1.1)}
    result = inference.drift_and_noise(*steps, GRADIENT, predicted=predicted)
    right = result.comparisons["right"]
    smallest = 2 * stats.norm.sf(LIMIT)
    assert len(right) == 8
    assert min(test.p_value for test in right.values()) > smallest, right
    assert result.centred_p > smallest
    for name in ("drift", "drift_along"):
        assert result.comparisons["drift off"][name].adjusted_p < smallest
    for name in ("second_moment", "trace", "along", "across"):
        assert result.comparisons["noise off"][name].adjusted_p < smallest


def test_biased_acceptance_is_noticed() -> None:
    """At β = ∞, one rising proposal in 50 let through: 6 standard errors of the acceptance and 8 of the drift, of the
    3.8 that Holm asks for at 1e-3."""
    rng = np.random.default_rng(0)
    moves = STD * rng.normal(size=(100_000, 3))
    spoiled = (moves @ GRADIENT <= 0) | (rng.random(100_000) < 0.02)
    result = inference.drift_and_noise(moves, spoiled, GRADIENT, predicted={"theory": level_1(math.inf)})
    for name in ("acceptance", "drift", "drift_along"):
        assert result.comparisons["theory"][name].adjusted_p < 1e-3


def test_shifted_proposals_are_noticed() -> None:
    moves, accepted = real_steps(math.inf)
    shifted = inference.drift_and_noise(moves + 0.1 * STD, accepted, GRADIENT, predicted={})
    assert shifted.centred_p < 2 * stats.norm.sf(LIMIT)


def test_drift_is_the_covariance_of_proposal_and_acceptance() -> None:
    moves, accepted = (part[:500].astype(float) for part in real_steps(math.inf))
    result = inference.drift_and_noise(moves, accepted, GRADIENT, predicted={})
    table = np.cov(np.column_stack([moves, accepted]).T)
    np.testing.assert_allclose(result.drift, table[-1, :3], rtol=1e-9)
    plain_error = (moves * accepted[:, None]).std(axis=0) / np.sqrt(500)
    assert (result.drift_error < plain_error).all()


def test_noisy_descent_is_accepted_and_measured() -> None:
    """All accepted: the plain mean, against the drift and noise put in; five comparisons and the acceptance."""
    dt, step_time = 0.04, 0.01
    side = corr.langevin(linear, time_step=dt, moments=corr.paper_moments(step_time=step_time))
    steps = inference.one_step_displacements(side, jnp.zeros(3), draws=4000, key=corr.root_key(4))
    drift, noise = -dt * GRADIENT / np.linalg.norm(GRADIENT), dt * math.pi * step_time
    truth = {"drift": drift, "acceptance": 1.0, "along": noise, "across": noise, "isotropy": 1.0}
    result = inference.drift_and_noise(
        *steps, GRADIENT, predicted={"right": truth, "wrong": {**truth, "along": 1.2 * noise}}
    )
    assert math.isnan(result.centred_p)
    assert min(test.p_value for test in result.comparisons["right"].values()) > 2 * stats.norm.sf(LIMIT)
    assert result.comparisons["wrong"]["along"].p_value < 2 * stats.norm.sf(LIMIT)


def test_draws_do_not_depend_on_how_many() -> None:
    def step(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
        moved = jax.random.normal(key, state.position.shape)
        return state, corr.Info(moved, moved[0] < 0, state.loss, jnp.isfinite(state.loss))

    toy = corr.Dynamics(lambda x: corr.State(x, jnp.sum(x)), step)
    few, many = (
        inference.one_step_displacements(toy, jnp.zeros(2), draws=count, key=corr.root_key(3)) for count in (3, 600)
    )
    np.testing.assert_allclose(few.displacements, many.displacements[:3], rtol=1e-6)
    np.testing.assert_array_equal(few.accepted, few.displacements[:, 0] < 0)
    assert len(np.unique(many.displacements[:, 0])) > 590
    with pytest.raises(ValueError, match="at least 2"):
        inference.one_step_displacements(toy, jnp.zeros(2), draws=1, key=corr.root_key(3))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda m, a, g: (m[:50], a[:50], g), "at least 100"),
        (lambda m, a, g: (np.tile(m[:100], (3, 1)), np.tile(a[:100], 3), g), "occurs 3 times"),
        (lambda m, a, g: (np.where(m > 0.02, np.nan, m), a, g), "finite"),
        (lambda m, a, g: (m, a + 1, g), "0 or 1"),
        (lambda m, a, g: (m, a[:5], g), "shapes"),
        (lambda m, a, g: (m, a, g[:2]), "shapes"),
        (lambda m, a, g: (m, a, 0 * g), "gradient is zero"),
        (lambda m, a, g: (m * [1, 0, 1], a, g), r"parameters \[1\] show no spread"),
    ],
)
def test_bad_draws(spoil, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inference.drift_and_noise(*spoil(*real_steps(math.inf), GRADIENT), predicted={})


@pytest.mark.parametrize(
    ("prediction", "message"),
    [
        ({"speed": 1.0}, "expected some of"),
        ({}, "expected some of"),
        ({"drift": [1.0]}, "shape"),
        ({"along": math.nan}, "finite"),
        ({"acceptance": 1.5}, r"in \[0, 1\]"),
    ],
)
def test_bad_predictions(prediction: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inference.drift_and_noise(*real_steps(math.inf), GRADIENT, predicted={"x": prediction})


def spreads(rng: np.random.Generator, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Two ensembles of equal mean, the second with its noise multiplied."""
    return rng.normal(size=(60, 2, 8)), scale * rng.normal(size=(50, 2, 8))


def test_energy_statistic_is_the_energy_distance_of_different_pairs() -> None:
    a, b = spreads(np.random.default_rng(0))
    result = inference.energy_test(a, b, seed=0, permutations=9)
    x, y = a[:, 1], b[:, 1]
    expected = 2 * distance.cdist(x, y).mean() - distance.pdist(x).mean() - distance.pdist(y).mean()
    assert result.statistic[1] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_energy_sees_a_change_of_spread_that_leaves_the_means(scale: float) -> None:
    """All of 10 pairs with half as much noise again; without it at most 4, which chance exceeds once in 10 000."""
    rng = np.random.default_rng(1)
    found = [
        inference.energy_test(*spreads(rng, scale), seed=repeat, permutations=99).maximum_p <= 0.05
        for repeat in range(10)
    ]
    assert sum(found) <= 4 if scale == 1.0 else all(found)


def test_laws_at_the_common_start_are_equal() -> None:
    a, b = spreads(np.random.default_rng(0))
    a[:, 0] = b[:, 0] = 1.0
    assert inference.energy_test(a, b, seed=0, permutations=19).p_value[0] == 1.0
    assert inference.projection_test(a, b, np.eye(8)).p_value[:, 0].tolist() == [1.0] * 8


def test_projection_test_is_kolmogorov_smirnov_of_each_projection() -> None:
    a, b = spreads(np.random.default_rng(2), 3.0)
    directions = np.random.default_rng(3).normal(size=(4, 8))
    result = inference.projection_test(a, b, directions)
    one = stats.ks_2samp(a[:, 1] @ directions[2], b[:, 1] @ directions[2])
    assert result.p_value[2, 1] == pytest.approx(one.pvalue, rel=1e-9)
    order = np.sort(result.p_value.ravel())
    assert result.adjusted_p.min() == pytest.approx(order.size * order[0], rel=1e-9)
    with pytest.raises(ValueError, match="row of zeros"):
        inference.projection_test(a, b, np.zeros((1, 8)))


@pytest.mark.parametrize("test", [functools.partial(inference.energy_test, seed=0),
                                  functools.partial(inference.projection_test, directions=np.eye(8))])  # fmt: skip
def test_bad_ensembles(test) -> None:
    a, b = spreads(np.random.default_rng(0))
    for bad, message in ((a[:1], "at least 2"), (a[[0, 1, 1]], "repeats 1"), (a * np.nan, "finite"),
                         (a[:, :1], "differ in")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            test(bad, b)


BETA, WELL = 2.0, 1.0


def two_potentials(x: jax.Array) -> jax.Array:
    """A quadratic bowl for one coordinate and a double well for the other."""
    return jnp.square(x[0]) / 2 + WELL * jnp.square(jnp.square(x[1]) - 1)


@functools.cache
def chains() -> xarray.Dataset:
    """Real mutation at finite β, the first 200 steps left out, every 20th step kept."""
    walk = corr.mutation(two_potentials, mutation_std=0.7, beta=BETA)
    return corr.run(
        walk, jnp.array([0.0, 1.0]), steps=1000, trajectories=128, record_at=range(0, 1001, 20), key=corr.root_key(5),
        block_size=128, devices=1, progress=False,
    ).isel(time=slice(10, None))  # fmt: skip


@pytest.mark.parametrize("coordinate", [0, 1])
def test_mutation_leaves_the_boltzmann_law(coordinate: int) -> None:
    """Two comparisons at p = 1e-4; the twins have β doubled, and wells tilted by a fifth of their barrier."""
    grid = np.linspace(-4.0, 4.0, 4001)
    energy = (grid**2 / 2, WELL * (grid**2 - 1) ** 2)[coordinate]
    values = chains().path.values[..., coordinate]
    result = inference.stationary_test(values, grid, -BETA * energy)
    assert result.p_value > 1e-4, result
    assert result.used < values.size
    wrong = -2.0 * BETA * energy if coordinate == 0 else -BETA * (energy + 0.2 * WELL * grid)
    assert inference.stationary_test(values, grid, wrong).p_value < 1e-4


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_correlation_time_of_a_known_process(correlation: float) -> None:
    """(1 + ρ)/(1 - ρ) for the process itself; its distribution function is correlated (6/π) arcsin(ρ^k/2)."""
    rng = np.random.default_rng(6)
    draws = rng.normal(size=(20, 4000))
    for k in range(1, 4000):
        draws[:, k] = correlation * draws[:, k - 1] + math.sqrt(1 - correlation**2) * draws[:, k]
    grid = np.linspace(-7.0, 7.0, 2001)
    result = inference.stationary_test(draws, grid, -(grid**2) / 2)
    exact = 1 + 2 * np.sum(6 / math.pi * np.arcsin(correlation ** np.arange(1, 200) / 2))
    # Error of a sum of autocorrelations over a window of about 6 τ, doubled for the maximum over six functions.
    error = exact * math.sqrt(2 * 6 * exact / draws.size)
    assert abs(result.correlation_time - exact) < 2 * LIMIT * error
    assert result.effective_size == pytest.approx(draws.size / result.correlation_time)


def test_bad_chains_and_grids() -> None:
    grid, draws = np.linspace(-7.0, 7.0, 801), np.random.default_rng(0).normal(size=(4, 200))
    logs = -(grid**2) / 2
    for bad, message in ((draws[:1], "at least 2"), (draws[[0, 1, 1]], "repeats 1"), (draws * np.nan, "not finite"),
                         (draws[0], "dimensions"), (draws[:, :4], "run longer"), (draws * 9, "widen")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            inference.stationary_test(bad, grid, logs)
    for points, law, message in ((grid[::-1], logs, "ascending"), (grid, logs[:9], "shapes"),
                                 (grid, logs * np.nan, "finite"), (grid[::80], logs[::80], "finer")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            inference.stationary_test(draws, points, law)


def test_power_law_without_noise_and_with_negative_values() -> None:
    x = np.geomspace(0.01, 10, 12)
    fit = inference.fit_power_law(x, 0.2 * x**1.5, 1e-3 * x)
    assert fit.exponent == pytest.approx(1.5, abs=1e-6)
    assert fit.amplitude == pytest.approx(0.2, rel=1e-6)
    assert fit.lower < 1.5 < fit.upper
    rng = np.random.default_rng(7)
    errors = np.full(12, 0.05)
    noisy = inference.fit_power_law(x, 0.2 * x**1.5 + errors * rng.normal(size=12), errors)
    assert noisy.lower < 1.5 < noisy.upper
    assert noisy.p_value > 1e-4
    assert inference.fit_power_law(x, 0.2 * x**1.5 + 0.5 * np.sin(9 * x), errors).p_value < 1e-4


def test_an_interval_that_the_values_do_not_bound_is_infinite() -> None:
    fit = inference.fit_power_law([1.0, 2.0, 4.0], [0.0, 0.1, 9.0], [1.0, 1.0, 1.0])
    assert math.isinf(fit.upper)
    assert math.isfinite(fit.lower)


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        ([1, 2], [1, 2], [1, 1], "at least 3"),
        ([1, 1, 2], [1, 2, 3], [1, 1, 1], "at least 3"),
        ([0, 1, 2], [1, 2, 3], [1, 1, 1], "positive"),
        ([1, 2, 3], [1, 2, 3], [1, 0, 1], "positive"),
        ([1, 2, 3], [1, math.nan, 3], [1, 1, 1], "finite"),
        ([1, 2, 3], [-1, -2, -3], [1, 1, 1], "no power law"),
    ],
)
def test_bad_power_laws(x, y, error, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inference.fit_power_law(x, y, error)


def test_convergence_follows_its_law_down_to_the_floor() -> None:
    """Means of at least 4 groups at 3 counts: each within 4 standard errors of floor + V/n, with the errors of means of
    squares of normal numbers in 50 dimensions; the crossing is known exactly."""
    shift, size = 0.1, 50
    paths = np.random.default_rng(8).normal(size=(1600, 2, size)) + shift
    result = inference.convergence_in_trajectories(paths, np.zeros((2, size)), counts=[1, 20, 400])
    exact = shift**2 + 1 / result.counts
    groups = 1600 // result.counts
    error = np.sqrt((2 / result.counts**2 + 4 * shift**2 / result.counts) / (groups * size))
    assert (np.abs(result.delta - exact[:, None]) < LIMIT * error[:, None]).all()
    np.testing.assert_allclose(result.law, result.floor + (result.law[0] - result.floor) / result.counts[:, None])
    assert (np.abs(result.floor - shift**2) < LIMIT * 2 * shift / math.sqrt(1600 * size)).all()
    assert np.isnan(result.exponent).all(), "three counts were given, and one of them is too large to be fitted"
    pair = inference.convergence_in_trajectories(paths, paths[:800] - shift, counts=[1, 2, 4, 8])
    centre = paths[:800].mean(axis=0) - shift
    np.testing.assert_allclose(
        pair.floor, inference.delta(paths.mean(axis=0), centre) - inference.sampling_noise(paths), rtol=1e-9
    )


def test_neighbours_that_share_noise_flatten_the_law() -> None:
    """Interval of five standard errors' worth (t with 15 degrees of freedom, p = 1e-4), with a twin in fours."""
    rng, counts, zero = np.random.default_rng(9), [1, 2, 4, 8, 16, 32], np.zeros((1, 20))
    own = rng.normal(size=(640, 1, 20))
    shared = np.repeat(rng.normal(size=(160, 1, 20)), 4, axis=0) + 0.1 * own
    good = inference.convergence_in_trajectories(own, zero, counts=counts, level=1e-4)
    bad = inference.convergence_in_trajectories(shared, zero, counts=counts, level=1e-4)
    assert good.lower[0] < -1 < good.upper[0]
    assert bad.lower[0] > -1


@pytest.mark.parametrize(
    ("count", "counts", "message"),
    [(31, [1, 2, 3], "at least 32"), (40, [0, 1], "whole numbers"), (40, [41], "whole numbers"), (40, [1.5], "whole")],
)
def test_bad_counts(count: int, counts: list, message: str) -> None:
    paths = np.random.default_rng(0).normal(size=(count, 1, 2))
    with pytest.raises(ValueError, match=message):
        inference.convergence_in_trajectories(paths, np.zeros((1, 2)), counts=counts)


class Container:
    def __init__(self, **groups: xarray.Dataset):
        self.groups = groups


@pytest.mark.parametrize("module", [types.SimpleNamespace(InferenceData=Container), types.SimpleNamespace()])
def test_arviz_groups(module, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the container of arviz 0, and without it as in arviz 1."""
    monkeypatch.setitem(sys.modules, "arviz", module)
    data = chains()
    converted = inference.to_arviz(data.isel(path_trajectory=slice(3, 8)))
    groups = converted.groups if isinstance(converted, Container) else converted.children
    assert set(groups) == {"posterior", "sample_stats"}
    posterior, statistics = groups["posterior"], groups["sample_stats"]
    assert posterior["x"].dims == ("chain", "draw", "parameter")
    assert statistics["loss"].dims == ("chain", "draw")
    np.testing.assert_array_equal(posterior["chain"], np.arange(3, 8))
    np.testing.assert_array_equal(posterior["time"], data.time)
    np.testing.assert_array_equal(posterior["x"], data.path[3:8])
    np.testing.assert_array_equal(statistics["loss"], data.loss[3:8])


def test_arviz_absent_or_unusable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "arviz", None)
    data = chains()
    with pytest.raises(ImportError, match="pip install arviz"):
        inference.to_arviz(data)
    for bad, message in ((data.drop_vars("path"), "lacks"), (data.isel(path_trajectory=slice(0)), "no paths"),
                         (data.assign(loss=data.loss.where(data.loss < 1)), "not finite")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            inference.to_arviz(bad)
