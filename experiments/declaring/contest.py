"""A contest: several training schemes on one problem, at equal loss evaluations, error bars over seeds."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from scipy import stats

import corr

from .experiment import Problem
from .number import Number, sample
from .study import Compute, Parts, Study

LEVEL = 0.05
Scheme = Callable[[Callable[[Any], jax.Array]], corr.Dynamics]


class Sizes(NamedTuple):
    """Loss evaluations that every scheme may spend, seeds (each with a start of its own), and recorded points."""

    evaluations: int
    seeds: int
    records: int = 20


def contest(
    name: str,
    title: str,
    *,
    problem: Callable[[], Problem],
    sides: Mapping[str, Scheme],
    presets: Mapping[str, Sizes],
    minutes: Mapping[str, float],
) -> Study:
    """Declare a study that runs every scheme from the same starts until it has spent its evaluations.

    Args:
        name: short name used on the command line.
        title: one line.
        problem: what is learned.
        sides: ``loss -> Dynamics`` by the name the figure shows; the first is what the others are compared with.
            ``Dynamics.evaluations`` says what a step costs.
        presets: sizes by name.
        minutes: about how long each preset takes on two cores.

    Returns:
        A ``Study``: each part holds ``loss`` (seed, evaluations) of one scheme.

    Raises:
        ValueError: for fewer than two schemes, or sizes that leave no step or error bar.

    Example:
        >>> bowl = lambda: Problem(lambda x: jnp.sum(x**2), lambda key: jax.random.normal(key, (3,)))
        >>> sides = {"mutation": lambda loss: corr.mutation(loss, mutation_std=0.1),
        ...          "descent": lambda loss: corr.descent(loss, learning_rate=0.01)}
        >>> study = contest("bowl", "a bowl", problem=bowl, sides=sides, presets={"smoke": Sizes(60, 4)},
        ...                 minutes={"smoke": 0.1})
        >>> sorted(study.parts(study.preset("smoke")))
        ['descent', 'mutation']
    """
    if len(sides) < 2:
        raise ValueError(f"a contest needs at least two schemes, got {', '.join(sides) or 'none'}")
    for size, one in presets.items():
        if min(one.evaluations, one.records) < 1 or one.seeds < 2:
            raise ValueError(f"preset {size} of {name} needs at least 1 evaluation, 1 record and 2 seeds, got {one}")

    def parts(sizes: Sizes) -> Mapping[str, Compute]:
        return {side: partial(_run, problem=problem, scheme=scheme, sizes=sizes) for side, scheme in sides.items()}

    return Study(
        name=name,
        title=title,
        presets=presets,
        parts=parts,
        judge=partial(_judge, names=tuple(sides)),
        minutes=minutes,
        numbers=partial(_numbers, names=tuple(sides)),
    )


def _run(key: jax.Array, problem: Callable[[], Problem], scheme: Scheme, sizes: Sizes) -> xarray.Dataset:
    """One scheme, one trajectory for each seed."""
    made = problem()
    dynamics = scheme(made.loss)
    starts = jax.tree.map(lambda *leaves: jnp.stack(leaves), *(made.start(seed) for seed in range(sizes.seeds)))
    steps = int(sizes.evaluations // dynamics.evaluations)
    if steps < 1:
        raise ValueError(f"a step costs {dynamics.evaluations:g} evaluations, there are {sizes.evaluations}: give more")
    marks = np.unique(np.linspace(0, steps, sizes.records + 1).astype(int)).tolist()
    data = corr.run(
        dynamics, starts, steps=steps, record_at=marks, trajectories=sizes.seeds, key=key, keep=1,
        start_per_trajectory=True, label=str(dynamics.facts.get("dynamics", "run")),
    )  # fmt: skip
    return data[["loss"]].swap_dims(time="evaluations").rename(trajectory="seed")


def _last(found: Parts, name: str) -> np.ndarray:
    return found[name].loss.values[:, -1].astype(float)


def _apart(found: Parts, first: str, name: str) -> Number:
    """Mean loss of a scheme less the first one's at the end, from the same starts."""
    return sample(_last(found, name) - _last(found, first), 0.0)


def _judge(found: Parts, names: Sequence[str]) -> list[str]:
    """Mean losses at the end, and which differ from the first one's, at 5 % for all comparisons together."""
    first, *others = names
    said = []
    for name in names:
        one = sample(_last(found, name))
        spent = float(found[name].evaluations[-1])
        said.append(f"{name}: mean loss {one.value:.4g} ± {one.error:.2g} after {spent:g} loss evaluations.")
    for name in others:
        gap = _apart(found, first, name)
        k = float(stats.t.isf(LEVEL / (2 * len(others)), (gap.count or 2) - 1))
        told = abs(gap.score()) > k
        word = ("below" if gap.value < 0 else "above") if told else "not told apart from"
        said.append(
            f"{name} ends {word} {first}: {gap.value:+.3g} ± {gap.error:.2g} ({gap.score():+.1f} standard errors, limit"
            f" {k:.1f} for {len(others)} comparisons; paired starts)."
        )
    return said


def _numbers(found: Parts, names: Sequence[str]) -> dict[str, Number]:
    """Mean loss of every scheme at the end, and less the first one's."""
    first, *others = names
    ends = {f"{name}: mean loss at the end": sample(_last(found, name)) for name in names}
    gaps = {f"loss, {name} less {first}": _apart(found, first, name)._replace(expected=None) for name in others}
    return ends | gaps
