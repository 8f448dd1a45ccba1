"""One step of mutation with heavy tails on a slope: its drift against the slope, beside the power gradient."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from scipy.special import gamma, kv

import corr
from corr import proposals
from theory import proposals as other
from theory import stable as theory

from . import one_step

SLOPES = np.geomspace(1e-2, 1.0, 9)
BATCH, BLOCKS = 1000, 50  # draws at once, and blocks of them from which errors are taken
PARETO_ENDS = (1e-7, 1e3)  # of the size, in one step of β = 1
PARETO_SLOPES = np.geomspace(1.0, 1e2, 9)
DECADES = 10
DEGREES, TINY = 1.5, 1e-12


def together(key: jax.Array, exponent: float, draws: int) -> xarray.Dataset:
    """All coordinates by stable steps at β = ∞: mean displacement against the slope, beside the law.

    A step whose component would decide alone has the same tail and a known mean; what differs has a variance.
    """
    alpha = 1 + exponent
    slopes = jnp.asarray(SLOPES, jnp.float32)
    law = proposals.stable(1.0, alpha)
    alone = theory.stable_drift(jnp.ones(1), scale=1.0, alpha=alpha, beta=math.inf)

    def differs(info: corr.Info) -> jax.Array:
        move = info.displacement
        return move * (info.accepted.astype(move.dtype) - (slopes * move < 0).astype(move.dtype))

    mean = _compiled(lambda scale: corr.mutation(lambda x: jnp.sum(slopes * x), proposal=law), len(slopes), differs)
    blocks = float(alone[0]) + _blocks(mean, 1.0, draws, key)
    drift = theory.stable_drift(slopes, scale=1.0, alpha=alpha, beta=math.inf)
    return _against(SLOPES, blocks, np.asarray(drift, float), exponent)


def single(key: jax.Array, exponent: float, draws: int) -> xarray.Dataset:
    """One coordinate by a Pareto size at β = 1: decades of the size each drawn alike, weighted by their probability.

    Each decision counts by its probability, and a step not taken by less its length: what it adds to a mean of zero.
    """
    slopes, base = jnp.asarray(PARETO_SLOPES, jnp.float32), proposals.one_coordinate_pareto(1.0, exponent, 10.0)
    low, high = PARETO_ENDS
    edges = np.geomspace(low, high, DECADES + 1)
    shares = np.diff(-((low / edges) ** (1 + exponent))) / (1 - (low / high) ** (1 + exponent))

    def refused(info: corr.Info) -> jax.Array:
        return info.displacement * jnp.expm1(-jnp.maximum(info.loss_change, 0))

    def at(scale: jax.Array) -> corr.Dynamics:
        law = proposals.Proposal(lambda one, params: scale * base.draw(one, params))
        return corr.mutation(lambda x: jnp.sum(slopes * x), proposal=law, beta=1.0)

    mean = _compiled(at, len(slopes), refused)
    blocks = sum(
        share * _blocks(mean, edge, draws // DECADES, jax.random.fold_in(key, number))
        for number, (share, edge) in enumerate(zip(shares, edges[:-1], strict=True))
    )
    drift = theory.pareto_drift(slopes, smallest=low, largest=high, exponent=exponent, beta=1.0)
    return _against(PARETO_SLOPES, np.asarray(blocks), np.asarray(drift, float), exponent)


def student(key: jax.Array, draws: int) -> xarray.Dataset:
    """Student's t of 1.5 degrees late on the path of Figure 1's network, where its tails are those of α = 1.5."""
    loss, points = one_step.network()
    gradient = np.asarray(jax.grad(loss)(points["t = 3"]), float)
    slopes = np.sort(np.abs(gradient) / np.linalg.norm(gradient))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Student's t with", UserWarning)
        law = proposals.student_t(1.0, DEGREES)
    steep = jnp.asarray(slopes, jnp.float32)

    def differs(info: corr.Info) -> jax.Array:
        move = info.displacement
        return move * (info.accepted.astype(move.dtype) - (steep * move < 0).astype(move.dtype))

    mean = _compiled(lambda scale: corr.mutation(lambda x: jnp.sum(steep * x), proposal=law), len(slopes), differs)
    size = math.sqrt(DEGREES / math.pi) * gamma((DEGREES - 1) / 2) / gamma(DEGREES / 2)  # E|ε|
    blocks = _blocks(mean, 1.0, draws, key) - size / 2
    drift = other.independent_drift(steep, (_bell, _minus_slope), mutation_std=1.0, beta=math.inf)
    data = _against(slopes, blocks, np.asarray(drift, float), DEGREES - 1)
    straight = {"power": slopes ** (DEGREES - 1), "gradient": slopes}
    found = data.drift_theory.values
    cosines = {name: float(found @ one / np.linalg.norm(found) / np.linalg.norm(one)) for name, one in straight.items()}
    return data.assign_attrs({f"cosine_{name}": value for name, value in cosines.items()})


def _bell(u: jax.Array) -> jax.Array:
    """Characteristic function of Student's t, K_{ν/2}(v) v^{ν/2}/(Γ(ν/2) 2^{ν/2-1}) with v = √ν u."""
    v = np.maximum(math.sqrt(DEGREES) * np.abs(np.asarray(u, float)), TINY)
    return jnp.asarray(kv(DEGREES / 2, v) * v ** (DEGREES / 2) / (gamma(DEGREES / 2) * 2 ** (DEGREES / 2 - 1)), u.dtype)


