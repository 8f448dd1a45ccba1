"""Evolution on top of gradient steps: the best and the average of replicas, and a reconstruction of suppression."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
import xarray
from scipy import stats

from ..declaring.number import Number, sample
from ..declaring.study import Parts, Study
from . import law, replicas, suppressed

LEVEL = 0.01  # chance that a sentence tells anything apart although nothing differs
AVERAGE = "independent, average of weights"
SCHEMES = {
    "independent, mean": ("independent", "mean"),
    "independent, best": ("independent", "best"),
    AVERAGE: ("independent", "average"),
    "suppressed, best": ("suppressed", "best"),
    "random, best": ("random", "best"),
    "least fit, best": ("least fit", "best"),
}  # best: of least held-out loss; random, least fit: these are replaced, as many as suppression replaces


class Sizes(NamedTuple):
    """Populations in the bowl; seeds, of those with starts of their own as well, individuals and generations."""

    repeats: int
    seeds: int
    own_seeds: int
    individuals: int
    generations: int


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Replicas in a bowl; populations on the digits that have one start, and starts of their own."""
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {"bowl": partial(replicas.bowl, repeats=sizes.repeats)}
    evolve = partial(suppressed.evolve, individuals=sizes.individuals, generations=sizes.generations)
    made["digits, one start"] = partial(evolve, seeds=sizes.seeds, own=False)
    if sizes.own_seeds:
        made["digits, own starts"] = partial(evolve, seeds=sizes.own_seeds, own=True)
    return made


def _digits(found: Parts) -> dict[str, xarray.Dataset]:
    return {name: data for name, data in found.items() if "replaced" in data}


def schemes(data: xarray.Dataset) -> list[str]:
    """Those that differ: where nobody is replaced all runs are one."""
    return [name for name, (run, _) in SCHEMES.items() if run == "independent" or data.replaced.values.any()]


def losses(data: xarray.Dataset, run: str, readout: str) -> np.ndarray:
    """Test losses at the end, by seed."""
    return data.test_loss.sel(run=run, readout=readout).values


def comparisons(data: xarray.Dataset) -> dict[str, Number]:
    """Test loss of suppression less that of each control in the same readout, and of its best less the average."""
    made = {}
    for readout in suppressed.READOUTS if data.replaced.values.any() else ():
        for control in ("independent", "random", "least fit"):
            pairs = losses(data, "suppressed", readout) - losses(data, control, readout)
            made[f"{readout}: suppressed - {control}"] = sample(pairs)
    average = losses(data, *SCHEMES[AVERAGE])
    return made | {f"suppressed, best - {AVERAGE}": sample(losses(data, "suppressed", "best") - average)}


def probability(number: Number) -> float:
    """p of a mean difference of zero by Student's test of pairs; 1 where pairs are equal."""
    if not number.error > 0:
        return 1.0
    return float(2 * stats.t.sf(abs(number.value) / number.error, (number.count or 0) - 1))


def judge(found: Parts) -> list[str]:
    """Laws of the bowl; on the digits who is alike, what is told apart, and which scheme has the lowest test loss."""
    said = law.judge(law.among(found))
    for name, data in _digits(found).items():
        said += [_alike(name, data), _differences(name, data), _lowest(name, data)]
    return said


def _alike(name: str, data: xarray.Dataset) -> str:
    replaced, at_first, at_last = data.replaced.mean("seed").values, _cosine(data, 0), _cosine(data, -1)
    many = f"replaces {replaced[0]:.1f} of {data.attrs['individuals']} at first and {replaced[-1]:.1f} at last"
    return (
        f"{name}: independent updates have mean cosine {at_first.value:.3f} ± {at_first.error:.2g} in the first"
        f" generation and {at_last.value:.3f} ± {at_last.error:.2g} in the last; suppression"
        f" {many if replaced.any() else 'finds none alike and replaces NONE'}."
    )


def _cosine(data: xarray.Dataset, generation: int) -> Number:
    return sample(data.cosine.sel(run="independent").values[generation])


def _differences(name: str, data: xarray.Dataset) -> str:
    compared, told = comparisons(data), []
    for pair, number in compared.items():
        p, word = probability(number), "no difference seen"
        if p < LEVEL / len(compared):
            word = f"told apart, suppression is {'BETTER' if number.value < 0 else 'WORSE'}"
        told.append(f"{pair}: {number.value:.4f} ± {number.error:.2g}, {word} (p = {p:.2g})")
    return f"{name}, differences of test loss at as many gradient steps: {'; '.join(told)}."


def _lowest(name: str, data: xarray.Dataset) -> str:
    every = schemes(data)
    ranked = sorted(every, key=lambda one: float(losses(data, *SCHEMES[one]).mean()))
    lead = losses(data, *SCHEMES[ranked[0]])
    gaps = {one: sample(losses(data, *SCHEMES[one]) - lead) for one in ranked[1:]}
    near = [one for one, gap in gaps.items() if probability(gap) >= LEVEL / len(gaps)]
    shown = "; ".join(f"{one} {_said(data, 'test_loss', one)}, {_said(data, 'test_accuracy', one)}" for one in ranked)
    alone = f"NOT told apart from {'; '.join(near)}" if near else "told apart from all others"
    return f"{name}, test loss and accuracy: {shown}. The lowest loss has {ranked[0]}, {alone}."


def _said(data: xarray.Dataset, metric: str, scheme: str) -> str:
    run, readout = SCHEMES[scheme]
    number = sample(data[metric].sel(run=run, readout=readout).values)
    return f"{number.value:.4f} ± {number.error:.2g}"


def numbers(found: Parts) -> dict[str, Number]:
    """Shares in the bowl; test loss and accuracy, cosines, replacements and differences on the digits."""
    made = dict(law.numbers(law.among(found)))
    for name, data in _digits(found).items():
        made |= {f"{name}: test loss, {one}": sample(losses(data, *SCHEMES[one])) for one in schemes(data)}
        accuracy = data.test_accuracy.sel(run="suppressed", readout="best").values
        made[f"{name}: test accuracy, suppressed, best"] = sample(accuracy)
        made[f"{name}: cosine in the last generation"] = _cosine(data, -1)
        made[f"{name}: replaced in a generation"] = sample(data.replaced.mean("between").values)
        made |= {f"{name}: {pair}": number for pair, number in comparisons(data).items()}
    return made


study = Study(
    name="suppression",
    title="evolution with gradient steps: best and average of replicas, and cluster suppression, a reconstruction",
    presets={
        "smoke": Sizes(200, 3, 0, 4, 3),
        "quick": Sizes(600, 12, 5, 16, 12),
        "paper": Sizes(20_000, 64, 20, 16, 40),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.3, "quick": 0.7, "paper": 10.0},
    numbers=numbers,
)
