"""One mutation step: drift, acceptance and noise against s = βσ|∇U|, and mutation of one coordinate at a time."""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree
from scipy.special import erf

import corr
from corr import inference
from theory import level0, level1
from theory import proposals as theory

from ..declaring.study import Parts, Study
from ..problems.sines import shallow_sine

MUTATION_STD = 2.5e-5
TRAINED, RATE = 1.0, 1e-3
STRENGTHS = (*np.geomspace(1e-2, 1e2, 9).tolist(), math.inf)
SLOPES = np.geomspace(1e-2, 1e2, 9)
CURVE = np.geomspace(1e-2, 1e2, 200)  # where theory is drawn
COMPARED = (0.1, 1.0)  # s at which level 0's error is stated


class Sizes(NamedTuple):
    """Mutation steps drawn for each s, and for the one-coordinate mutation."""

    draws: int
    coordinate_draws: int


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Steps of isotropic mutation on the shallow network at t = 1, and of one coordinate on a linear loss."""
    return {
        "isotropic": lambda key: _isotropic(key, sizes.draws),
        "one coordinate": lambda key: _one_coordinate(key, sizes.coordinate_draws),
    }


def _isotropic(key: jax.Array, draws: int) -> xarray.Dataset:
    """Per s: acceptance; drift, variance along ĝ and variance across it in units of σ, with errors and levels 0, 1."""
    problem = shallow_sine()
    first, unravel = ravel_pytree(problem.start())
    flat_loss = lambda x: problem.loss(unravel(x))  # noqa: E731
    trained = corr.noise_free(flat_loss, first, learning_rate=RATE, times=[TRAINED], normalized=True)
    position = jnp.asarray(trained.path.values[0, -1])
    gradient = jax.grad(flat_loss)(position)
    size = jnp.linalg.norm(gradient)
    names = ("acceptance", "drift_along", "along", "across")
    rows = []
    for number, s in enumerate(STRENGTHS):
        walk = corr.mutation(flat_loss, mutation_std=MUTATION_STD, beta=s / (MUTATION_STD * float(size)))
        steps = inference.one_step_displacements(walk, position, draws=draws, key=jax.random.fold_in(key, number))
        found = inference.drift_and_noise(
            steps.displacements / MUTATION_STD, steps.accepted, gradient, predicted={}
        ).measured
        rows.append([found[name] for name in names])
    data = _with_levels(np.asarray(rows), ("acceptance", "drift", "along", "across"))
    return data.assign(gradient_norm=float(size), draws=draws)


def _with_levels(values: np.ndarray, names: tuple[str, ...]) -> xarray.Dataset:
    """Measured values and errors by name, beside levels 0 and 1."""
    data: dict[str, tuple[str, np.ndarray]] = {name: ("s", values[:, k, 0]) for k, name in enumerate(names)}
    data |= {f"{name}_error": ("s", values[:, k, 1]) for k, name in enumerate(names)}
    s, cold = np.asarray(STRENGTHS), np.isinf(STRENGTHS)
    half = np.where(cold, 0.5, 1.0)
    limits = {"acceptance": half, "drift": -np.where(cold, 1 / math.sqrt(2 * math.pi), s / 2), "along": half,
              "across": half}  # fmt: skip
    data |= {f"{name}_level_0": ("s", value) for name, value in limits.items()}
    data |= {f"{name}_level_1": ("s", value) for name, value in _level_1(s).items()}
    data |= {f"curve_{name}": ("curve_s", value) for name, value in _level_1(CURVE).items()}
    return xarray.Dataset(data, coords={"s": s, "curve_s": CURVE})


def _level_1(strengths: np.ndarray) -> dict[str, np.ndarray]:
    """Acceptance; drift, variance along ĝ and variance across it in units of σ."""
    s = jnp.asarray(strengths, jnp.float32)
    pull = level1.drift_factor(s)
    across, along = level1.second_moments(s)
    exact = {"acceptance": level1.acceptance(s), "drift": -pull, "along": along - pull * pull, "across": across}
    return {name: np.asarray(value, float) for name, value in exact.items()}


def _one_coordinate(key: jax.Array, draws: int) -> xarray.Dataset:
    """Drift of each coordinate over σ/N against βσ|g_i|, its exponent between neighbours, and theory's of both."""
    std, count = 1.0, len(SLOPES)
    slopes = jnp.asarray(SLOPES, jnp.float32)
    walk = corr.mutation(lambda x: jnp.sum(slopes * x), proposal=corr.proposals.one_coordinate(std), beta=1.0)
    moved, accepted = inference.one_step_displacements(walk, jnp.zeros(count), draws=draws, key=key)
    mutated = moved != 0
    shares = (accepted[:, None] * mutated).sum(0) / mutated.sum(0)
    values = -count * moved * (accepted[:, None] - shares)
    pull, error = values.mean(0), values.std(0) / math.sqrt(len(values))
    between = np.diff(np.log(SLOPES))
    exponent = np.diff(np.log(np.maximum(pull, error))) / between
    exponent_error = np.hypot((error / pull)[1:], (error / pull)[:-1]) / between
    middle = np.sqrt(SLOPES[1:] * SLOPES[:-1])
    exact = -np.asarray(theory.one_coordinate_drift(slopes, mutation_std=std, beta=1.0), float) * count
    curve = jnp.asarray(CURVE, jnp.float32)
    return xarray.Dataset(
        {"drift": ("s", pull), "drift_error": ("s", error), "drift_theory": ("s", exact),
         "exponent": ("middle", exponent), "exponent_error": ("middle", exponent_error),
         "exponent_theory": ("middle", np.diff(np.log(exact)) / between),
         "curve_drift": ("curve_s", np.asarray(level1.drift_factor(curve), float)),
         "curve_exponent": ("curve_s", np.asarray(theory.local_exponent(curve), float))},
        coords={"s": SLOPES, "middle": middle, "curve_s": CURVE},
    )  # fmt: skip


