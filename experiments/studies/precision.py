"""Accept/reject decisions in float32 against float64: the exact change, plain subtraction, and the trajectories."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

import corr
from corr._flips import BATCH, flip_counter, interval

from ..declaring.study import Parts, Study
from ..problems.sines import shallow_sine

TIMES, TRAINING_RATE = (0.0, 2.0, 10.0), 1e-3
SIGMA_RANGE = (2.5e-8, 2.5e-3)
ROUNDING_DRAWS = 2048
STEP_TIME = 1e-6
MUTATION_STD = corr.matched_mutation_std(learning_rate=STEP_TIME, step_ratio=1.0)  # the paper's own
DESCENT_RATE = 1e-5
SMALLER, SMALLER_STEPS = (0.1, 0.2, 0.4), 4000
RECORDS = 10
RULES = {"exact change": True, "subtraction": False}


class Sizes(NamedTuple):
    """Mutation scales, decisions for each, trajectories of each rule and the time to which they are followed."""

    sigmas: int
    draws: int
    trajectories: int
    end_time: float


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Flip rates of both rules, mutation by both rules from one start, and noise-free descent."""
    found: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
        f"flips, {rule}": lambda key, exact=exact: _flips(key, exact, sizes) for rule, exact in RULES.items()
    }
    found["rounding"] = _rounding
    found["smaller"] = lambda key: _smaller(key, sizes)
    found["descent"] = lambda key: _descent(key, sizes)
    return found | {rule: lambda key, exact=exact: _walk(key, exact, sizes) for rule, exact in RULES.items()}


def _trained() -> list[Any]:
    """Figure 1's network after noise-free normalized descent to each of the times."""
    problem, start = shallow_sine(), shallow_sine().start()
    data = corr.noise_free(problem.loss, start, learning_rate=TRAINING_RATE, times=TIMES, normalized=True)
    return [ravel_pytree(start)[1](jnp.asarray(place)) for place in data.path.values[0]]


def _flips(key: jax.Array, exact: bool, sizes: Sizes) -> xarray.Dataset:
    """Share of decisions that differ from float64 and its 99 % interval, (sigma, time)."""
    places, loss = _trained(), shallow_sine().loss
    sigmas = np.geomspace(*SIGMA_RANGE, sizes.sigmas)
    rows = []
    for std in sigmas.tolist():
        count = flip_counter(loss, mutation_std=std, beta=math.inf, draws=sizes.draws, exact=exact)
        rows.append([count(place, key) for place in places])
    names = ("flips", "draws", "rate", "low", "high")
    columns = {
        name: (("sigma", "time"), [[float(getattr(one, name)) for one in row] for row in rows]) for name in names
    }
    return xarray.Dataset(columns, coords={"sigma": sigmas, "time": list(TIMES)})


def _rounding(key: jax.Array) -> xarray.Dataset:
    """Error of a subtracted change at the paper's σ and the flip rate it foresees for any σ, (sigma, time).

    arctan(δ/(σ|∇U|))/π: the change N(0, σ²|∇U|²) and change + error have different signs, error N(0, δ²) independent.
    """
    loss, places = shallow_sine().loss, _trained()
    walks = [corr.mutation(loss, mutation_std=MUTATION_STD, exact=exact) for exact in RULES.values()]

    @jax.jit
    def errors(place: Any) -> jax.Array:
        states = [walk.init(place) for walk in walks]

        def one(draw: jax.Array) -> jax.Array:
            true, rounded = (walk.step(draw, state)[1].loss_change for walk, state in zip(walks, states, strict=True))
            return rounded - true

        # Rounding depends on how many evaluations run together: as many as where decisions are counted.
        return jax.lax.map(one, jax.random.split(key, ROUNDING_DRAWS), batch_size=BATCH)

    spread = np.array([np.std(np.asarray(errors(place), float)) for place in places])
    slope = np.array([float(jnp.linalg.norm(ravel_pytree(jax.grad(loss)(place))[0])) for place in places])
    sigmas = np.geomspace(*SIGMA_RANGE, 101)
    rates = np.arctan(spread / slope / sigmas[:, None]) / math.pi
    return xarray.Dataset(
        {"error": ("time", spread), "slope": ("time", slope), "foreseen": (("sigma", "time"), rates)},
        coords={"sigma": sigmas, "time": list(TIMES)},
    )


