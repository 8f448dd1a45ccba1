"""Particle swarm: how fast spread and speed grow on a slope, the trap of shared numbers, and whether it descends."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

import corr
from corr import populations
from corr.atlas import law
from theory import swarm as theory

from ..declaring.number import Number, of_parts, sample
from ..declaring.study import Parts, Study
from . import one_step

K = 4.0  # standard errors
CONSTANTS = ((0.729, 1.494), (0.6, 1.2), (0.4, 1.0))  # w and c₁ = c₂
PARTICLES = 30
SETTLED = 20  # steps before growth is measured
SPAN_PARTICLES, SPAN_SIZE, SPAN_STEPS, SPAN_SPREAD = 10, 50, 60, 0.3
ROUNDING = 1e-4  # share of the way that float32 may leave outside the span
SMALL = 1e-4  # spread of a swarm, and σ of the mutation beside it: both see a bowl's slope alone
SHARE, LEVEL = 0.1, 0.05
NAMES = ("g", "g/|g|")
YES = "yes"


class Sizes(NamedTuple):
    """Pairs of constants, swarms and steps on a slope; swarms in a bowl, none for neither that nor mutation; particles,
    ages and draws of what is characterized."""

    constants: int
    swarms: int
    steps: int
    span_swarms: int
    particles: int
    ages: tuple[int, ...]
    draws: int


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Growth on a slope, the span of the start, and the same test of swarm and mutation at several ages."""
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
        "growth": partial(growth, constants=CONSTANTS[: sizes.constants], swarms=sizes.swarms, steps=sizes.steps),
        "swarm": lambda key: ages(
            key, populations.swarm(one_step.bowl, particles=sizes.particles, spread=SMALL), sizes.ages, sizes.draws
        ),
    }
    if sizes.span_swarms:
        made["span"] = partial(span, swarms=sizes.span_swarms)
        made["mutation"] = lambda key: ages(
            key, corr.mutation(one_step.bowl, mutation_std=SMALL), sizes.ages, sizes.particles * sizes.draws
        )
    return made


def slope(x: jax.Array) -> jax.Array:
    """A linear loss of two parameters."""
    return 3.0 * x[0]


def _walked(scheme: corr.Dynamics, start: jax.Array, steps: int, key: jax.Array) -> tuple[corr.State, Any]:
    """The first state, and all that follow, of one swarm."""
    begun = scheme.init(start, jax.random.fold_in(key, 0))
    keys = jax.random.split(jax.random.fold_in(key, 1), steps)

    def step(state: corr.State, one: jax.Array) -> tuple[corr.State, corr.State]:
        new, _ = scheme.step(one, state)
        return new, new

    return begun, jax.lax.scan(step, begun, keys)[1]


def growth(key: jax.Array, constants: Sequence[tuple[float, float]], swarms: int, steps: int) -> xarray.Dataset:
    """Per step, growth of ln(spread) and of ln(speed of the centre) along a slope, beside the simulated linear map."""
    logs, rows = [], []
    for number, (inertia, pull) in enumerate(constants):
        scheme = populations.swarm(slope, particles=PARTICLES, spread=1.0, inertia=inertia, cognitive=pull, social=pull)

        def one(key: jax.Array, scheme: corr.Dynamics = scheme) -> jax.Array:
            _, later = _walked(scheme, jnp.zeros(2), steps, key)
            speed = jnp.abs(jnp.mean(later.aux.velocities[:, :, 0], axis=1))
            return jnp.log(jnp.stack([jnp.std(later.aux.places[:, :, 0], axis=1), speed]))

        keys = jax.random.split(jax.random.fold_in(key, number), swarms)
        found = np.asarray(jax.jit(jax.vmap(one))(keys), float)
        spread, speed = (sample((found[:, k, -1] - found[:, k, SETTLED - 1]) / (steps - SETTLED)) for k in range(2))
        said = theory.growth_rate(inertia, pull, pull, particles=PARTICLES)
        rows.append((spread.value, spread.error, said.rate, speed.value, speed.error, said.rate, said.error,
                     theory.stagnation_bound(inertia)))  # fmt: skip
        logs.append(found.mean(axis=0))
    names = ("spread_rate", "spread_rate_error", "spread_rate_theory", "speed_rate", "speed_rate_error",
             "speed_rate_theory", "simulation_error", "bound")  # fmt: skip
    columns = {name: ("constants", values) for name, values in zip(names, np.array(rows).T, strict=True)}
    curves = np.stack(logs)
    columns |= {f"ln_{name}": (("constants", "step"), curves[:, k]) for k, name in enumerate(("spread", "speed"))}
    columns["inertia"], columns["pull"] = (("constants", np.array(one)) for one in zip(*constants, strict=True))
    attrs = {"particles": PARTICLES, "swarms": swarms, "settled": SETTLED}
    return xarray.Dataset(columns, {"step": np.arange(1, steps + 1)}, attrs)


