"""Three routes to one penalty: Barker mutation, weight noise and raw fitness descend the smoothed loss; sharpness."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray

import corr
from corr import populations
from theory import smoothing as theory

from ..declaring.number import Number, sample
from ..declaring.study import Parts, Study
from . import flatness, generalization, law, one_step

POINTS, SIZE, STD = 40, 5, 0.5  # of the perceptron, and σ
WIDTHS = (0.01, 0.03, 0.1)  # σ on Figure 1's network
BETA, STRENGTH = 1.0, 0.3  # β on the perceptron, βσ|∇U_σ| on the network
BARKER = STRENGTH**2 / 4  # E z⁴ (βσ|∇U_σ|)²/12 of a slope
SAMPLED = 0.01  # of ∇U_σ
CHILDREN, RATE = 20, 1e-3
RADII = (0.1, 0.3, 1.0)
DIGITS = "digits"
HALF, PLAIN, FLAT = "half of that width", "descent of the loss itself", "descent without sharpness"


class Sizes(NamedTuple):
    """Draws of a step; whether the network is looked at, in all ways and widths; runs on digits, if any, and mutants of
    a step there."""

    draws: int
    every: bool
    runs: int
    mutants: int


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Barker mutation on errors of a perceptron; three routes on the network; sharpness in a bowl; digits."""
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
        "perceptron, Barker": partial(perceptron, draws=4 * sizes.draws),
    }
    if sizes.every:
        made |= {name: partial(route, name=name, draws=sizes.draws) for name in ROUTES}
    made["sharpness-aware"] = sharpness
    if sizes.runs:
        made[DIGITS] = partial(flatness.part, runs=sizes.runs, children=sizes.mutants)
    return made


def perceptron(key: jax.Array, draws: int) -> xarray.Dataset:
    """Drift of Barker mutation over βσ²/4 on the share of errors, each parameter against its smoothed gradient."""
    one, other = jax.random.split(jax.random.key(0))  # one problem, whatever the seed
    inputs = jax.random.normal(one, (POINTS, SIZE))
    labels = jnp.sign(inputs[:, 0] + jax.random.normal(other, (POINTS,)))
    weights = jnp.array([0.2, 0.5, -0.3, 0.4, -0.1])
    errors = lambda x: jnp.mean(jnp.where(labels * (inputs @ x) < 0, 1.0, 0.0))  # noqa: E731
    walk = corr.mutation(errors, mutation_std=STD, beta=BETA, rule="barker")
    moves = corr.atlas.displacements(walk, {"here": weights}, draws=draws, key=key, progress=False)["here"]
    scale = -float(theory.barker_drift(jnp.ones(()), mutation_std=STD, beta=BETA))
    value, error = law.means(-moves.samples / scale)
    known, half = (
        np.asarray(theory.perceptron_gradient(weights, inputs, labels, std), float) for std in (STD, STD / 2)
    )
    order = np.argsort(known)
    row = law.Row(value[order], error[order], known[order], half[order])
    named = {"drift in quarters of βσ²": row}
    return law.against("slope of U_σ", known[order], named, model=BARKER, other=HALF, logarithmic=False)


Route = Callable[[one_step.Loss, float, np.ndarray], tuple[corr.Dynamics, float]]


def barker(loss: one_step.Loss, std: float, smoothed: np.ndarray) -> tuple[corr.Dynamics, float]:
    """Barker mutation and its -drift over ∇U_σ."""
    beta = STRENGTH / (std * float(np.linalg.norm(smoothed)))
    walk = corr.mutation(loss, mutation_std=std, beta=beta, rule="barker")
    return walk, -float(theory.barker_drift(jnp.ones(()), mutation_std=std, beta=beta))


def weight_noise(loss: one_step.Loss, std: float, smoothed: np.ndarray) -> tuple[corr.Dynamics, float]:
    """Descent by gradients at weights with noise, and its -drift over ∇U_σ."""
    side = corr.minibatch(
        lambda noise: corr.descent(lambda x: loss(x + noise), learning_rate=RATE),
        batch=lambda key: std * jax.random.normal(key, smoothed.shape), loss=loss,
    )  # fmt: skip
    return side, RATE


