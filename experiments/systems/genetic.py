"""Genetic algorithm: the speed of its front, its noise, its κ, and an averaged trajectory on Figure 1's network."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

import corr
from corr import populations
from theory import genetic as chain
from theory import populations as theory

from ..declaring.number import Number, difference, sample
from ..declaring.study import Parts, Study
from . import paths, row
from .schemes import Scheme

K = 4.0  # standard errors
CROSSED = 50  # parameters where parents are crossed, the slope even over all
UNCROSSED, NEUTRAL = 3, 24  # parameters: speed without crossover; noise, all but one of them across the gradient
LINEAGE = 2  # populations n of burn-in, in generations, until all descend from one
NOISE_GENERATIONS = 4  # of one displacement, in populations n
HALF = 0.5  # share at which noise and path are measured
PATH_COUNT, PATH_DRAWS = 10, 4000  # of the path, and populations whose speed is its clock
NONE, UNIFORM = "no crossover", "uniform crossover"


class Sizes(NamedTuple):
    """Shares p and populations whose speed is measured, with burn-in, generations and populations drawn, by the scheme
    and by the chain; populations whose κ is measured, with those drawn; and the path's sizes, none for no path."""

    shares: tuple[float, ...]
    counts: tuple[int, ...]
    kinds: tuple[str, ...]
    burn_in: int
    generations: int
    draws: int
    simulated: int
    noise_counts: tuple[int, ...]
    noise_draws: int
    path: tuple[float, float, int] | None

    @property
    def measured(self) -> dict[str, int]:
        """How a speed is measured."""
        return {"draws": self.draws, "generations": self.generations, "burn_in": self.burn_in}


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Speeds by crossover and population, κ against the population, and the path."""
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
        f"{kind}, n = {count}": partial(speeds, sizes=sizes, count=count, crossed=kind == UNIFORM)
        for kind in sizes.kinds
        for count in sizes.counts
    }
    made["noise"] = partial(noise, counts=sizes.noise_counts, draws=sizes.noise_draws)
    if sizes.path:
        made["path"] = partial(path, sizes=sizes)
    return made


def even(x: jax.Array) -> jax.Array:
    """A linear loss of gradient 1, even over all parameters."""
    return jnp.sum(x) / math.sqrt(len(x))


def speeds(key: jax.Array, sizes: Sizes, count: int, crossed: bool) -> xarray.Dataset:
    """Distance down a slope per generation over σ, against the share, beside its own chain and two formulas."""
    size = CROSSED if crossed else UNCROSSED
    rows = []
    for number, share in enumerate(sizes.shares):
        found = speed(jax.random.fold_in(key, number), share, count, crossed, **sizes.measured)
        known = simulated(sizes, share, count, crossed)
        rows.append((found.value, found.error, *known, *bounds(sizes, share, count, crossed)))
    names = ("speed", "speed_error", "speed_theory", "simulation_error", "slowest", "fastest")
    columns = dict(zip(names, np.array(rows).T, strict=True))
    return xarray.Dataset(
        {name: ("share", values) for name, values in columns.items()},
        {"share": list(sizes.shares)},
        {"population": count, "parameters": size, "crossed": int(crossed)},
    )


def speed(
    key: jax.Array, share: float, count: int, crossed: bool, *, draws: int, generations: int, burn_in: int
) -> Number:
    """Distance down a slope per generation over σ, of populations that have spread."""
    kind, size = ("uniform", CROSSED) if crossed else ("none", UNCROSSED)
    scheme = populations.genetic(even, mutation_std=1.0, population=count, share=share, crossover=kind)
    moves = corr.atlas.displacements(
        scheme, {"slope": jnp.zeros(size)}, draws=draws, key=key, generations=generations, burn_in=burn_in,
        progress=False,
    )["slope"]  # fmt: skip
    return sample(-moves.steps.sum(axis=1) / math.sqrt(size) / generations)


def simulated(sizes: Sizes, share: float, count: int, crossed: bool) -> chain.Speed:
    """The population's own chain over the same generations, in NumPy."""
    return chain.truncation_speed(
        share, count, parameters=CROSSED, crossover=crossed, burn_in=sizes.burn_in, generations=sizes.generations,
        populations=sizes.simulated,
    )  # fmt: skip


def bounds(sizes: Sizes, share: float, count: int, crossed: bool) -> tuple[float, float]:
    """Formulas that leave something out. Without crossover the front with its first term in 1/ln n, and without; with
    it the closure, and inheritance left out."""
    if not crossed:
        return theory.front_speed(share, count), theory.front_speed(share)
    free = chain.crossed_recursion(share, count, CROSSED, burn_in=sizes.burn_in, generations=sizes.generations)
    return theory.genetic_closure(share, count).drift, free


