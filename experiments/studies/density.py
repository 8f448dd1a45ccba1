"""Densities in one and two dimensions: the exact accept/reject kernel, Fokker-Planck, and particles."""

import itertools
import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

import corr
from corr._clock import matched_step_ratio
from theory import density

from ..declaring.number import Number
from ..declaring.study import Parts, Study

BETAS = (4.0, math.inf)
TIMES = (0.25, 1.0, 4.0)
SIGMAS = {"double well": (0.4, 0.2, 0.1, 0.05), "tilted bowl": (0.5, 0.35, 0.25)}
SHOWN_SIGMA = 0.25
COMPARED_AT = {4.0: 1.0, math.inf: 0.25}  # at β = ∞ both densities soon sit in the minimum, as narrow as σ
STARTS = {"double well": (-0.3,), "tilted bowl": (-1.0, -1.0)}
BINS = 60


class Sizes(NamedTuple):
    """Particles, and points of a grid per σ on the line and on each axis of the plane."""

    particles: int
    line: float
    plane: float


def double_well(x: jax.Array) -> jax.Array:
    """U(x) = (x² - 1)²/4."""
    return jnp.sum((x * x - 1) ** 2) / 4


def tilted_bowl(x: jax.Array) -> jax.Array:
    """U(x, y) = (x² + y²)/2 + 0.3 (x + y)."""
    return jnp.sum(x * x) / 2 + 0.3 * jnp.sum(x)


LOSSES: dict[str, Callable[[jax.Array], jax.Array]] = {"double well": double_well, "tilted bowl": tilted_bowl}


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Densities at three times for one σ, and distances between kernel and limit against σ, for each loss and β."""
    found: dict[str, Callable[[jax.Array], xarray.Dataset]] = {}
    for name in LOSSES:
        for beta in BETAS:
            label = f"{name} {beta:g}"
            found[label] = lambda key, name=name, beta=beta: _densities(key, name, beta, sizes)
            found[f"{label} against sigma"] = lambda key, name=name, beta=beta: _distances(name, beta, sizes)
    return found


def _grid(name: str, std: float, sizes: Sizes) -> density.Grid:
    if name == "double well":
        return density.regular_grid([-2.5], [2.5], [int(5 / std * sizes.line) + 1])
    return density.regular_grid([-2.5] * 2, [2.5] * 2, [int(5 / std * sizes.plane) + 1] * 2)


def _steps(time: float, std: float, beta: float) -> int:
    return round(time / matched_step_ratio(learning_rate=1.0, mutation_std=std, beta=beta))


def _two_laws(name: str, std: float, beta: float, times: tuple[float, ...], sizes: Sizes):
    """Grid, and probabilities at the times by the kernel and by Fokker-Planck, each (times, points), float64."""
    loss, grid = LOSSES[name], _grid(name, std, sizes)
    begin = jnp.exp(-jnp.sum((grid.points - jnp.asarray(STARTS[name])[None, :]) ** 2, axis=1) / (2 * 0.2**2))
    begin = begin / jnp.sum(begin)
    kernel = density.exact_kernel(jax.vmap(loss)(grid.points), grid, mutation_std=std, beta=beta)
    generator = density.limit_generator(jax.grad(loss), grid, mutation_std=std, beta=beta)
    exact, limit = [], []
    for time in times:
        steps = _steps(time, std, beta)
        exact.append(jax.lax.fori_loop(0, steps, lambda _, law: kernel @ law, begin))
        limit.append(density.evolve(generator, begin, steps))
    return grid, kernel, np.asarray(jnp.stack(exact)), np.asarray(jnp.stack(limit))


def _densities(key: jax.Array, name: str, beta: float, sizes: Sizes) -> xarray.Dataset:
    std = SHOWN_SIGMA
    with jax.enable_x64(True):
        grid, kernel, exact, limit = _two_laws(name, std, beta, TIMES, sizes)
        first = np.asarray(grid.points)
        law = jnp.exp(-(beta if math.isfinite(beta) else 0.0) * jax.vmap(LOSSES[name])(grid.points))
        law = law / jnp.sum(law)
        moved = float(jnp.max(jnp.abs(kernel @ law / law - 1))) if math.isfinite(beta) else math.nan
    shape = tuple(grid.shape)
    axis = np.unique(first[:, 0])
    marginal = lambda laws: laws.reshape(len(TIMES), *shape).sum(axis=tuple(range(2, len(shape) + 1)))  # noqa: E731
    counts, edges = _particles(key, name, beta, sizes.particles)
    return xarray.Dataset(
        {"kernel": (("time", "x"), marginal(exact) / grid.spacing[0]),
         "fokker_planck": (("time", "x"), marginal(limit) / grid.spacing[0]),
         "particles": (("time", "bin"), counts), "stationary_error": moved,
         "particle_count": sizes.particles,
         "total_variation": ("time", 0.5 * np.abs(exact - limit).sum(axis=1))},
        coords={"time": list(TIMES), "x": axis, "bin": (edges[1:] + edges[:-1]) / 2},
    )  # fmt: skip


def _particles(key: jax.Array, name: str, beta: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Densities of the first coordinate of real mutation runs from draws of the start law, (times, bins), and edges."""
    centre = jnp.asarray(STARTS[name])
    start_key, run_key = jax.random.split(key)
    starts = centre[None, :] + 0.2 * jax.random.normal(start_key, (count, len(centre)))
    walk = corr.mutation(LOSSES[name], mutation_std=SHOWN_SIGMA, beta=beta)
    marks = [_steps(time, SHOWN_SIGMA, beta) for time in TIMES]

    @jax.jit
    @jax.vmap
    def follow(start: jax.Array, one: jax.Array) -> jax.Array:
        def step(state: corr.State, number: jax.Array) -> tuple[corr.State, jax.Array]:
            state, _ = walk.step(jax.random.fold_in(one, number), state)
            return state, state.position[0]

        return jax.lax.scan(step, walk.init(start), jnp.arange(marks[-1]))[1][jnp.asarray(marks) - 1]

    places = np.asarray(follow(starts, jax.random.split(run_key, count)))
    edges = np.linspace(-2.5, 2.5, BINS + 1)
    return np.stack([np.histogram(places[:, k], edges)[0] / count / np.diff(edges) for k in range(len(TIMES))]), edges


