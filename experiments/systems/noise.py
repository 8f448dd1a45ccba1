"""Noise in the evaluation of the loss is temperature: drift and acceptance against its size, the bowl, batches."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

import corr
from theory import noise as theory

from ..declaring.number import Number, sample
from ..declaring.study import Study
from . import law, one_step, resampled

STD = 1e-3
RATIOS = (0.1, 0.3, 1.0, 3.0, 10.0)  # τ/(σ|g|)
NETWORK_STD = 1e-4
TAUS = (0.1, 1.0, 10.0)
RATE, STEPS = 0.04, 250  # a = σ²h/(√(2π)τ), and steps of the coarser of two sizes
COLD = "what it is without noise"


class Sizes(NamedTuple):
    """Draws of a step, and chains in the bowl; whether all is looked at: every value, the network, batches, masks."""

    draws: int
    chains: int
    every: bool


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """A step on a slope and on Figure 1's network, the temperature in a bowl, and losses on what is drawn twice."""
    ratios, taus = (RATIOS, TAUS) if sizes.every else ((RATIOS[0], RATIOS[-1]), TAUS[:1])
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
        "slope": partial(slope, ratios=ratios, draws=sizes.draws),
        "bowl": partial(bowl, taus=taus, chains=sizes.chains),
    }
    if sizes.every:
        made["network"] = partial(network, draws=sizes.draws // 4)
        made["two batches"] = partial(resampled.batches, draws=sizes.draws // 4)
        made["dropout"] = partial(resampled.masks, draws=sizes.draws // 4)
    return made


def slope(key: jax.Array, ratios: Sequence[float], draws: int) -> xarray.Dataset:
    """Drift over σ and acceptance on a linear loss against τ."""
    gradient = one_step.SLOPES
    size = float(jnp.linalg.norm(gradient))
    rows = [_step(jax.random.fold_in(key, n), one_step.slope, jnp.zeros(len(gradient)), gradient, STD,
                  ratio * STD * size, draws) for n, ratio in enumerate(ratios)]  # fmt: skip
    (value, error, known), taken = (np.array(part).T for part in zip(*rows, strict=True))
    cold = np.full(len(ratios), 1 / math.sqrt(2 * math.pi))
    named = {"drift in σ": law.Row(value, error, known, cold), "acceptance": law.Row(*taken)}
    return law.against("τ/σ|g|", ratios, named, other=COLD)


def network(key: jax.Array, draws: int) -> xarray.Dataset:
    """β of the clock on Figure 1's network, half way, against τ."""
    loss, points = one_step.network()
    point = points["t = 1"]
    gradient = jax.grad(loss)(point)
    size, rows = float(jnp.linalg.norm(gradient)), []
    taus = [ratio * NETWORK_STD * size for ratio in RATIOS]
    for n, tau in enumerate(taus):
        (value, error, known), _ = _step(jax.random.fold_in(key, n), loss, point, gradient, NETWORK_STD, tau, draws)
        scale = 2 / (NETWORK_STD * size)  # of a drift σv, β = 2v/(σ|g|)
        rows.append((scale * value, scale * error, scale * known, theory.effective_beta(tau)))
    other = "√(2/π)/τ alone"
    return law.against("τ", taus, {"β of the clock": law.Row(*np.array(rows).T)}, other=other)


def _step(
    key: jax.Array, loss: Callable[[jax.Array], jax.Array], at: jax.Array, gradient: jax.Array, std: float, tau: float,
    draws: int,
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:  # fmt: skip
    """Drift against ĝ over σ and acceptance, each with its error and law."""
    walk = corr.mutation(loss, mutation_std=std, rule=corr.noisy(tau))
    moves = corr.atlas.displacements(walk, {"here": at}, draws=draws, key=key, progress=False)["here"]
    unit = np.asarray(gradient, float) / float(jnp.linalg.norm(gradient))
    along, taken = sample(-moves.samples @ unit / std), sample(moves.accepted)
    options = {"mutation_std": std, "beta": math.inf, "tau": tau}
    drift = float(jnp.linalg.norm(theory.drift(gradient, **options))) / std
    return (along.value, along.error, drift), (taken.value, taken.error, float(theory.acceptance(gradient, **options)))


def bowl(key: jax.Array, taus: Sequence[float], chains: int) -> xarray.Dataset:
    """h<x²> in a bowl against τ, two sizes of the step extrapolated to none."""
    rows = []
    for n, tau in enumerate(taus):
        fine, coarse = (
            _spread(jax.random.fold_in(key, 2 * n + k), tau, RATE / times, STEPS * times, chains)
            for k, times in enumerate((2, 1))
        )
        error = math.hypot(2 * fine.error, coarse.error)
        rows.append((2 * fine.value - coarse.value, error, 1 / (2 * theory.effective_beta(tau)),
                     1 / theory.effective_beta(tau)))  # fmt: skip
    other = "1/β of the clock"
    return law.against("τ", taus, {"temperature": law.Row(*np.array(rows).T)}, other=other)


def _spread(key: jax.Array, tau: float, rate: float, steps: int, chains: int) -> Number:
    std = math.sqrt(rate * math.sqrt(2 * math.pi) * tau)
    walk = corr.mutation(lambda x: jnp.sum(x**2) / 2, mutation_std=std, rule=corr.noisy(tau))
    data = corr.run(walk, jnp.zeros(1), steps=steps, record_at=[steps], trajectories=chains, key=key, progress=False)
    return sample(data.path.values[:, -1, 0].astype(float) ** 2)


study = Study(
    name="noise",
    title="noise in the evaluation of the loss is temperature",
    presets={
        "smoke": Sizes(40_000, 400, False),
        "quick": Sizes(200_000, 4000, True),
        "paper": Sizes(4_000_000, 40_000, True),
    },
    parts=parts,
    judge=law.judge,
    minutes={"smoke": 0.5, "quick": 1.2, "paper": 15.0},
    numbers=law.numbers,
)