def noise(key: jax.Array, counts: Sequence[int], draws: int) -> xarray.Dataset:
    """Speed, variance across the gradient per generation and coordinate, and κ, against the population."""
    rows = []
    for number, count in enumerate(counts):
        scheme = populations.genetic(even, mutation_std=1.0, population=count, share=HALF)
        generations = NOISE_GENERATIONS * count
        moves = corr.atlas.displacements(
            scheme, {"slope": jnp.zeros(NEUTRAL)}, draws=draws, key=jax.random.fold_in(key, number),
            generations=generations, burn_in=LINEAGE * count, progress=False,
        )["slope"]  # fmt: skip
        gradient = np.full(NEUTRAL, NEUTRAL**-0.5)
        place = corr.atlas.place(moves, gradient, float(count * generations))
        across = place.noise["across"]
        known = chain.truncation_speed(HALF, count, burn_in=LINEAGE * count, generations=generations, populations=draws)
        kappa = count / known.value**2
        rows.append((
            across.value / generations, across.standard_error / generations, 1.0, place.kappa.value,
            place.kappa.standard_error, kappa, 2 * kappa * known.error / known.value,
            theory.genetic_closure(HALF, count).kappa,
        ))  # fmt: skip
    names = ("noise", "noise_error", "noise_theory", "kappa", "kappa_error", "kappa_theory", "simulation_error",
             "closure")  # fmt: skip
    columns = {name: ("population", values) for name, values in zip(names, np.array(rows).T, strict=True)}
    return xarray.Dataset(columns, {"population": list(counts)}, {"share": HALF})


def path(key: jax.Array, sizes: Sizes) -> xarray.Dataset:
    """Mean weights beside twin and descent on Figure 1's network, on the clock of the speed measured on a slope."""
    if sizes.path is None:
        raise ValueError("path has no sizes")
    measured, tried = jax.random.split(key)
    found = speed(measured, HALF, PATH_COUNT, crossed=False, **sizes.measured | {"draws": PATH_DRAWS})
    scheme = Scheme(
        lambda loss, length: populations.genetic(loss, mutation_std=length, population=PATH_COUNT, share=HALF),
        theory.Generation(found.value, 1.0, PATH_COUNT),
    )
    return paths.path(tried, scheme, paths.Sizes(*sizes.path)).assign_attrs(
        speed=found.value, speed_error=found.error
    )  # fmt: skip


def judge(found: Parts) -> list[str]:
    """Speeds and κ beside their chain, growth with the population, noise beside neutral theory, and the path."""
    said = [_speeds(name, data) for name, data in found.items() if "speed" in data]
    said += [line for kind in (NONE, UNIFORM) for line in _growth(kind, found)]
    if "noise" in found:
        said += _noise(found["noise"])
    if "path" in found:
        attrs = found["path"].attrs
        (line,) = row.judge({"path genetic algorithm": found["path"]})
        said.append(f"On the clock of the measured speed, {attrs['speed']:.4f} ± {attrs['speed_error']:.2g}: {line}")
    return said


def scores(data: xarray.Dataset, name: str) -> np.ndarray:
    """Deviations from the chain, in standard errors of both."""
    error = np.hypot(data[f"{name}_error"], data.simulation_error)
    return ((data[name] - data[f"{name}_theory"]) / error).values


def _speeds(name: str, data: xarray.Dataset) -> str:
    laws = (
        ("closure", "recursion without inheritance")
        if data.attrs["crossed"]
        else ("front with its first term in 1/ln n", "front of infinitely many")
    )
    told = "; ".join(
        f"p = {float(one.share):g}: {float(one.speed):.4f} ± {float(one.speed_error):.2g} σ per generation, its chain"
        f" {float(one.speed_theory):.4f} ± {float(one.simulation_error):.2g} ({laws[0]} {float(one.slowest):.3f},"
        f" {laws[1]} {float(one.fastest):.3f})"
        for one in _each(data, "share")
    )
    off = np.abs(scores(data, "speed")).max()
    word = "as predicted" if off < K else "NOT as predicted"
    return f"{name}: {told}: {word} (largest of {len(data.share)} deviations {off:.1f} standard errors)."


