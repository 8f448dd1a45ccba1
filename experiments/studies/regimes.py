"""What theory foresees over σ and β along Figure 1's noise-free path, with measured steps on the map."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import xarray

from corr import resolve_clock

from ..declaring.number import Number
from ..declaring.study import Parts, Study
from ..foresight.foresee import foresee
from ..foresight.steps import TOO_FAR
from ..problems.sines import shallow_sine

LEARNING_RATE, TWINS_UNTIL = 1e-5, 8.0


class Sizes(NamedTuple):
    """The preset of Figure 1 whose path, σ and β are looked at: λ, end time and the learning rate of its descent."""

    path_of: str
    step_ratio: float
    end_time: float
    descent_learning_rate: float


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """The map, from Figure 1's first start."""
    return {"map": partial(_look, sizes=sizes)}


def _look(key: jax.Array, sizes: Sizes) -> xarray.Dataset:
    clock = resolve_clock(LEARNING_RATE, sizes.step_ratio, None, math.inf)
    return foresee(
        shallow_sine(), clock, sizes.end_time, key, descent_learning_rate=sizes.descent_learning_rate,
        twins_until=TWINS_UNTIL,
    )  # fmt: skip


def judge(found: Parts) -> list[str]:
    """Up to which σ the limits carry."""
    facts, off = found["map"].attrs, found["map"].beyond.values
    share = f"{100 * facts['tolerance']:g} %"
    return [
        f"All along the path the drift of one step is within {share} of the paper's limit for σ up to"
        f" {facts['largest_sigma']:.3g}; for σ up to {facts['largest_sigma_noise_free']:.3g} the squared spread"
        f" gathered stays below {share} of the squared distance travelled as well. The run's"
        f" σ is {facts['mutation_std']:.3g}.",
        f"Acceptance or drift of real steps lies more than {TOO_FAR:g} standard errors from level 3, which the map is"
        f" drawn by, at {off.sum()} of {off.size} places{' (✕ on the map)' if off.any() else ''}.",
    ]


def numbers(found: Parts) -> dict[str, Number]:
    """Acceptance and drift of every measured step, beside level 3."""
    data, said = found["map"], {}
    for one in (data.isel(step=k) for k in range(data.sizes["step"])):
        for name in ("acceptance", "drift"):
            value, error, theory = (float(one[f"measured_{name}{tail}"]) for tail in ("", "_error", "_theory"))
            said[f"{name} at t = {float(one.step_time):g}, σ = {float(one.step_sigma):.3g}"] = Number(
                value, error, None, theory
            )
    return said


study = Study(
    name="regimes",
    title="over σ and β: where mutation follows descent, its twin, a corrected twin, or nothing; with measured steps",
    presets={
        "smoke": Sizes("smoke", 100.0, 0.5, 1e-3),
        "quick": Sizes("quick", 1.0, 10.0, 1e-4),
        "paper": Sizes("paper", 0.1, 10.0, 1e-5),
    },
    parts=parts,
    judge=judge,
    numbers=numbers,
    minutes={"smoke": 0.7, "quick": 1.5, "paper": 5.0},
)