def _distances(name: str, beta: float, sizes: Sizes) -> xarray.Dataset:
    """Total variation, and Wasserstein distance of the first coordinate, between kernel and limit for each σ."""
    sigmas, rows = SIGMAS[name], []
    with jax.enable_x64(True):
        for std in sigmas:
            grid, _, exact, limit = _two_laws(name, std, beta, (COMPARED_AT[beta],), sizes)
            first, second = (law[0].reshape(grid.shape).reshape(grid.shape[0], -1).sum(1) for law in (exact, limit))
            far = density.wasserstein(jnp.asarray(first), jnp.asarray(second), grid.spacing[0])
            rows.append((float(density.total_variation(exact[0], limit[0])), float(far)))
    values = np.asarray(rows)
    return xarray.Dataset(
        {"total_variation": ("sigma", values[:, 0]), "wasserstein": ("sigma", values[:, 1])},
        coords={"sigma": list(sigmas)},
    )


def judge(found: Parts) -> list[str]:
    """Orders in σ, the stationary law, and particles against the kernel."""
    said = []
    for name in LOSSES:
        for beta in BETAS:
            data, apart = found[f"{name} {beta:g}"], found[f"{name} {beta:g} against sigma"]
            orders = [
                float(np.polyfit(np.log(apart.sigma), np.log(apart[what]), 1)[0])
                for what in ("total_variation", "wasserstein")
            ]
            where = f"{name}, β = {'∞' if math.isinf(beta) else f'{beta:g}'}"
            said.append(
                f"{where}, t = {COMPARED_AT[beta]:g}: total variation between exact kernel and Fokker-Planck"
                f" {float(apart.total_variation[0]):.3f} at σ = {float(apart.sigma[0]):g} and"
                f" {float(apart.total_variation[-1]):.3f} at σ = {float(apart.sigma[-1]):g},"
                f" falling as σ^{orders[0]:.2f}; Wasserstein distance as σ^{orders[1]:.2f}."
            )
            if math.isfinite(beta):
                error = float(data.stationary_error)
                said.append(f"{where}: the kernel moves the Boltzmann law by a share of {error:.0e} at most.")
    return said


def numbers(found: Parts) -> dict[str, Number]:
    """Mean position of the particles at every time; at finite β less that of the exact kernel.

    At β = ∞ the law ends in the minimum, as narrow as σ, and the kernel's mean is wherever the nearest grid points lie.
    """
    shown = {}
    for name, beta, (k, time) in itertools.product(LOSSES, BETAS, enumerate(TIMES)):
        data = found[f"{name} {beta:g}"]
        law, places = data.particles.values[k] * (5 / BINS), data.bin.values
        mean = float(law @ places)
        error = math.sqrt(float(law @ (places - mean) ** 2) / int(data.particle_count))
        label = f"{name}, β = {beta:g}, t = {time:g}: mean x of particles"
        if math.isfinite(beta):
            exact = float(data.kernel.values[k] * np.gradient(data.x.values) @ data.x.values)
            shown[f"{label} less kernel"] = Number(mean - exact, error, None, 0.0)
        else:
            shown[label] = Number(mean, error)
    return shown


study = Study(
    name="density",
    title="densities: exact accept/reject kernel, Fokker-Planck and particles",
    presets={"smoke": Sizes(2000, 1.5, 1.0), "quick": Sizes(100_000, 4.0, 2.0), "paper": Sizes(2_000_000, 8.0, 3.0)},
    parts=parts,
    judge=judge,
    numbers=numbers,
    minutes={"smoke": 0.5, "quick": 2.0, "paper": 20.0},
)
