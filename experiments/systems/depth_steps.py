"""Gradient, curvature and single mutation steps at starts of deep networks, beside their laws."""

import math
from collections.abc import Sequence
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

import corr
from theory import depth as theory
from theory import level3, spectrum

from ..declaring.number import Number, sample
from ..problems import deep_digits
from ..problems.digits import CLASSES
from . import law

SMALL, CRITICAL = 0.7, 1.0  # times 1/√fan-in; signals of tanh neither vanish nor explode at 1
SCALES = {"small start": SMALL, "critical start": CRITICAL}
STD = 3e-3  # σ of single steps: c passes 1 between 12 and 18 layers of the small start
# Of means over starts: 1/width, by which pre-activations of a layer are not normal, times their variance, twice.
WIDE = 0.05
# Of steps: a mutation changes the signal by a share √(σ²(64 + 16 L)/s²), 8 % at 18 layers; what the quadratic model
# leaves out changes c by that share squared, and acceptance, where c is about 2, by four times as much.
CUBIC = 0.03
AT_ONCE = 50
LANCZOS, PROBES = 48, 4
VANISHING = "the critical start"
FLAT = "no curvature, or that of the small start"


@cache
def predicted(scale: float, layers: tuple[int, ...]) -> np.ndarray:
    """⟨|g|²⟩ and ⟨tr H⟩ at starts of these depths, (2, depths)."""
    images = deep_digits.images()
    found = theory.kernels(np.asarray(images.points), layers=max(layers), width=deep_digits.WIDTH, scale=scale)
    labels = np.asarray(images.targets)
    return np.array(
        [theory.at_start(found.outputs[one - 1], found.tangent[one - 1], labels, CLASSES) for one in layers]
    ).T


def curvature(squared: np.ndarray, trace: np.ndarray) -> np.ndarray:
    """c/σ = tr H/(2|g|)."""
    return trace / (2 * np.sqrt(squared))


def starts(key: jax.Array, layers: tuple[int, ...], count: int) -> xarray.Dataset:
    """|g|², tr H and c per σ from means over small starts, against the number of hidden layers."""
    rows: dict[str, list[tuple[float, float]]] = {"|g|²": [], "tr H": [], "c per σ": []}
    look = jax.jit(jax.vmap(partial(_looked, deepest=max(layers)), (0, None)))
    for one in layers:
        keys = jax.random.split(jax.random.fold_in(key, one), (math.ceil(count / AT_ONCE), AT_ONCE))
        pairs = [look(few, one) for few in keys]
        squares, traces = (np.concatenate(each).astype(float) for each in zip(*pairs, strict=True))
        squared, trace = sample(squares), sample(traces)
        parts = traces / trace.value - squares / (2 * squared.value)  # c/σ over itself, to first order
        value = float(curvature(np.array(squared.value), np.array(trace.value)))
        for name, number in zip(rows, (squared, trace, Number(value, value * sample(parts).error)), strict=True):
            rows[name].append((number.value, number.error))
    laws = [(*found, curvature(*found)) for found in (predicted(scale, layers) for scale in (SMALL, CRITICAL))]
    named = {
        name: law.Row(*np.array(row).T, theory=known, other=other)
        for (name, row), known, other in zip(rows.items(), *laws, strict=True)
    }
    return law.against("hidden layers", layers, named, model=WIDE, other=VANISHING)


def _looked(key: jax.Array, layers: jax.Array, deepest: int) -> tuple[jax.Array, jax.Array]:
    """|g|² and vᵀHv, v of random signs, at a small start."""
    loss = deep_digits.loss(layers)
    one, other = jax.random.split(key)
    at, rebuilt = ravel_pytree(deep_digits.start(one, deepest, SMALL))
    signs = jax.random.rademacher(other, at.shape, at.dtype)
    slope, image = jax.jvp(jax.grad(lambda x: loss(rebuilt(x))), (at,), (signs,))
    return jnp.sum(slope**2), jnp.sum(signs * image)


def steps(key: jax.Array, layers: Sequence[int], draws: int) -> xarray.Dataset:
    """Acceptance and drift along -ĝ of a mutation step at one start of each depth and scale, β = ∞."""
    kinds, rows = ("acceptance", "drift in σ"), {}
    measured, known = jax.jit(partial(_draws, draws=draws)), jax.jit(_law)
    for one in layers:
        flat = (0.5, 1 / math.sqrt(2 * math.pi))
        for number, (name, scale) in enumerate(SCALES.items()):
            keys = jax.random.split(jax.random.fold_in(jax.random.fold_in(key, one), number), 3)
            at = deep_digits.start(keys[0], max(layers), scale)
            along, taken = (np.asarray(each, float) for each in measured(at, one, keys[1]))
            with jax.enable_x64(True):
                wide = jax.tree.map(lambda x: np.asarray(x, float), at)
                *foreseen, off = (float(each) for each in known(wide, one, keys[2]))
            pulled = -(along - along.mean()) * (taken - taken.mean()) * draws / (draws - 1)  # E ε = 0: less noise
            for kind, found, theirs, other in zip(kinds, map(sample, (taken, pulled)), foreseen, flat, strict=True):
                row = (found.value, math.hypot(found.error, off), theirs, other)
                rows.setdefault(f"{kind}, {name}", []).append(row)
            flat = tuple(foreseen)
    named = {name: law.Row(*np.array(row).T) for name, row in rows.items()}
    return law.against("hidden layers", layers, named, model=CUBIC, other=FLAT)


def _draws(at: deep_digits.Params, layers: jax.Array, key: jax.Array, draws: int) -> tuple[jax.Array, jax.Array]:
    """ε·ĝ/σ and whether it is accepted, for many mutations from one place."""
    loss = deep_digits.loss(layers)
    walk = corr.mutation(loss, mutation_std=STD)
    state, slope = walk.init(at), ravel_pytree(jax.grad(loss)(at))[0]
    unit = slope / jnp.linalg.norm(slope)

    def one(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        info = walk.step(key, state)[1]
        return unit @ ravel_pytree(info.displacement)[0] / STD, info.accepted

    return jax.lax.map(one, jax.random.split(key, draws), batch_size=AT_ONCE)


def _law(at: deep_digits.Params, layers: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Acceptance, drift along -ĝ over σ, and their error, at level 3: exact in a quadratic loss."""
    loss = deep_digits.loss(layers)
    flat, rebuilt = ravel_pytree(at)
    on_flat = lambda x: loss(rebuilt(x))  # noqa: E731
    slope = jax.grad(on_flat)(flat)
    product = spectrum.hessian_product(on_flat, flat)
    found = spectrum.lanczos_spectrum(slope, product, key=key, steps=LANCZOS, probes=PROBES)
    step = level3.one_step(found, mutation_std=STD, beta=math.inf)
    return step.acceptance, -step.drift @ slope / (STD * jnp.linalg.norm(slope)), step.error
