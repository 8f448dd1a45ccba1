"""Population schemes: the formulas against simulated generations on a linear loss, and against each other."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from theory import genetic, order_statistics, populations

K, DRAWS = 4.0, 40_000
Weights = Callable[[np.ndarray], np.ndarray]


def measured(count: int, weights: Weights, draws: int = DRAWS) -> tuple[np.ndarray, np.ndarray]:
    """Drift and variance across of Σ w_i ε_i, with standard errors; ``weights(z (n,)) -> w`` of the slope's share z."""
    rng = np.random.default_rng(count)
    along, across = rng.normal(size=(2, draws, count))
    chosen = np.stack([weights(row) for row in along])
    values = np.stack([np.sum(chosen * along, axis=1), np.sum(chosen * across, axis=1) ** 2])
    return values.mean(axis=1), values.std(axis=1, ddof=1) / math.sqrt(draws)


def best(share: int) -> Weights:
    return lambda z: (np.argsort(np.argsort(-z)) < share) / share


def best_or_none(z: np.ndarray) -> np.ndarray:
    return (z == z.max()) * (z.max() > 0)


SCHEMES: dict[str, tuple[populations.Generation, int, Weights]] = {
    "mutation": (populations.mutation(), 1, best_or_none),
    "(1, 5)": (populations.best_of(5), 5, best(1)),
    "(1 + 5)": (populations.best_of_or_parent(5), 5, best_or_none),
    "(3/3, 12)": (populations.recombination(3, 12), 12, best(3)),
    "raw fitness": (populations.raw_fitness(30), 30, lambda z: z / len(z)),
}


@pytest.mark.parametrize("name", SCHEMES)
def test_generation_on_a_linear_loss(name: str) -> None:
    """10 comparisons at 4 standard errors; 5 % more drift or noise must fail."""
    said, count, weights = SCHEMES[name]
    assert said.evaluations == count
    # Raw fitness multiplies ε by z: variance across (1/n²) Σ z², of mean 1/n, its fitness known without an error.
    (drift, noise), (drift_error, noise_error) = measured(count, weights)
    for value, error, theory in ((drift, drift_error, said.drift), (noise, noise_error, said.noise)):
        assert abs(value - theory) < K * error, (value, theory, error)
        assert abs(value - 1.05 * theory) > K * error


def ranked(z: np.ndarray) -> np.ndarray:
    return (np.argsort(np.argsort(z)) / (len(z) - 1) - 0.5) / len(z)


def scored(z: np.ndarray) -> np.ndarray:
    return (z - z.mean()) / z.std() / len(z)


SHAPED = {"centred ranks": (populations.centred_ranks, ranked), "z-scores": (populations.z_scores, scored)}