def span(key: jax.Array, swarms: int) -> xarray.Dataset:
    """Share of the way in a bowl that lies outside the affine span of the start, numbers shared or the textbook's."""
    rows = []
    for number, shared in enumerate((True, False)):
        scheme = populations.swarm(
            lambda x: jnp.sum((x - 1) ** 2), particles=SPAN_PARTICLES, spread=SPAN_SPREAD, shared_numbers=shared
        )

        def one(key: jax.Array, scheme: corr.Dynamics = scheme) -> tuple[jax.Array, jax.Array]:
            begun, later = _walked(scheme, jnp.zeros(SPAN_SIZE), SPAN_STEPS, key)
            return begun.aux.places, later.aux.places[-1]

        keys = jax.random.split(jax.random.fold_in(key, number), swarms)
        starts, ends = (np.asarray(places, float) for places in jax.jit(jax.vmap(one))(keys))
        found = sample(np.array([_outside(*both) for both in zip(starts, ends, strict=True)]))
        rows.append((found.value, found.error))
    columns = {name: ("numbers", list(row)) for name, row in zip(("outside", "outside_error"), zip(*rows, strict=True),
                                                                 strict=True)}  # fmt: skip
    return xarray.Dataset(columns, {"numbers": ["shared", "own"]}, {"particles": SPAN_PARTICLES, "size": SPAN_SIZE})


def _outside(start: np.ndarray, end: np.ndarray) -> float:
    """|part of the way outside the span of the start| / |way|, of one swarm (n, N)."""
    basis = np.linalg.svd(start[1:] - start[0], full_matrices=False)[2]
    way = end - start
    return float(np.linalg.norm(way - way @ basis.T @ basis) / np.linalg.norm(way))


def ages(key: jax.Array, scheme: corr.Dynamics, at: Sequence[int], draws: int, share: float = SHARE) -> xarray.Dataset:
    """Coefficients of g and ĝ at two points of a bowl after so many steps, and whether each is one number at all."""
    found = {
        age: corr.characterize(
            scheme, one_step.BOWL_POINTS, key=jax.random.fold_in(key, age), draws=draws, burn_in=age, share=share,
            level=LEVEL, progress=False,
        )
        for age in at
    }  # fmt: skip
    columns: dict[str, Any] = {}
    attrs: dict[str, Any] = {"share": share, "draws": draws}
    for name, short in zip(NAMES, ("plain", "unit"), strict=True):
        points = {age: one.laws[name].points for age, one in found.items()}
        estimates = np.array([[tuple(one.coefficient) for one in row.values()] for row in points.values()])
        columns[short], columns[f"{short}_error"] = ((("age", "place"), estimates[:, :, k]) for k in range(2))
        every = {f"{place}, {age}": one for age, row in points.items() for place, one in row.items()}
        attrs[f"{name}: all ages"] = law(every, share=share, level=LEVEL).verdict
        attrs |= {f"{name}: age {age}": one.laws[name].verdict for age, one in found.items()}
    return xarray.Dataset(columns, {"age": list(at), "place": list(one_step.BOWL_POINTS)}, attrs)


def judge(found: Parts) -> list[str]:
    """Rates beside theory and Poli's bound, the span, and whether one coefficient holds at all ages."""
    said = _growth(found["growth"]) if "growth" in found else []
    said += _span(found["span"]) if "span" in found else []
    said += [_descends(name, found[name]) for name in ("swarm", "mutation") if name in found]
    return said


def scores(data: xarray.Dataset, name: str) -> np.ndarray:
    """Measured rate less that of the linear map, in standard errors of both."""
    error = np.hypot(data[f"{name}_error"], data.simulation_error)
    return ((data[name] - data[f"{name}_theory"]) / error).values


