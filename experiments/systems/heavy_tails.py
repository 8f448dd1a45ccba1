"""Mutation with heavy tails is power gradient descent: one step's drift against the slope, and averaged paths."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
import xarray

from ..declaring.number import Number
from ..declaring.study import Parts, Study
from . import heavy_paths
from .heavy_steps import DEGREES, single, student, together
from .paths import MARGIN

K = 4.0  # standard errors
LEVEL = 0.05  # of equivalence
EXPONENTS = (0.3, 0.5, 0.8)
STUDENT = f"Student's t, ν = {DEGREES:g}"
LAWS = {"all coordinates": together, "one coordinate": single}


class Sizes(NamedTuple):
    """Draws of a step for each law, exponents of those above, and both paths, none for no paths nor Student's."""

    draws: int
    exponents: int
    bowl: tuple[float, float, int] | None
    network: tuple[float, float, int] | None


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Both laws at every exponent, Student's t late on Figure 1's network, and paths in a bowl and on the network."""
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
        f"{name}, H = {exponent}": partial(law, exponent=exponent, draws=sizes.draws)
        for name, law in LAWS.items()
        for exponent in EXPONENTS[: sizes.exponents]
    }
    if sizes.bowl and sizes.network:
        made[STUDENT] = partial(student, draws=sizes.draws // 4)
        made["path, bowl"] = partial(heavy_paths.in_bowl, sizes=heavy_paths.Sizes(*sizes.bowl))
        made["path, network"] = partial(heavy_paths.on_network, sizes=heavy_paths.Sizes(*sizes.network))
    return made


def scores(data: xarray.Dataset) -> np.ndarray:
    """Deviations from the law, in standard errors."""
    return ((data.drift - data.drift_theory) / data.drift_error).values


def judge(found: Parts) -> list[str]:
    """Drifts beside their law, the fitted power beside H and beside 1, and the paths beside both descents."""
    said = [_law(name, data) for name, data in found.items() if "drift" in data]
    return said + [_path(name.removeprefix("path, "), data) for name, data in found.items() if "to_power" in data]


def _law(name: str, data: xarray.Dataset) -> str:
    off, attrs = float(np.abs(scores(data)).max()), data.attrs
    word = "as predicted" if off < K else "NOT as predicted"
    decades = np.log10(float(data.slope[-1] / data.slope[0]))
    straight = (1 - attrs["fitted"]) / attrs["fitted_error"]
    gradient = "refused" if straight > K else "NOT refused"
    turned = ""
    if "cosine_power" in attrs:
        turned = (
            f" Its law has a cosine of {attrs['cosine_power']:.3f} with the power gradient of H = ν - 1 and of"
            f" {attrs['cosine_gradient']:.3f} with the gradient: why it leaves the common curve of `universality`."
        )
    return (
        f"{name}: over {decades:.2g} decades of the slope the drift is {word} (largest of {len(data.slope)} deviations"
        f" {off:.1f} standard errors); its power of the slope {attrs['fitted']:.3f} ± {attrs['fitted_error']:.2g}, that"
        f" of the law {attrs['fitted_theory']:.3f}; the gradient's, 1, is {gradient} ({straight:.0f} standard errors)."
        f"{turned}"
    )


def _path(name: str, data: xarray.Dataset) -> str:
    last = data.isel(time=-1)
    apart = float(last.to_gradient - last.to_power) / float(np.hypot(last.to_gradient_error, last.to_power_error))
    word = "not gradient descent" if apart > K else "NOT told from gradient descent"
    near = "" if float(last.equivalent_p) < LEVEL else "NOT shown to be "
    word = f"{near}power descent within {100 * MARGIN:g} %, {word}"
    return (
        f"{name}: at t = {float(last.time):.3g} mean weights lie {_share(last, 'to_power')} of the squared distance"
        f" travelled off power descent on the clock of their law, and {_share(last, 'to_gradient')} off gradient"
        f" descent at any time: {word} ({apart:.1f} standard errors). Mean loss {float(last.loss):.4g}, power descent's"
        f" {float(last.power_loss):.4g}."
    )


def _share(data: xarray.Dataset, name: str) -> str:
    return f"{100 * float(data[name]):.2g} ± {100 * float(data[f'{name}_error']):.2g} %"


def numbers(found: Parts) -> dict[str, Number]:
    """Fitted powers, expected those of the law, drifts at both ends over it, and distances at the end of the paths."""
    made: dict[str, Number] = {}
    for name, data in found.items():
        if "drift" in data:
            made[f"{name}: power"] = Number(
                data.attrs["fitted"], data.attrs["fitted_error"], None, data.attrs["fitted_theory"]
            )
            for k in (0, -1):
                law, at = float(data.drift_theory[k]), f"slope {float(data.slope[k]):g}"
                ratio = Number(float(data.drift[k]) / law, float(data.drift_error[k]) / abs(law), None, 1.0)
                made[f"{name}: drift over its law, {at}"] = ratio
        else:
            last = data.isel(time=-1)
            for side in ("power", "gradient"):
                made[f"{name}: Δ to {side} descent"] = Number(
                    float(last[f"to_{side}"]), float(last[f"to_{side}_error"]), int(data.attrs["runs"])
                )
    return made


study = Study(
    name="heavy_tails",
    title="mutation with heavy tails is power gradient descent",
    presets={
        "smoke": Sizes(250_000, 1, None, None),
        "quick": Sizes(1_000_000, 3, (1e-4, 1.5, 256), (3e-5, 0.2, 64)),
        "paper": Sizes(50_000_000, 3, (1e-5, 2.0, 1024), (1e-5, 0.2, 256)),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.2, "quick": 3.0, "paper": 60.0},
    numbers=numbers,
)
