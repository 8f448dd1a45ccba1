"""Densities: stationary law, kernel against Fokker-Planck and particles, order in σ."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.theory import density

pytestmark = pytest.mark.usefixtures("x64")


def double_well(x: jax.Array) -> jax.Array:
    return jnp.sum((x * x - 1) ** 2) / 4


def tilted(x: jax.Array) -> jax.Array:
    """A quadratic bowl with a tilt, in any dimension."""
    return jnp.sum(x * x) / 2 + 0.3 * jnp.sum(x)


@pytest.fixture(params=["line", "plane"])
def grid(request: pytest.FixtureRequest) -> density.Grid:
    if request.param == "line":
        return density.regular_grid([-3.0], [3.0], [241])
    return density.regular_grid([-2.0, -2.0], [2.0, 2.0], [25, 25])


def on(grid: density.Grid, loss: object) -> jax.Array:
    return jax.vmap(loss)(grid.points)  # pyright: ignore[reportArgumentType]


def start(grid: density.Grid, place: float) -> jax.Array:
    weight = jnp.exp(-jnp.sum((grid.points - place) ** 2, axis=1) / (2 * 0.2**2))
    return weight / jnp.sum(weight)


@pytest.mark.parametrize("loss", [double_well, tilted])
def test_boltzmann_is_stationary_to_rounding(grid: density.Grid, loss: object) -> None:
    kernel = density.exact_kernel(on(grid, loss), grid, mutation_std=0.5, beta=3.0)
    law = jnp.exp(-3.0 * on(grid, loss))
    law = law / jnp.sum(law)
    np.testing.assert_allclose(kernel @ law, law, rtol=1e-11, atol=1e-17)
    np.testing.assert_allclose(jnp.sum(kernel, axis=0), 1.0, rtol=1e-13)
    renormalized = kernel - jnp.diag(jnp.diag(kernel))
    renormalized = renormalized / jnp.sum(renormalized, axis=0)[None, :]
    assert float(jnp.max(jnp.abs(renormalized @ law / law - 1))) > 1e-3


def test_generator_conserves_probability_and_leaves_boltzmann_nearly_stationary(grid: density.Grid) -> None:
    generator = density.limit_generator(jax.grad(tilted), grid, mutation_std=0.1, beta=2.0)
    np.testing.assert_allclose(jnp.sum(generator, axis=0), 0.0, atol=1e-12)
    law = jnp.exp(-2.0 * on(grid, tilted))
    law = law / jnp.sum(law)
    left = density.total_variation(density.evolve(generator, law, 1000.0), law)
    assert float(left) < grid.spacing[0] ** 2


def apart(std: float, beta: float) -> tuple[float, float]:
    """Total variation and W₁ between kernel and Fokker-Planck at one common time, from one side of the double well."""
    time = 2.0
    steps = round(time / (std / math.sqrt(2 * math.pi) if math.isinf(beta) else beta * std**2 / 2))
    grid = density.regular_grid([-2.5], [2.5], [int(5 / (std / 3)) + 1])
    begin = start(grid, -0.3)
    kernel = density.exact_kernel(on(grid, double_well), grid, mutation_std=std, beta=beta)
    exact = jnp.linalg.matrix_power(kernel, steps) @ begin
    generator = density.limit_generator(jax.grad(double_well), grid, mutation_std=std, beta=beta)
    limit = density.evolve(generator, begin, steps)
    return float(density.total_variation(exact, limit)), float(density.wasserstein(exact, limit, grid.spacing[0]))


@pytest.mark.slow
def test_kernel_tends_to_fokker_planck_with_the_mutation_scale() -> None:
    """At finite β the one-step error is of order s = βσ|g|, so halving σ about halves both distances."""
    distances = np.array([apart(std, 4.0) for std in (0.2, 0.1, 0.05)])
    orders = np.log2(distances[:-1] / distances[1:])
    assert np.all((orders > 0.7) & (orders < 1.6)), orders


@pytest.mark.slow
@pytest.mark.parametrize(("beta", "steps"), [(4.0, 40), (math.inf, 8)])
def test_particles_follow_the_kernel_and_not_a_wrong_one(beta: float, steps: int) -> None:
    """Chi-squared over 20 bins of equal probability; 4 standard errors of the statistic. The twin has σ 10 % off.

    At β = ∞ after few steps: later the density is narrower than the grid resolves.
    """
    std, particles = 0.25, 40_000
    grid = density.regular_grid([-3.0], [3.0], [1201])
    spot = int(np.argmin(np.abs(np.asarray(grid.points[:, 0]) + 0.25)))
    begin = jnp.zeros(1201).at[spot].set(1.0)

    def law(scale: float) -> np.ndarray:
        kernel = density.exact_kernel(on(grid, double_well), grid, mutation_std=scale, beta=beta)
        return np.asarray(jnp.linalg.matrix_power(kernel, steps) @ begin)

    walk = corr.mutation(double_well, mutation_std=std, beta=beta)
    result = corr.run(
        walk, grid.points[spot], steps=steps, trajectories=particles, keep=particles, key=corr.root_key(2),
        block_size=500, progress=False,
    )  # fmt: skip
    places = result.path.values[:, -1, 0]

    def score(expected: np.ndarray) -> float:
        edges = np.asarray(grid.points[:, 0]) + grid.spacing[0] / 2
        cuts = edges[np.searchsorted(np.cumsum(expected), np.arange(1, 20) / 20)]
        shares = np.diff(np.r_[0.0, np.cumsum(expected)[np.searchsorted(edges, cuts)], 1.0])
        counts = np.bincount(np.searchsorted(cuts, places), minlength=20)
        chi = np.sum((counts - particles * shares) ** 2 / (particles * shares))
        return (chi - 19) / math.sqrt(2 * 19)

    assert score(law(std)) < 4
    assert score(law(1.1 * std)) > 4


@pytest.mark.parametrize("bad", [([0.0], [1.0], [1]), ([1.0], [0.0], [5]), ([0.0] * 3, [1.0] * 3, [3] * 3)])
def test_bad_grids(bad: tuple[list[float], list[float], list[int]]) -> None:
    with pytest.raises(ValueError, match="expected one or two axes"):
        density.regular_grid(*bad)