@pytest.mark.parametrize("name", SHAPED)
@pytest.mark.parametrize(("count", "antithetic"), [(2, False), (5, False), (2, True), (6, True)])
def test_shaped_fitness_at_any_number_of_children(name: str, count: int, antithetic: bool) -> None:
    """16 comparisons at 4 standard errors; a tenth more drift or noise must fail."""
    law, weights = SHAPED[name]
    said = law(count, antithetic=antithetic)

    def paired(z: np.ndarray) -> np.ndarray:
        both = weights(np.concatenate([z, -z]))
        return both[: len(z)] - both[len(z) :]

    found = measured(count // 2, paired) if antithetic else measured(count, weights)
    for value, error, theory in zip(*found, said[:2], strict=True):
        assert abs(value - theory) < K * error, (value, theory, error)
        assert abs(value - 1.1 * theory) > K * error


def test_kappa_of_shaped_fitness_in_large_populations() -> None:
    """Without pairs κ of ranks goes to π/3, of z-scores to 1, as of raw fitness; the errors are of order 1/n."""
    count = 10_000
    for law, limit in ((populations.centred_ranks, math.pi / 3), (populations.z_scores, 1.0)):
        assert law(count).kappa == pytest.approx(limit, rel=3 / count)
        assert law(count, antithetic=True).kappa == pytest.approx(2 * limit, rel=3 / count)


def test_order_means() -> None:
    five = order_statistics.order_means(5)
    np.testing.assert_allclose(five, -five[::-1], atol=1e-10)
    np.testing.assert_allclose(five[-2:], [0.4950190, 1.1629645], atol=1e-6)  # tables of order statistics
    assert order_statistics.order_means(2)[1] == pytest.approx(1 / math.sqrt(math.pi), abs=1e-9)
    assert populations.recombination(400, 2000).drift == pytest.approx(order_statistics.selected_mean(0.2), rel=1e-3)


def test_kappa_of_the_atlas() -> None:
    found = {
        "mutation": populations.mutation().kappa,
        "half": populations.recombination(2000, 4000).kappa,
        "27 %": populations.recombination(1080, 4000).kappa,
        "raw": populations.raw_fitness(40).kappa,
    }
    expected = {"mutation": math.pi, "half": math.pi, "27 %": 2.469, "raw": 1.0}
    assert found == pytest.approx(expected, rel=1e-3)
    assert [populations.genetic_closure(0.5, n).kappa for n in (20, 160)] == pytest.approx([20, 160])


def kept_gaussian(share: float, count: int, generations: int) -> tuple[float, float]:
    """Speed of the mean and its error over 8 populations drawn anew with the mean and the spread of the selected."""
    rng, populace = np.random.default_rng(1), np.zeros((8, count))
    kept, means = int(share * count), []
    for _ in range(generations):
        chosen = np.sort(populace, axis=1)[:, -kept:]
        mean, spread = chosen.mean(axis=1, keepdims=True), chosen.std(axis=1, keepdims=True)
        populace = mean + spread * rng.normal(size=populace.shape) + rng.normal(size=populace.shape)
        means.append(populace.mean(axis=1))
    late = generations // 2
    speeds = (means[-1] - means[late]) / (generations - 1 - late)
    return float(speeds.mean()), float(speeds.std(ddof=1) / math.sqrt(8))


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_truncation_is_a_front_and_of_a_population_kept_gaussian_the_closure(share: float) -> None:
    """The finite-population series is slow: between its first term and none at 20 000, 5 % of it open."""
    speed, error = genetic.truncation_speed(share, 20_000, burn_in=30, generations=30, populations=8)
    slowest, fastest = populations.front_speed(share, 20_000), populations.front_speed(share)
    assert slowest - 0.05 * fastest - K * error < speed < fastest + K * error
    gaussian = populations.genetic_closure(share, 20_000).drift
    assert speed > gaussian + K * error
    mixed, mixed_error = kept_gaussian(share, 20_000, 60)
    assert abs(mixed - gaussian) < 0.01 * gaussian + K * mixed_error


@pytest.mark.parametrize("crossover", [False, True])
def test_one_parent_is_the_best_of_n(crossover: bool) -> None:
    """All descend from one at once: v = c_n, whatever N; c of n - 1 is caught."""
    found = genetic.truncation_speed(
        0.1, 10, parameters=7, crossover=crossover, burn_in=1, generations=20, populations=400
    )
    assert abs(found.value - populations.best_of(10).drift) < K * found.error
    assert abs(found.value - populations.best_of(9).drift) > K * found.error


def test_crossover_does_nothing_along_one_parameter_and_much_along_many() -> None:
    sides = [
        genetic.truncation_speed(
            0.5, 40, parameters=size, crossover=True, burn_in=20, generations=20, populations=200, seed=size
        )
        for size in (1, 50)
    ]
    alone = genetic.truncation_speed(0.5, 40, burn_in=20, generations=20, populations=200, seed=2)
    scores = [(one.value - alone.value) / math.hypot(one.error, alone.error) for one in sides]
    assert abs(scores[0]) < K < scores[1]


@pytest.mark.parametrize(
    ("share", "count", "size", "off"), [(0.5, 40, 400, (0.0, 0.06)), (0.2, 40, 400, (0.0, 0.06)),
                                        pytest.param(0.5, 200, 50, (0.2, 0.5), marks=pytest.mark.slow)]
)  # fmt: skip
def test_the_recursion_without_inheritance_is_too_fast(
    share: float, count: int, size: int, off: tuple[float, float]
) -> None:
    """By as much as theory/README.md says."""
    span = {"burn_in": 60, "generations": 60}
    found = genetic.truncation_speed(share, count, parameters=size, crossover=True, populations=20, **span)
    ratio = genetic.crossed_recursion(share, count, size, **span) / found.value - 1
    slack = K * found.error / found.value
    assert off[0] - slack < ratio < off[1] + slack


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: genetic.truncation_speed(0.01, 10, burn_in=1, generations=1), "0.01 of 10 is 0 parents"),
        (lambda: genetic.truncation_speed(0.5, 1, burn_in=1, generations=1), "count must be a whole number of at l"),
        (lambda: genetic.truncation_speed(0.5, 4, burn_in=-1, generations=1), "burn_in must be a whole number of at"),
        (lambda: populations.best_of(1), "count must be a whole number of at least 2, got 1"),
        (lambda: populations.recombination(4, 4), "parents must be fewer than the 4"),
        (lambda: populations.weighted(np.ones(5), 4), "at most 4 numbers"),
        (lambda: order_statistics.selected_mean(1.0), "share must lie between 0 and 1, got 1.0"),
        (lambda: populations.front_speed(0.5, 1), "count must be at least 2, got 1"),
        (lambda: populations.centred_ranks(2.5), "whole number of at least 2, got 2.5"),
        (lambda: populations.z_scores(1), "whole number of at least 2, got 1"),
        (lambda: populations.raw_fitness(5, antithetic=True), "count must be even, .* got 5: give 6"),
    ],
)
def test_what_makes_no_sense_is_refused(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()