def _growth(kind: str, found: Parts) -> list[str]:
    """Whether the speed grows with the population at every share."""
    sides = sorted(
        (data for name, data in found.items() if name.startswith(f"{kind}, ")),
        key=lambda data: data.attrs["population"],
    )
    if len(sides) < 2:
        return []
    small, large = sides[0], sides[-1]
    least = float(((large.speed - small.speed) / np.hypot(large.speed_error, small.speed_error)).min())
    word = "grows" if least > K else "does NOT grow"
    return [
        f"{kind}: the speed {word} with the population at every p, from n = {small.attrs['population']} to"
        f" {large.attrs['population']} by {least:.1f} standard errors at least."
    ]


def _noise(data: xarray.Dataset) -> list[str]:
    off = float(np.abs((data.noise - data.noise_theory) / data.noise_error).max())
    told = ", ".join(f"{float(one.noise):.3f} ± {float(one.noise_error):.2g}" for one in _each(data, "population"))
    word = "as neutral theory says" if off < K else "NOT as neutral theory says"
    counts = ", ".join(str(int(count)) for count in data.population)
    said = [
        f"Across the gradient the centroid gains {told} σ² per generation at n = {counts}, predicted 1 whatever n:"
        f" {word} (largest deviation {off:.1f} standard errors)."
    ]
    kappas = ", ".join(f"{float(one.kappa):.3g} ± {float(one.kappa_error):.2g}" for one in _each(data, "population"))
    off = np.abs(scores(data, "kappa")).max()
    word = "as predicted" if off < K else "NOT as predicted"
    laws = {"n/v² of the chain": data.kappa_theory, "closure n k/i²": data.closure}
    known = ", ".join(f"{title} {', '.join(f'{float(one):.3g}' for one in law)}" for title, law in laws.items())
    line = f"κ = {kappas} at n = {counts}, {known}: {word} by the chain ({off:.1f} standard errors)"
    if data.sizes["population"] > 1:
        rises = difference(_kappa(data, -1), _kappa(data, 0))
        grown = "grows" if rises.value > K * rises.error else "does NOT grow"
        line += f"; κ {grown} with the population ({rises.value / rises.error:.1f} standard errors)"
    return [*said, f"{line}."]


def _each(data: xarray.Dataset, name: str) -> list[xarray.Dataset]:
    return [data.isel({name: k}) for k in range(data.sizes[name])]


def _kappa(data: xarray.Dataset, place: int) -> Number:
    return Number(float(data.kappa[place]), float(data.kappa_error[place]))


def numbers(found: Parts) -> dict[str, Number]:
    """Speeds and κ, expected those of the chain; noise across, expected 1; and distances of the path."""
    made: dict[str, Number] = {}
    for name, data in found.items():
        for k in range(data.sizes.get("share", 0)):
            made[f"{name}: speed at p = {float(data.share[k]):g}"] = _number(data.isel(share=k), "speed")
    for one in _each(found["noise"], "population") if "noise" in found else []:
        at = f"n = {int(one.population)}"
        made[f"noise across at {at}"] = Number(float(one.noise), float(one.noise_error), None, 1.0)
        made[f"κ at {at}"] = _number(one, "kappa")
    return made | (_of_path(found["path"]) if "path" in found else {})


def _of_path(data: xarray.Dataset) -> dict[str, Number]:
    """As of any row; the loss is known no better than the clock, which is measured too."""
    made = dict(row.numbers({"path genetic algorithm": data}))
    name = "path genetic algorithm: loss"
    slope = np.interp(row.LATE, data.time, np.gradient(data.loss.values, np.log(data.time.values)))
    clock = slope * data.attrs["speed_error"] / data.attrs["speed"]
    return made | {name: made[name]._replace(error=math.hypot(made[name].error, clock))}


def _number(data: xarray.Dataset, name: str) -> Number:
    error = math.hypot(float(data[f"{name}_error"]), float(data.simulation_error))
    return Number(float(data[name]), error, None, float(data[f"{name}_theory"]))


study = Study(
    name="genetic",
    title="genetic algorithm: the speed of its front, its noise, and a κ that grows with the population",
    presets={
        "smoke": Sizes((0.5,), (40,), (NONE,), 40, 40, 100, 400, (10,), 100, None),
        "quick": Sizes(
            (0.5, 0.2, 0.05), (40, 400), (NONE, UNIFORM), 60, 60, 32, 64, (10, 20, 40), 200, (1e-4, row.LATE, 96)
        ),
        "paper": Sizes(
            (0.5, 0.2, 0.05), (40, 400), (NONE, UNIFORM), 200, 200, 200, 400, (10, 20, 40, 160), 1000, (1e-4, 3.0, 96)
        ),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.2, "quick": 3.0, "paper": 60.0},
    numbers=numbers,
)
