"""The overview of the atlas: every scheme, which descent it is, its noise, its κ and the verdict."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
import xarray

from ..declaring.number import Number
from ..declaring.study import Parts, Study
from . import one_step, others
from .row import K
from .schemes import Scheme, best_of, cma, mutation, recombination, strategy

LENGTH = 1e-4
ANNEALED_DRAWS = 400_000  # a warm step takes more than nine of ten mutations
SWARM_DRAWS = 1000
SCHEMES: dict[str, Scheme] = {
    "mutation, β = ∞": mutation(),
    "(1, 10)": best_of(10),
    "(1 + 10)": best_of(10, keep_parent=True),
    "best 10 of 40": recombination(10, 40),
    "CMA-ES, n = 12": cma(12),
    "ranks, n = 40": strategy(40, "centred ranks"),
    "z-scores, n = 40": strategy(40, "z-score"),
    "raw, n = 40": strategy(40, "raw"),
    "raw, antithetic": strategy(40, "raw", antithetic=True),
}
ALIKE = ("(1 + 10)", "raw, antithetic")  # so like their neighbours that they are looked at where all is


class Sizes(NamedTuple):
    """Evaluations of the loss at each place over κ, the declared share, and whether network and swarm are looked at."""

    evaluations: int
    share: float
    network: bool


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """One part for each scheme: as many evaluations as its κ needs for equal precision of the direction."""
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
        name: partial(
            one_step.places, scheme=scheme, evaluations=round(sizes.evaluations * scheme.law.kappa), length=LENGTH,
            share=sizes.share, deep=sizes.network,
        )
        for name, scheme in SCHEMES.items()
        if sizes.network or name not in ALIKE
    }  # fmt: skip
    made[f"genetic, n = {others.POPULATION}"] = partial(others.front, share=sizes.share, deep=sizes.network)
    made["annealing, warm"] = partial(others.annealed, draws=ANNEALED_DRAWS, share=sizes.share)
    if sizes.network:
        made["particle swarm"] = partial(others.swarmed, draws=SWARM_DRAWS, share=sizes.share)
    return made


def judge(found: Parts) -> list[str]:
    """What each scheme is, and its coefficients over the law's."""
    said = []
    for name, data in found.items():
        if not descends(data):
            said.append(_no_descent(name, data))
            continue
        scores = deviations(data)
        worst = int(np.argmax(np.abs(scores)))
        other = "g" if data.attrs["follows"] == "g/|g|" else "g/|g|"
        verdicts = {
            title: "; ".join(f"{kind}, {text}" for kind, text in told(data, title).items())
            for title in (data.attrs["follows"], other)
        }
        word = "as predicted" if abs(scores[worst]) < K else "NOT as predicted"
        said.append(
            f"{name} along {data.attrs['follows']}: {verdicts[data.attrs['follows']]}. Along {other}:"
            f" {verdicts[other]}. Coefficients over the law's: {word} within {K:g} standard errors and the model error"
            f" (farthest {float(data.ratio[worst]):.4g} ± {float(data.ratio_error[worst]):.2g} at"
            f" {data.place.values[worst]}, model {float(data.model[worst]):.1g})."
        )
    return said


def descends(data: xarray.Dataset) -> bool:
    """Whether a scheme is foreseen to be a descent."""
    return bool(data.attrs.get("descends", 1))


def _no_descent(name: str, data: xarray.Dataset) -> str:
    verdicts = [text for title in ("g", "g/|g|") for text in told(data, title).values()]
    word = "NOT as foreseen" if any(text.startswith("yes") for text in verdicts) else "as foreseen"
    last = data.isel(place=-1)
    return (
        f"{name}: no descent on a fixed clock was foreseen; along g: {verdicts[0]}; along g/|g|: {verdicts[1]}:"
        f" {word}. At {last.place.item()} the coefficient of g/|g| is {float(last.ratio):.3g} ±"
        f" {float(last.ratio_error):.2g} times that at {data.place.values[0]}."
    )


def told(data: xarray.Dataset, title: str) -> dict[str, str]:
    """The verdicts on one candidate, by loss."""
    ends = f": {title}"
    return {key.removesuffix(ends): text for key, text in data.attrs.items() if str(key).endswith(ends)}


def deviations(data: xarray.Dataset) -> np.ndarray:
    """Standard errors by which coefficients lie off the law beyond the model error."""
    off = data.ratio.values - 1
    return np.sign(off) * np.maximum(np.abs(off) - data.model.values, 0) / data.ratio_error.values


def numbers(found: Parts) -> dict[str, Number]:
    """Coefficient over the law's and κ at the first and the last place."""
    made = {}
    for name, data in found.items():
        for k in (0, -1):
            place = str(data.place.values[k])
            ratio = float(data.ratio[k]), float(data.ratio_error[k])
            if not descends(data):
                made[f"{name}: coefficient, {place}"] = Number(*ratio)
                continue
            made[f"{name}: coefficient / law, {place}"] = Number(*ratio, None, 1.0)
            made[f"{name}: κ, {place}"] = Number(float(data.kappa[k]), float(data.kappa_error[k]), None, None)
    return made


study = Study(
    name="descents",
    title="the atlas in one table: which descent every scheme is, with which noise, on which clock",
    presets={
        "smoke": Sizes(4_000, 0.3, False),
        "quick": Sizes(20_000, 0.1, True),
        "paper": Sizes(1_000_000, 0.03, True),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.7, "quick": 5.0, "paper": 40.0},
    numbers=numbers,
)
