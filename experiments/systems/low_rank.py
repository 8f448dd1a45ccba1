"""Mutations of low rank: a map of singular values at β = ∞, the gradient at finite β, two-point steps; seeds."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

import corr
from corr import populations, proposals
from theory import low_rank as theory
from theory import seeds

from ..declaring.number import sample
from ..declaring.study import Study
from . import law
from .schemes import Loss

VALUES = np.array([1.0, 0.5, 0.2, 0.05, 0.01])
ROWS, COLUMNS = 8, 5
RANKS: tuple[int | None, ...] = (1, 2, None)
WARM = 0.05  # βσ‖G‖
FACTORS = (0.25, 0.5, 1.0, 1.5)  # of the largest learning rate of two-point estimates
BOWL = np.array([1.0, 2.0, 5.0, 0.5, 0.1])
NEAR = 0.2  # largest singular value at the second place of a bowl of a matrix
STRAIGHT = "the gradient"
SIZES = (1_000, 30_000, 1_000_000)  # of the parameters
POPULATION, ROOM = 64, 100
WORDS = 16  # bytes of loss, generation and key, which the law leaves out
BUFFERS = 0.02  # share that XLA may add for its own
STORED = "weights of every individual stored"


class Sizes(NamedTuple):
    """Draws of a step, and ranks of those above; all of them, and two-point steps and seeds are looked at as well."""

    draws: int
    ranks: int


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Drifts at β = ∞ for every rank, at finite β for rank one, two-point steps, and memory from seeds."""
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
        "full rank" if rank is None else f"rank {rank}": partial(cold, rank=rank, draws=sizes.draws)
        for rank in RANKS[: sizes.ranks]
    }
    made["rank 1, warm"] = partial(warm, draws=sizes.draws)
    if sizes.ranks == len(RANKS):
        made["two points"] = partial(two_points, draws=sizes.draws // 10)
        made["from seeds"] = lambda key: memory()
    return made


def singular_directions() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """U, V and G = U diag(g) Vᵀ."""
    left = np.linalg.qr(np.random.default_rng(0).normal(size=(ROWS, COLUMNS)))[0]
    right = np.linalg.qr(np.random.default_rng(1).normal(size=(COLUMNS, COLUMNS)))[0]
    return left, right, left @ np.diag(VALUES) @ right.T


def mapped(gradient: np.ndarray) -> np.ndarray:
    """The map of rank one of a matrix, (ROWS · COLUMNS,), as is what is given."""
    left, values, right = np.linalg.svd(np.asarray(gradient, float).reshape(ROWS, COLUMNS), full_matrices=False)
    return ((left * theory.spectral_map(values, 1)) @ right).ravel()


def matrices() -> dict[str, tuple[Loss, dict[str, jax.Array]]]:
    """A round bowl of one matrix, at two places whose singular values differ."""
    left, right, _ = singular_directions()
    spectra = {"matrix, far": VALUES, "matrix, near": NEAR * VALUES**2}
    at = {name: jnp.asarray(left @ np.diag(values) @ right.T, jnp.float32) for name, values in spectra.items()}
    return {"matrix": (lambda x: jnp.sum(x**2) / 2, at)}


def _along(key: jax.Array, law_of: proposals.Proposal, beta: float, draws: int) -> np.ndarray:
    """Mean displacement against each singular direction, and its errors, (2, k)."""
    left, right, slope = singular_directions()
    matrix = jnp.asarray(slope, jnp.float32)
    walk = corr.mutation(lambda x: jnp.sum(matrix * x), proposal=law_of, beta=beta)
    points = {"slope": jnp.zeros(slope.shape)}
    moves = corr.atlas.displacements(walk, points, draws=draws, key=key, progress=False)["slope"]
    turned = -np.einsum("nij,ia,ja->na", moves.samples.reshape(-1, ROWS, COLUMNS), left, right)
    return np.array(law.means(turned))


def cold(key: jax.Array, rank: int | None, draws: int) -> xarray.Dataset:
    """Drift/σ along each singular direction at β = ∞ against its singular value."""
    law_of = proposals.normal(1.0) if rank is None else proposals.low_rank(1.0, rank)
    straight = VALUES / np.linalg.norm(VALUES) / math.sqrt(2 * math.pi)
    mapped = theory.spectral_map(VALUES, rank or 1) / math.sqrt(2 * math.pi)
    known, other = (straight, mapped) if rank is None else (mapped, straight)
    value, error = _along(key, law_of, math.inf, draws)
    named = {"drift in σ": law.Row(value, error, known, other)}
    return law.against("singular value", VALUES, named, other="the map of rank 1" if rank is None else STRAIGHT)


def warm(key: jax.Array, draws: int) -> xarray.Dataset:
    """The same at finite β, over βσ²/2: the gradient whatever the rank, to the order of βσ‖G‖."""
    beta = WARM / float(np.linalg.norm(VALUES))
    value, error = _along(key, proposals.low_rank(1.0, 1), beta, draws) / (beta / 2)
    mapped = theory.spectral_map(VALUES, 1) * np.linalg.norm(VALUES)
    named = {"warm drift in half of βσ²": law.Row(value, error, VALUES, mapped)}
    return law.against("singular value", VALUES, named, model=WARM, other="the map of rank 1")


def two_points(key: jax.Array, draws: int) -> xarray.Dataset:
    """Mean change of a quadratic loss by one step of a two-point estimate, over η|g|², against η over the largest."""
    bowl = lambda x: jnp.sum(jnp.asarray(BOWL, x.dtype) * x**2) / 2  # noqa: E731
    start = jnp.asarray([0.3, -1.0, 0.2, 0.4, 1.0])
    gradient = BOWL * np.asarray(start, float)
    largest, square, rows = theory.largest_step(gradient, np.diag(BOWL), 1), float(gradient @ gradient), []
    for n, factor in enumerate(FACTORS):
        rate = factor * largest
        side = populations.evolution_strategy(
            bowl, mutation_std=1e-3, children=2, learning_rate=rate, fitness="raw", antithetic=True
        )
        mine = jax.random.fold_in(key, n)
        moves = corr.atlas.displacements(side, {"here": start}, draws=draws, key=mine, progress=False)["here"].steps
        found = sample((moves @ gradient + (moves**2 @ BOWL) / 2) / (rate * square))
        rows.append((found.value, found.error, factor - 1, -1.0))
    named = {"ΔU in η|g|²": law.Row(*np.array(rows).T)}
    return law.against("η/η_max", FACTORS, named, other="without curvature", logarithmic=False)


def memory() -> xarray.Dataset:
    """Bytes an individual of one compiled generation from seeds: of what goes in, and with all that it makes."""
    scheme = populations.genetic_from_seeds(
        lambda x: jnp.sum(x**2), mutation_std=0.1, population=POPULATION, share=0.25, generations=ROOM
    )
    found = np.array([compiled(scheme, size) for size in SIZES], float)
    known = np.array([seeds.bytes_of_seeds(size, POPULATION, ROOM) for size in SIZES])
    stored = np.array([seeds.bytes_stored(size, POPULATION) for size in SIZES])
    vector = seeds.WORD * np.array(SIZES)
    # Position and tape go in beside the population, and a displacement comes out. In between seeds are there once more,
    # and in vectors the open sums of the mean, the individual, its mutation, offset and tapes.
    used = 3 * (known - vector) + (math.log2(POPULATION) + 13) * vector
    words = np.full(len(SIZES), WORDS)
    laws = {
        "bytes kept an individual": (found[:, 0], words, known + 2 * vector, stored + 2 * vector),
        "bytes in use an individual": (found[:, 1], words + BUFFERS * used, used, 2 * stored),
    }
    rows = {name: law.Row(*(column / POPULATION for column in columns)) for name, columns in laws.items()}
    return law.against("parameters", SIZES, rows, other=STORED)


def compiled(scheme: corr.Dynamics, size: int) -> tuple[int, int]:
    """Bytes that go into a step on so many parameters, and those with what comes out and what is in between."""
    state = jax.eval_shape(scheme.init, jax.ShapeDtypeStruct((size,), jnp.float32))
    key = jax.eval_shape(lambda: corr.root_key(0))
    made: Any = jax.jit(scheme.step).lower(key, state).compile().memory_analysis()
    kept = made.argument_size_in_bytes
    return kept, kept + made.output_size_in_bytes + made.temp_size_in_bytes


study = Study(
    name="low_rank",
    title="mutations of low rank: a spectral map of the gradient at β = ∞; populations from seeds",
    presets={"smoke": Sizes(40_000, 1), "quick": Sizes(500_000, 3), "paper": Sizes(20_000_000, 3)},
    parts=parts,
    judge=law.judge,
    minutes={"smoke": 0.3, "quick": 1.2, "paper": 15.0},
    numbers=law.numbers,
)
