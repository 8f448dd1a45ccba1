"""B2: what theory foresees over σ and β along Figure 1's noise-free path, with measured steps on the map."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray

from . import fig1
from ._measured import TOO_FAR
from ._numbers import Number
from ._study import Parts, Study

LARGEST_SEED = 2**31 - 1


class Sizes(NamedTuple):
    """The preset of Figure 1 whose path, σ and β are looked at."""

    path_of: str


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """The map, from Figure 1's first start."""

    # Both need the catalogue, which names this study.
    from ._foresight import validity
    from ._plan import Options

    def look(key: jax.Array) -> xarray.Dataset:
        seed = int(jax.random.randint(key, (), 0, LARGEST_SEED))
        return _dataset(validity(fig1.experiment, Options(preset=sizes.path_of, seed=seed, start_seed=0)))

    return {"map": look}


def _dataset(found: dict[str, Any]) -> xarray.Dataset:
    """Regimes over (place, β, σ) as numbers into their names, and the measured steps."""
    maps, measured = found["regimes"], found["measured"]
    columns: dict[str, Any] = {
        f"step_{name}": ("step", np.array([float(point[name]) for point in measured]))
        for name in ("time", "sigma", "beta")
    }
    for name in ("acceptance", "drift"):
        values = np.array([point[name] for point in measured])
        columns |= {f"{name}{tail}": ("step", values[:, k]) for k, tail in enumerate(("", "_error", "_theory"))}
    columns["beyond"] = "step", np.array([point["beyond"] for point in measured])
    columns["regime"] = ("time", "beta", "sigma"), np.array([one["regime"] for one in maps], np.int8)
    coords = {
        "time": [one["time"] for one in maps],
        "beta": np.array(maps[0]["beta"], float),
        "sigma": maps[0]["sigma"],
    }
    clock = {"mutation_std": found["clock"]["mutation_std"], "run_beta": float(found["clock"]["beta"])}
    largest = {name: found[name] for name in ("largest_sigma", "largest_sigma_noise_free", "tolerance")}
    return xarray.Dataset(columns, coords, {**clock, **largest, "names": "; ".join(maps[0]["names"])})


def judge(found: Parts) -> list[str]:
    """Up to which σ the limits carry."""
    facts, off = found["map"].attrs, found["map"].beyond.values
    share = f"{100 * facts['tolerance']:g} %"
    return [
        f"All along the path the drift of one step is within {share} of the paper's limit for σ up to"
        f" {facts['largest_sigma']:.3g}; for σ up to {facts['largest_sigma_noise_free']:.3g} the spread gathered on the"
        f" way stays below {share} of the way as well. The run's σ is {facts['mutation_std']:.3g}.",
        f"Acceptance or drift of real steps lies more than {TOO_FAR:g} standard errors from level 3, which the map is"
        f" drawn by, at {off.sum()} of {off.size} places{' (✕ on the map)' if off.any() else ''}.",
    ]


def numbers(found: Parts) -> dict[str, Number]:
    """Acceptance and drift of every measured step, beside level 3."""
    data, said = found["map"], {}
    for one in (data.isel(step=k) for k in range(data.sizes["step"])):
        for name in ("acceptance", "drift"):
            value, error, theory = (float(one[f"{name}{tail}"]) for tail in ("", "_error", "_theory"))
            said[f"{name} at t = {float(one.step_time):g}, σ = {float(one.step_sigma):.3g}"] = Number(
                value, error, None, theory
            )
    return said


study = Study(
    name="regimes",
    title="over σ and β: where mutation follows descent, its twin, a corrected twin, or nothing; with measured steps",
    presets={"smoke": Sizes("smoke"), "quick": Sizes("quick"), "paper": Sizes("paper")},
    parts=parts,
    judge=judge,
    numbers=numbers,
    minutes={"smoke": 0.7, "quick": 1.5, "paper": 5.0},
)