def _smaller(key: jax.Array, sizes: Sizes) -> xarray.Dataset:
    """Acceptance by subtraction after 2000 steps at scales below the paper's, over 2000 more, (sigma)."""
    sigmas, rates = [factor * MUTATION_STD for factor in SMALLER], []
    for std in sigmas:
        walk = corr.mutation(shallow_sine().loss, mutation_std=std, exact=False)
        data = corr.run(
            walk, shallow_sine().start(), steps=SMALLER_STEPS, record_at=[SMALLER_STEPS // 2],
            trajectories=sizes.trajectories, key=key, keep=1, block_size=min(4, sizes.trajectories), progress=False,
        )  # fmt: skip
        rates.append(float(data.acceptance[:, -1].mean()))
    return xarray.Dataset({"acceptance": ("sigma", rates)}, coords={"sigma": sigmas})


def _descent(key: jax.Array, sizes: Sizes) -> xarray.Dataset:
    del key
    times = DESCENT_RATE * _marks(sizes, DESCENT_RATE)
    problem = shallow_sine()
    return _with_falls(
        corr.noise_free(problem.loss, problem.start(), learning_rate=DESCENT_RATE, times=times, normalized=True)
    )


def _walk(key: jax.Array, exact: bool, sizes: Sizes) -> xarray.Dataset:
    problem, count, marks = shallow_sine(), sizes.trajectories, _marks(sizes, STEP_TIME)
    walk = corr.mutation(problem.loss, mutation_std=MUTATION_STD, exact=exact)
    data = corr.run(
        walk, problem.start(), steps=int(marks[-1]), record_at=marks.tolist(), time_step=STEP_TIME, trajectories=count,
        key=key, keep=1, block_size=min(4, count), label="mutation" if exact else "mutation, subtracting",
    )  # fmt: skip
    return _with_falls(data)


def _marks(sizes: Sizes, time_step: float) -> np.ndarray:
    steps = round(sizes.end_time / time_step)
    return np.array([round(k * steps / RECORDS) for k in range(RECORDS + 1)])


def _with_falls(data: xarray.Dataset) -> xarray.Dataset:
    """By how much the mean loss has fallen, with its standard error."""
    losses = data.loss.values.astype(float)
    fall, count = losses[:, :1] - losses, len(losses)
    error = fall.std(axis=0, ddof=min(1, count - 1)) / math.sqrt(count)
    return data.assign(fall=("time", fall.mean(axis=0)), fall_error=("time", error), mutation_std=MUTATION_STD)


def _near(data: xarray.Dataset, lines: xarray.Dataset, *, foreseen: bool) -> str:
    """Rates at the measured σ nearest to the paper's for each t, with 99 % intervals and what rounding foresees."""
    data = data.sel(sigma=MUTATION_STD, method="nearest")
    lines, texts = lines.sel(sigma=data.sigma, method="nearest"), []
    for k, time in enumerate(TIMES):
        rate, low, high = (100 * float(data[name][k]) for name in ("rate", "low", "high"))
        guess = f", foreseen {100 * float(lines.foreseen[k]):.2g} %" if foreseen else ""
        texts.append(f"{rate:.2g} % [{low:.2g}, {high:.2g}]{guess} at t = {time:g}")
    return f"The same at σ = {float(data.sigma):.2g}: {'; '.join(texts)}."


def judge(found: Parts) -> list[str]:
    """Flip rates where subtraction is worst and at the paper's σ, and the falls of the loss at the end."""
    said = []
    for rule in RULES:
        data = found[f"flips, {rule}"]
        every = interval(int(data.flips.sum()), int(data.draws.sum()))
        worst = data.isel(data.rate.argmax(["sigma", "time"]))
        said.append(
            f"Decisions by {rule}, all σ and t: {every.flips} of {every.draws} differ from float64 (99 % interval of"
            f" their mean share {every.low:.2g} to {every.high:.2g}), most {100 * float(worst.rate):.2g} % at"
            f" σ = {float(worst.sigma):.2g}, t = {float(worst.time):g}."
        )
        said.append(_near(data, found["rounding"], foreseen=not RULES[rule]))
    last = {name: found[name].isel(time=-1) for name in (*RULES, "descent")}
    descent = float(last["descent"].fall)
    for rule in RULES:
        fall, error = float(last[rule].fall), float(last[rule].fall_error)
        said.append(
            f"Mutation by {rule}, σ = {MUTATION_STD:.2g}, t = {float(last[rule].time):g}: the loss has fallen by"
            f" {fall:.4g} ± {error:.1g}, {100 * fall / descent:.1f} ± {100 * error / descent:.1f} % of noise-free"
            f" descent's {descent:.4g}; acceptance {float(last[rule].acceptance.mean()):.3f}."
        )
    rates = ", ".join(f"{float(row):.3f} at σ = {float(row.sigma):.2g}" for row in found["smaller"].acceptance)
    said.append(
        f"Mutation by subtraction below the paper's σ, from step {SMALLER_STEPS // 2} to {SMALLER_STEPS}: acceptance"
        f" {rates}; level 0 is one half."
    )
    return said


study = Study(
    name="precision",
    title="float32 decisions against float64: exact change and subtraction, and what they do to the trajectory",
    presets={
        "smoke": Sizes(2, 64, 2, 0.001),
        "quick": Sizes(6, 4096, 4, 0.4),
        "paper": Sizes(11, 102_400, 100, 2.0),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.3, "quick": 2.5, "paper": 400.0},
)
