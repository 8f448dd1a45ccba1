"""The overview of the atlas: every scheme, which descent it is, its noise, its κ and the verdict."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
import xarray

from ..declaring.number import Number
from ..declaring.study import Parts, Study
from . import altered, one_step, others
from .row import K
from .schemes import PLAIN, SIGN, UNIT, Scheme, best_of, cma, mutation, recombination, strategy

LENGTH = 1e-4
ANNEALED_DRAWS = 400_000  # a warm step takes more than nine of ten mutations
SWARM_DRAWS = 1000
ADAPTED_DRAWS = 20_000
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
    """Evaluations of the loss at each place over κ, the declared share, and whether network and all schemes are in."""

    evaluations: int
    share: float
    network: bool


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """One part for each scheme: about as many evaluations as its κ needs for equal precision of the direction."""
    losses = one_step.everywhere if sizes.network else one_step.in_bowl
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
        name: partial(
            one_step.places, scheme=scheme, evaluations=round(sizes.evaluations * scheme.law.kappa), length=LENGTH,
            share=sizes.share, losses=losses,
        )
        for name, scheme in SCHEMES.items()
        if sizes.network or name not in ALIKE
    }  # fmt: skip
    made[f"genetic, n = {others.POPULATION}"] = partial(others.front, share=sizes.share, losses=losses)
    made["annealing, warm"] = partial(others.annealed, draws=ANNEALED_DRAWS, share=sizes.share)
    if sizes.network:
        made["particle swarm"] = partial(others.swarmed, draws=SWARM_DRAWS, share=sizes.share)
    made |= altered.parts(sizes.evaluations, sizes.share, every=sizes.network)
    if sizes.network:
        made["adaptive Monte Carlo"] = partial(others.adapted, draws=ADAPTED_DRAWS, share=sizes.share)
    return made


def judge(found: Parts) -> list[str]:
    """What each scheme is and is not, and its coefficients over the law's."""
    return [(_descent if descends(data) else _no_descent)(name, data) for name, data in found.items()]


def descends(data: xarray.Dataset) -> bool:
    """Whether a scheme is foreseen to be a descent."""
    return bool(data.attrs.get("descends", 1))


def refused(data: xarray.Dataset) -> dict[str, bool]:
    """Candidates that a scheme is foreseen not to follow, and whether each differs from what it does on every loss."""
    follows = data.attrs["follows"]
    others = [title for title in (PLAIN, UNIT, SIGN) if title != follows]
    if follows in (PLAIN, UNIT):
        others.remove(SIGN)
    return {title: all(text.startswith("no") for text in told(data, title).values()) for title in others}


def _descent(name: str, data: xarray.Dataset) -> str:
    scores, follows = deviations(data), data.attrs["follows"]
    worst = int(np.argmax(np.abs(scores)))
    shown = f"{follows} (H = {data.attrs['exponent']:.2f})" if follows == altered.POWER else follows
    others = " ".join(
        f"Along {other}, {'refused' if differs else 'NOT refused'}: {_verdicts(data, other)}."
        for other, differs in refused(data).items()
    )
    word = "as predicted" if abs(scores[worst]) < K else "NOT as predicted"
    return (
        f"{name} along {shown}: {_verdicts(data, follows)}. {others} Coefficients over the law's: {word} within {K:g}"
        f" standard errors and the model error (farthest {float(data.ratio[worst]):.4g} ±"
        f" {float(data.ratio_error[worst]):.2g} at {data.place.values[worst]}, model {float(data.model[worst]):.1g})."
    )


def _verdicts(data: xarray.Dataset, title: str) -> str:
    return "; ".join(f"{kind}, {text}" for kind, text in told(data, title).items())


def _no_descent(name: str, data: xarray.Dataset) -> str:
    verdicts = [text for title in (PLAIN, UNIT) for text in told(data, title).values()]
    word = "NOT as foreseen" if any(text.startswith("yes") for text in verdicts) else "as foreseen"
    last, number = data.place.values[-1], growth(data)
    law = ""
    if number.expected is not None:
        off = "as predicted" if abs(number.score()) < K else "NOT as predicted"
        law = f", {off} within {K:g} standard errors: {number.expected:.3g}"
    return (
        f"{name}: no descent on a fixed clock was foreseen; along g: {verdicts[0]}; along g/|g|: {verdicts[1]}:"
        f" {word}. At {last} the coefficient of g/|g| is {number.value:.3g} ± {number.error:.2g} times that at"
        f" {data.place.values[0]}{law}."
    )


def growth(data: xarray.Dataset) -> Number:
    """Coefficient at the last age over that at the first, expected what theory says, if it says anything."""
    value, error = float(data.ratio[-1]), float(data.ratio_error[-1])
    if "ratio_theory" not in data:
        return Number(value, error)
    return Number(value, math.hypot(error, value * float(data.ratio_error[0])), None, float(data.ratio_theory[-1]))


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
                made[f"{name}: coefficient, {place}"] = growth(data) if k else Number(*ratio)
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
    minutes={"smoke": 0.9, "quick": 6.0, "paper": 60.0},
    numbers=numbers,
)
