"""A row of the atlas: a scheme whose law is known, its page in one format."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
import xarray

from ..declaring.number import Number, of_parts
from ..declaring.study import Parts, Study
from . import one_step, paths
from .schemes import Scheme

K = 4.0  # standard errors that a measured law may lie off its prediction
LATE = 2.0  # the common time at which mean weights are judged; plain: as many of its longer units


class Sizes(NamedTuple):
    """Evaluations of the loss for each law; how many schemes, and of those followed, None for all; σ at which the law
    is measured on the network, none for no limit; and the paths' sizes."""

    evaluations: int
    schemes: int | None
    followed: int | None
    lengths: tuple[float, ...]
    paths: tuple[float, float, int]


SIZES = {
    "smoke": Sizes(40_000, 2, 1, (), (1e-3, 0.3, 6)),
    "quick": Sizes(200_000, None, None, (1e-3, 1e-2, 1e-1, 3e-1), (1e-4, 2.4, 128)),
    "paper": Sizes(4_000_000, None, None, (1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1), (2e-5, 3.0, 200)),
}


def row(
    name: str,
    title: str,
    *,
    schemes: Mapping[str, Scheme],
    followed: Mapping[str, float],
    minutes: Mapping[str, float],
) -> Study:
    """Declare a row: laws of every scheme on a linear loss; of those followed, where the law ends, and paths.

    Args:
        name: short name used on the command line.
        title: one line.
        schemes: by the name that the figure shows.
        followed: those whose trajectories and limits are shown, each by times as many runs as the preset has.
        minutes: about how long each preset takes on two cores.

    Returns:
        A ``Study``.

    Example:
        >>> from .schemes import best_of
        >>> study = row("best", "the best of n", schemes={"(1, 2)": best_of(2)}, followed={"(1, 2)": 1.0}, minutes={})
        >>> sorted(study.parts(study.preset("smoke")))
        ['law (1, 2)', 'path (1, 2)']
    """

    def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
        made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {}
        for one, scheme in list(schemes.items())[: sizes.schemes]:
            made[f"law {one}"] = partial(one_step.linear, scheme=scheme, evaluations=sizes.evaluations)
        for one, runs in list(followed.items())[: sizes.followed]:
            scheme = schemes[one]
            if sizes.lengths:
                made[f"limit {one}"] = partial(
                    one_step.lengths, scheme=scheme, evaluations=sizes.evaluations // 4, values=sizes.lengths
                )
            wanted = paths.Sizes(*sizes.paths)
            wanted = wanted._replace(trajectories=round(runs * wanted.trajectories))
            made[f"path {one}"] = partial(paths.path, scheme=scheme, sizes=wanted)
        return made

    return Study(name=name, title=title, presets=SIZES, parts=parts, judge=judge, minutes=minutes, numbers=numbers)


def kind(found: Parts, what: str) -> dict[str, xarray.Dataset]:
    """The parts of one kind, by scheme."""
    return {name.removeprefix(f"{what} "): data for name, data in found.items() if name.startswith(f"{what} ")}


def judge(found: Parts) -> list[str]:
    """Laws beside theory, where they end, and how far mean weights lie off twin and descent."""
    said = []
    for name, data in kind(found, "law").items():
        scores = [
            (float(data[one]) - float(data[f"{one}_theory"])) / float(data[f"{one}_error"])
            for one in ("drift", "noise", "kappa")
        ]
        word = "as predicted" if max(map(abs, scores)) < K else "NOT as predicted"
        said.append(
            f"{name}: drift {_told(data, 'drift')} (law {float(data.drift_theory):.4g}), noise {_told(data, 'noise')}"
            f" ({float(data.noise_theory):.4g}), κ {_told(data, 'kappa')} ({float(data.kappa_theory):.4g}): {word}"
            f" within {K:g} standard errors."
        )
    said += [_limit(name, data) for name, data in kind(found, "limit").items()]
    return said + [_path(name, data) for name, data in kind(found, "path").items()]


def _told(data: xarray.Dataset, name: str) -> str:
    return f"{float(data[name]):.4g} ± {float(data[f'{name}_error']):.2g}"


def _limit(name: str, data: xarray.Dataset) -> str:
    off = np.abs(data.ratio.values - 1) - K * data.ratio_error.values
    left = np.flatnonzero(off > 0.05)
    if not len(left):
        return f"{name}: the law holds within 5 % up to σ = {float(data.length[-1]):g} at the start of the path."
    one = data.isel(length=left[0])
    return (
        f"{name}: at σ = {float(one.length):g} the drift at the start is {float(one.ratio):.3g} ±"
        f" {float(one.ratio_error):.2g} of its law (c = {float(one.curvature):.2g})."
    )


def _path(name: str, data: xarray.Dataset) -> str:
    late, last = _late(data), data.isel(time=-1)
    equal = "equivalent to the twin" if float(late.equivalent_p) < 0.05 else "not shown to be equivalent to the twin"
    return (
        f"{name}: at t = {float(late.time):.3g} mean weights lie {_share(late, 'to_twin')} of the squared distance"
        f" travelled off the twin ({equal} within {100 * paths.MARGIN:g} %) and {_share(late, 'to_descent')} off"
        f" noise-free descent; at t = {float(last.time):.3g} {_share(last, 'to_twin')} off the twin. A generation is"
        f" {data.attrs['generation']:.3g} of time, an evaluation"
        f" {data.attrs['generation'] / data.attrs['evaluations']:.2g}."
    )


def _late(data: xarray.Dataset) -> xarray.Dataset:
    """The time at which it is judged, or the last."""
    time = LATE * (paths.PLAIN_TIMES if data.attrs["plain"] else 1.0)
    return data.sel(time=min(time, float(data.time[-1])), method="nearest")


def _share(data: xarray.Dataset, name: str) -> str:
    return f"{100 * float(data[name]):.2g} ± {100 * float(data[f'{name}_error']):.2g} %"


def numbers(found: Parts) -> dict[str, Number]:
    """Laws, the first and last of the limits, and distances at the time judged."""
    made = of_parts({name: data for name, data in found.items() if name.startswith("law ")})
    for name, data in kind(found, "path").items():
        late = _late(data)
        count = int(data.attrs["trajectories"])
        made[f"path {name}: Δ to the twin"] = Number(float(late.to_twin), float(late.to_twin_error), count, 0.0)
        made[f"path {name}: loss"] = Number(float(late.loss), float(late.loss_error), count, float(late.twin_loss))
    return made