def _minus_slope(u: jax.Array) -> jax.Array:
    """Its derivative with the sign turned, √ν K_{ν/2-1}(v) v^{ν/2}/(Γ(ν/2) 2^{ν/2-1})."""
    v = np.maximum(math.sqrt(DEGREES) * np.abs(np.asarray(u, float)), TINY)
    bent = kv(DEGREES / 2 - 1, v) * v ** (DEGREES / 2) / (gamma(DEGREES / 2) * 2 ** (DEGREES / 2 - 1))
    return jnp.asarray(math.sqrt(DEGREES) * np.sign(u) * bent, u.dtype)


Mean = Callable[[jax.Array, float], jax.Array]


def _compiled(make: Callable[[Any], corr.Dynamics], size: int, of: Callable[[corr.Info], jax.Array]) -> Mean:
    """``(key, scale) -> mean`` over a batch of what one step from 0 gives, (N,)."""

    def mean(key: jax.Array, scale: Any) -> jax.Array:
        walk = make(scale)
        state = walk.init(jnp.zeros(size, jnp.float32))
        return jnp.mean(jax.vmap(lambda one: of(walk.step(one, state)[1]))(jax.random.split(key, BATCH)), axis=0)

    return jax.jit(mean)


def _blocks(mean: Mean, scale: float, draws: int, key: jax.Array) -> np.ndarray:
    """Means over blocks of draws, (BLOCKS, N)."""
    each = max(1, round(draws / BATCH / BLOCKS))
    keys = [jax.random.fold_in(key, number) for number in range(each * BLOCKS)]
    found = np.asarray([np.asarray(mean(one, scale), float) for one in keys])
    return found.reshape(BLOCKS, each, -1).mean(axis=1)


def _against(slopes: np.ndarray, blocks: np.ndarray, law: np.ndarray, exponent: float) -> xarray.Dataset:
    """Drift, its law, and the power of the slope that fits them, whose error is the jackknife's over blocks."""
    mean, error = blocks.mean(axis=0), blocks.std(axis=0, ddof=1) / math.sqrt(BLOCKS)
    left = (blocks.sum(axis=0) - blocks) / (BLOCKS - 1)
    weights = (mean / error) ** 2
    fits = np.array([_fitted(slopes, one, weights) for one in left])
    fit_error = math.sqrt((BLOCKS - 1) / BLOCKS * float(((fits - fits.mean()) ** 2).sum()))
    columns = {"drift": mean, "drift_error": error, "drift_theory": law}
    attrs = {"exponent": exponent, "fitted": _fitted(slopes, mean, weights), "fitted_error": fit_error,
             "fitted_theory": _fitted(slopes, law, weights)}  # fmt: skip
    return xarray.Dataset({name: ("slope", -row) for name, row in columns.items()}, {"slope": slopes}, attrs).assign(
        drift_error=("slope", error)
    )


def _fitted(slopes: np.ndarray, drift: np.ndarray, weights: np.ndarray) -> float:
    """Power of the slope by least squares in logarithms; a drift of the wrong sign counts as the least seen."""
    size = np.maximum(-drift, 1e-3 * np.abs(drift).max() * slopes.min() / slopes.max())
    return float(np.polyfit(np.log(slopes), np.log(size), 1, w=np.sqrt(weights))[0])