def judge(found: Parts) -> list[str]:
    """The measured steps against level 1 in standard errors, and how far off level 0 is."""
    data, single = found["isotropic"], found["one coordinate"]
    said = []
    for name in ("acceptance", "drift", "along", "across"):
        scores = np.abs(((data[name] - data[f"{name}_level_1"]) / data[f"{name}_error"]).values)
        exact, limit = (
            data[f"{name}_level_{level}"].sel(s=list(COMPARED), method="nearest").values for level in (1, 0)
        )
        off = " and ".join(f"{100 * r:+.2g} % at s = {s:g}" for r, s in zip(limit / exact - 1, COMPARED, strict=True))
        what = {"along": "variance along the gradient", "across": "variance across it"}.get(name, name)
        said.append(f"{what}: {_largest(scores)} from level 1; level 0 is off by {off}.")
    cold = data.isel(s=-1)
    exact = level0.noise_variance(mutation_std=1.0, beta=math.inf)
    said.append(
        f"β = ∞: variance along the gradient {float(cold.along):.4f} ± {float(cold.along_error):.4f} σ², level 1"
        f" {float(cold.along_level_1):.4f}, isotropic twin {float(exact):.4f}; across"
        f" {float(cold.across):.4f} ± {float(cold.across_error):.4f}, expected {float(cold.across_level_1):.4f}."
    )
    scores = np.abs(((single.drift - single.drift_theory) / single.drift_error).values)
    said.append(
        f"One coordinate at a time: drift, {_largest(scores)} from theory; local exponent"
        f" {float(single.exponent[0]):.2f} ± {float(single.exponent_error[0]):.2f} at s = {float(single.middle[0]):.2g}"
        f" and {float(single.exponent[-1]):.3f} ± {float(single.exponent_error[-1]):.3f} at"
        f" s = {float(single.middle[-1]):.2g} (1 is gradient descent, 0 sign descent). Neighbouring exponents share a"
        " measured drift: their errors are correlated, negatively."
    )
    return said


def _largest(scores: np.ndarray) -> str:
    return (
        f"the largest of {len(scores)} deviations is {scores.max():.1f} standard errors"
        f" ({expected_largest(len(scores)):.1f} expected)"
    )


def expected_largest(count: int) -> float:
    """Mean of the largest of independent |z|, z standard normal: ∫ 1 - erf(x/√2)^count dx over x > 0.

    Args:
        count: how many, at least 1.

    Returns:
        The mean, in standard errors.

    Example:
        >>> round(expected_largest(1), 3)  # √(2/π)
        0.798
    """
    x = np.linspace(0.0, 10.0, 2001)
    return float(np.trapezoid(1 - erf(x / math.sqrt(2)) ** count, x))


study = Study(
    name="drift",
    title="one step: drift, acceptance and noise against s, exact and measured; one coordinate at a time",
    presets={"smoke": Sizes(2000, 20_000), "quick": Sizes(40_000, 4_000_000), "paper": Sizes(200_000, 10_000_000)},
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.5, "quick": 1.5, "paper": 6.0},
)