def fitness(loss: one_step.Loss, std: float, smoothed: np.ndarray) -> tuple[corr.Dynamics, float]:
    """An evolution strategy on raw fitness, and its -drift over ∇U_σ."""
    del smoothed
    side = populations.evolution_strategy(loss, mutation_std=std, children=CHILDREN, learning_rate=RATE)
    return side, RATE


ROUTES: dict[str, Route] = {"Barker mutation": barker, "weight noise": weight_noise, "raw fitness": fitness}


def route(key: jax.Array, name: str, draws: int, widths: Sequence[float] = WIDTHS) -> xarray.Dataset:
    """Drift along ∇U_σ over its law, on Figure 1's network half way, against σ."""
    loss, points = one_step.network()
    point, rows = points["t = 1"], []
    gradient = np.asarray(jax.grad(loss)(point), float)
    for n, std in enumerate(widths):
        first, second = jax.random.split(jax.random.fold_in(key, n))
        smoothed = corr.atlas.smoothed_gradient(loss, point, std=std, key=first, error=SAMPLED)
        side, rate = ROUTES[name](loss, std, smoothed)
        count = max(1000, 100 * round(draws / float(side.evaluations) / 100))
        moves = corr.atlas.displacements(side, {"here": point}, draws=count, key=second, progress=False)["here"]
        square = float(smoothed @ smoothed)
        found = sample(-moves.samples.astype(float) @ smoothed / (rate * square))
        rows.append((found.value, math.hypot(found.error, SAMPLED), 1.0, gradient @ smoothed / square))
    named = {"drift along ∇U_σ": law.Row(*np.array(rows).T)}
    model = BARKER if name == "Barker mutation" else 0.0
    return law.against("σ", widths, named, model=model, other=PLAIN)


def sharpness(key: jax.Array) -> xarray.Dataset:
    """Sharpness-aware step of the stiffest parameter of a bowl, over that of descent, against ρ."""
    del key
    point = one_step.BOWL_POINTS["bowl, far"]
    gradient, hessian = jax.grad(one_step.bowl)(point), jax.hessian(one_step.bowl)(point)
    stiff, rows = int(jnp.argmax(one_step.BOWL)), []
    for radius in RADII:
        uphill = optax.chain(optax.contrib.normalize(), optax.sgd(radius))
        side = corr.from_optax(one_step.bowl, optax.contrib.sam(optax.sgd(RATE), uphill, opaque_mode=True))
        _, info = side.step(jax.random.key(0), side.init(point))
        known = theory.sharpness_gradient(gradient, hessian, radius)
        rows.append((-info.displacement[stiff] / (RATE * gradient[stiff]), 0.0, known[stiff] / gradient[stiff], 1.0))
    named = {"step over ηg, stiffest": law.Row(*np.array(rows, float).T)}
    return law.against("ρ", RADII, named, model=1e-3, other=FLAT)


def judge(found: Parts) -> list[str]:
    """Steps beside their laws, and what training on digits says."""
    return law.judge(law.among(found)) + [line for data in _trained(found) for line in generalization.judge(data)]


def numbers(found: Parts) -> dict[str, Number]:
    """Those of the laws, and of digits."""
    made = law.numbers(law.among(found))
    for data in _trained(found):
        made |= generalization.numbers(data)
    return made


def _trained(found: Parts) -> list[xarray.Dataset]:
    return [data for name, data in found.items() if name == DIGITS]


study = Study(
    name="smoothing",
    title="wide mutations, weight noise and raw fitness descend one smoothed loss; sharpness-aware steps another",
    presets={
        "smoke": Sizes(100_000, False, 0, 0),
        "quick": Sizes(200_000, True, 10, 128),
        "paper": Sizes(10_000_000, True, 32, 1024),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.2, "quick": 3.0, "paper": 50.0},
    numbers=numbers,
)