def _growth(data: xarray.Dataset) -> list[str]:
    said = []
    for k, row in enumerate(data.isel(constants=place) for place in range(data.sizes["constants"])):
        off = {name: scores(data, name)[k] for name in ("spread_rate", "speed_rate")}
        word = "as predicted" if max(map(abs, off.values())) < K else "NOT as predicted"
        inside = "inside" if 2 * float(row.pull) < float(row.bound) else "outside"
        grown = "grows" if float(row.spread_rate) > 0 else "shrinks"
        said.append(
            f"w = {float(row.inertia):g}, c = {float(row.pull):g}: per step ln(spread) {grown} by"
            f" {float(row.spread_rate):.4f} ± {float(row.spread_rate_error):.2g} and ln(speed) by"
            f" {float(row.speed_rate):.4f} ± {float(row.speed_rate_error):.2g}, linear map"
            f" {float(row.spread_rate_theory):.4f} ± {float(row.simulation_error):.2g}: {word}"
            f" ({off['spread_rate']:+.1f} and {off['speed_rate']:+.1f} standard errors); φ = {2 * float(row.pull):.3g}"
            f" lies {inside} Poli's bound of {float(row.bound):.2f}."
        )
    rates = data.spread_rate / data.spread_rate_error
    if float(rates.max()) > K and float(rates.min()) < -K and bool((2 * data.pull < data.bound).all()):
        said.append("Poli's bound does not tell growth from decay: both signs lie inside it.")
    return said


def _span(data: xarray.Dataset) -> list[str]:
    shared, own = (data.sel(numbers=name) for name in ("shared", "own"))
    kept = float(shared.outside) < ROUNDING
    leaves = float(own.outside) > ROUNDING + K * float(own.outside_error)
    return [
        f"With one number per particle the swarm {'never leaves' if kept else 'LEAVES'} the affine span of its start:"
        f" {float(shared.outside):.2g} of the way lies outside, rounding; with one per particle and parameter"
        f" {float(own.outside):.3f} ± {float(own.outside_error):.2g}, it {'leaves' if leaves else 'does NOT leave'} it"
        f" ({data.attrs['particles']} particles, {data.attrs['size']} parameters)."
    ]


def descends(data: xarray.Dataset) -> str | None:
    """The vector of which one coefficient holds at every age and point, if there is one."""
    return next((name for name in NAMES if data.attrs[f"{name}: all ages"].startswith(YES)), None)


def _descends(name: str, data: xarray.Dataset) -> str:
    follows, last = descends(data), int(data.age[-1])
    unit = data.unit / data.unit.isel(age=0)
    error = math.hypot(*(float(data.unit_error[k, 0] / data.unit[k, 0]) for k in (0, -1))) * abs(float(unit[-1, 0]))
    verdicts = ", ".join(f"{one}: {data.attrs[f'{one}: all ages']}" for one in NAMES)
    word = f"descends along {follows}, at one step per generation" if follows else "is NO descent on any fixed clock"
    return (
        f"{name} {word}: the coefficient of g/|g| at age {last} is {float(unit[-1, 0]):.3g} ± {error:.2g} times that at"
        f" age {int(data.age[0])}; one coefficient at all ages within {100 * SHARE:g} %, {verdicts}. At age"
        f" {int(data.age[0])} alone, g/|g|: {data.attrs[f'g/|g|: age {int(data.age[0])}']}."
    )


def numbers(found: Parts) -> dict[str, Number]:
    """Rates of growth, the shares outside the span, and coefficients of ĝ at the first and the last age."""
    made = of_parts({name: data for name, data in found.items() if name == "growth"})
    for row in (found["span"].isel(numbers=k) for k in range(2)) if "span" in found else ():
        title = f"share outside the span, {row.numbers.item()} numbers"
        made[title] = Number(float(row.outside), float(row.outside_error))
    for name in ("swarm", "mutation"):
        if name in found:
            for row in (found[name].isel(age=k, place=0) for k in (0, -1)):
                title = f"{name}: coefficient of g/|g| at age {int(row.age)}"
                made[title] = Number(float(row.unit), float(row.unit_error))
    return made


study = Study(
    name="swarm",
    title="particle swarm: it grows or shrinks exponentially and is no descent on any clock",
    presets={
        "smoke": Sizes(1, 40, 40, 0, 10, (0, 10), 1000),
        "quick": Sizes(3, 200, 60, 100, 10, (0, 10, 20), 4000),
        "paper": Sizes(3, 2000, 60, 1000, 10, (0, 5, 10, 15, 20), 20_000),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.3, "quick": 1.0, "paper": 6.0},
    numbers=numbers,
)
