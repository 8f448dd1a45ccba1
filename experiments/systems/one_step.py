"""One generation of a scheme beside its law: on a linear loss, at places of other losses, and against its length."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

import corr

from ..declaring.number import sample
from ..problems.sines import shallow_sine
from .schemes import Loss, Scheme

SLOPES = jnp.array([1.0, -2.0, 0.5, 0.0, 1.5, 1.0, 0.3, -0.7])
BOWL = jnp.array([0.3, 1.0, 2.0, 0.5])
BOWL_POINTS = {"bowl, far": jnp.array([2.0, -1.0, 1.0, 0.5]), "bowl, near": jnp.array([0.1, 0.3, -0.2, 0.1])}
TRAINED = {"start": 0.0, "t = 1": 1.0, "t = 3": 3.0}
RATE = 1e-3
FEWEST = 1000
Losses = Mapping[str, tuple[Loss, Mapping[str, Any]]]  # and places of each


def draws(scheme: Scheme, evaluations: int) -> int:
    """Generations that cost about so many evaluations, a multiple of 100, at least 1000."""
    return max(FEWEST, 100 * round(evaluations / scheme.law.evaluations / 100))


def slope(x: jax.Array) -> jax.Array:
    """A linear loss of eight parameters."""
    return jnp.sum(SLOPES * x)


def linear(key: jax.Array, scheme: Scheme, evaluations: int) -> xarray.Dataset:
    """Drift along -ĝ, noise across and κ on a linear loss, in units of the length, beside theory."""
    size, gradient = float(jnp.linalg.norm(SLOPES)) if scheme.plain else 1.0, np.asarray(SLOPES, float)
    moves = corr.atlas.displacements(
        scheme.make(slope, 1.0), {"linear": jnp.zeros(len(SLOPES))}, draws=draws(scheme, evaluations), key=key,
        progress=False,
    )["linear"]  # fmt: skip
    place = corr.atlas.place(moves, gradient, float(scheme.law.evaluations))
    along = -place.blocks @ gradient / np.linalg.norm(gradient)
    drift = sample(along)
    across, kappa = place.noise["across"], place.kappa
    rows = {
        "drift": (drift.value / size, drift.error / size, scheme.law.drift),
        "noise": (across.value / size**2, across.standard_error / size**2, scheme.law.noise),
        "kappa": (kappa.value, kappa.standard_error, scheme.law.kappa),
    }
    data = {f"{name}{end}": row[k] for name, row in rows.items() for k, end in enumerate(("", "_error", "_theory"))}
    return xarray.Dataset(data, attrs={"draws": len(moves.steps), "evaluations": float(scheme.law.evaluations)})


def bowl(x: jax.Array) -> jax.Array:
    """A quadratic loss of four parameters."""
    return jnp.sum(BOWL * x**2) / 2


def network() -> tuple[Loss, dict[str, jax.Array]]:
    """Figure 1's loss of a flat vector, and three places of it on noise-free descent."""
    problem = shallow_sine()
    first, unravel = ravel_pytree(problem.start())
    loss = lambda x: problem.loss(unravel(x))  # noqa: E731
    later = [time for time in TRAINED.values() if time]
    path = corr.noise_free(loss, first, learning_rate=RATE, times=later, normalized=True).path.values[0]
    return loss, {name: jnp.asarray(row) for name, row in zip(TRAINED, path, strict=True)}


def in_bowl() -> Losses:
    """The bowl alone."""
    return {"bowl": (bowl, BOWL_POINTS)}


def everywhere() -> Losses:
    """The bowl and Figure 1's network."""
    return {**in_bowl(), "network": network()}


def curvature(loss: Loss, point: Any) -> float:
    """√((tr H)² + 2 tr H²)/(2|g|): of a step of length 1, second-order over first-order change of the loss."""
    flat, unravel = ravel_pytree(point)
    gradient, hessian = (make(lambda x: loss(unravel(x)))(flat) for make in (jax.grad, jax.hessian))
    second = jnp.sqrt(jnp.trace(hessian) ** 2 + 2 * jnp.sum(hessian**2))
    return float(second / (2 * jnp.linalg.norm(gradient)))


def places(
    key: jax.Array,
    scheme: Scheme,
    evaluations: int,
    length: float,
    share: float,
    losses: Callable[[], Losses] = in_bowl,
    **options: Any,
) -> xarray.Dataset:
    """Which descent it is at places of some losses: coefficients over theory's, rest, κ and verdicts.

    The law is that of all generations of a displacement together; the options are those of ``corr.characterize``.
    """
    rows: dict[str, tuple[float, ...]] = {}
    kappas: list[float] = []
    told: dict[str, Any] = {}
    for number, (title, (function, at)) in enumerate(losses().items()):
        found = corr.characterize(
            scheme.make(function, length), at, key=jax.random.fold_in(key, number),
            draws=draws(scheme, evaluations), share=share, progress=False, **options,
        )  # fmt: skip
        told |= {"exponent": found.exponent} | {f"{title}: {one}": law.verdict for one, law in found.laws.items()}
        for name, place in found.places.items():
            one, known = found.laws[scheme.follows].points[name], scheme.step(place, length)
            square = float(known.drift @ known.drift)
            ratio = sample(place.blocks @ known.drift / square)
            model = known.model
            if model is None:
                model = max(length, math.sqrt(square)) * curvature(function, at[name])
            rows[name] = (
                ratio.value, ratio.error, one.coefficient.value / length, one.across, one.at_most, *place.kappa, model,
            )  # fmt: skip
            kappas.append(float(scheme.law.evaluations) * known.across / square)
    names = ("ratio", "ratio_error", "coefficient", "across", "at_most", "kappa", "kappa_error", "model")
    columns = {title: ("place", np.array([row[k] for row in rows.values()])) for k, title in enumerate(names)}
    attrs = {"follows": scheme.follows, "share": share, "length": length, "law_kappa": kappas[0],
             "evaluations": float(scheme.law.evaluations)}  # fmt: skip
    return xarray.Dataset(columns, {"place": list(rows)}, attrs | told)


def lengths(key: jax.Array, scheme: Scheme, evaluations: int, values: Sequence[float]) -> xarray.Dataset:
    """Where the law ends: coefficient at the start of Figure 1's network over theory's, against σ of the mutations."""
    loss, points = network()
    start = points["start"]
    gradient = np.asarray(jax.grad(loss)(start), float)
    unit = gradient / np.linalg.norm(gradient)
    size = np.linalg.norm(gradient) if scheme.plain else 1.0
    make, rows = scheme.widened or scheme.make, []
    for number, length in enumerate(values):
        moves = corr.atlas.displacements(
            make(loss, length), {"start": start}, draws=draws(scheme, evaluations),
            key=jax.random.fold_in(key, number), progress=False,
        )["start"]  # fmt: skip
        along = sample(-moves.samples @ unit / (scheme.law.drift * length * size))
        rows.append((along.value, along.error))
    ratio, error = np.array(rows).T
    columns = {"ratio": ratio, "ratio_error": error, "curvature": np.array(values) * curvature(loss, start)}
    return xarray.Dataset({name: ("length", row) for name, row in columns.items()}, {"length": list(values)})
