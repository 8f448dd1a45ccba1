"""``characterize``: which descent a training scheme is, measured at given points."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from .._checks import check_count, check_positive
from .._keys import check_key, text_key
from .._types import Dynamics, Key, Params, Scalar, State
from ._asked import check_asked, check_covariance, check_moved, check_robust
from ._candidates import PAIRS, Vectors, fitted_exponent, gradient_at, own_vector, vectors_at
from ._laws import EITHER, STILL, Law, direction, drift_p, law
from ._moves import Place, displacements
from ._place import place
from ._smoothed import smoothed_gradient
from ._table import Characterization

PART = 0.05  # of the declared share that the sampling error of a smoothed gradient may be
TIED = 0.25  # of the declared share within which two candidates lie as close


def characterize(
    dynamics: Dynamics,
    points: Mapping[str, Params | State],
    *,
    key: Key,
    draws: int = 10_000,
    generations: int = 1,
    burn_in: int = 0,
    loss: Callable[[Params], Scalar] | None = None,
    candidates: Mapping[str, Callable[[Params], Params]] | None = None,
    smoothing_std: float | None = None,
    covariance: Any = None,
    share: float = 0.1,
    robust: bool = False,
    level: float = 0.05,
    progress: bool = True,
) -> Characterization:
    """Which descent a scheme is: its mean displacement -c u + rest beside candidates u, its noise and its clock.

    Candidates are g = ∇U, g/|g|, sign g and sign(g)|g|^H with the H that fits best; the gradient of the smoothed loss
    U_σ = E U(x + σξ), as it is and over its length; C g and C g/√(gᵀC g) for a covariance; and your own. At one point g
    and g/|g| differ by a factor alone: two points or more, where |g| differs, tell them apart, since the coefficient of
    the right one is the same at all. A candidate is *different* where a test finds a rest or unequal coefficients (Holm
    over the points), and *equivalent* where the rest is less than ``share`` of the drift at every point and every
    coefficient within ``share`` of their mean, each at ``level``. A scheme can be both, or neither if draws are few.
    Parameters that never move are left out of every candidate.

    Args:
        dynamics: any, of which one step is one generation.
        points: by name, parameters (a pytree of N numbers) or a ``State`` with what the dynamics remembers. Every draw
            begins there; what a dynamics draws at its start is drawn anew for each.
        key: root key; each point has random numbers of its own.
        draws: independent displacements at each point, a multiple of 100 (robust: of 500), at least 1000.
        generations: steps of one displacement.
        burn_in: steps before it, for schemes whose population must spread first; candidates are then taken at the mean
            position where displacements begin.
        loss: U of the candidates; None for the one of the dynamics.
        candidates: directions of your own by name, ``params -> vector`` like the parameters, of which -c u is tested.
        smoothing_std: σ of the smoothed loss, in parameter units; None leaves it out.
        covariance: C, (N, N) in the order of ``ravel_pytree``; None leaves it out.
        share: declared before the data are seen, in (0, 1).
        robust: medians of blocks in place of means, for steps of infinite variance; of a skewed law they are its mean
            only as far as means of draws/500 are symmetric.
        level: of each test.
        progress: show a bar.

    Returns:
        A ``Characterization``; print it, or ``.plot()`` it.

    Raises:
        ValueError: for too few draws, no or zero gradient, a share outside (0, 1), vectors of another size, a candidate
            of a name that is taken; warns where steps are lost in rounding or losses are not finite.
        TypeError: for what is no dynamics, no mapping of points or no key.

    Example:
        >>> import corr
        >>> walk = corr.mutation(lambda x: jnp.sum(x**2), mutation_std=1e-3)
        >>> points = {"near": jnp.array([0.1, 0.3]), "far": jnp.array([2.0, -1.0])}
        >>> found = characterize(walk, points, key=corr.root_key(0), progress=False)
        >>> found.laws["g/|g|"].verdict, found.laws["g"].verdict
        ('yes: equivalent, no difference found', 'no: off by more than the share')

    Reference: theory/README.md, "Which descent" and "Populations".
    """
    loss, start = check_asked(dynamics, points, loss, candidates, draws, robust, share, level)
    flat, unravel = ravel_pytree(start)
    flat_loss = lambda x: loss(unravel(x))  # noqa: E731
    matrix = None if covariance is None else check_covariance(covariance, flat.size)
    std = None if smoothing_std is None else check_positive("smoothing_std", smoothing_std)
    generations, burn_in = check_count("generations", generations), check_count("burn_in", burn_in, least=0)

    all_of_them = np.ones(flat.size, bool)

    def own(position: np.ndarray, moving: np.ndarray) -> dict[str, np.ndarray]:
        params, asked = unravel(jnp.asarray(position, flat.dtype)), (candidates or {}).items()
        return {title: moving * own_vector(title, make, params, flat.size) for title, make in asked}

    for name, point in points.items():  # what is refused is refused before anything is drawn
        here = np.asarray(ravel_pytree(point.position if isinstance(point, State) else point)[0])
        own(here, all_of_them)
        if not burn_in:
            gradient_at(name, flat_loss, here, flat.dtype, all_of_them)
    moves = displacements(
        dynamics, points, draws=draws, key=check_key(key), generations=generations,
        burn_in=burn_in, progress=progress,
    )  # fmt: skip
    for name, one in moves.items():
        check_moved(name, one, flat.dtype)
    spent = float(dynamics.evaluations) * generations
    moving = np.any([one.steps.any(axis=0) for one in moves.values()], axis=0)
    places = {
        name: place(one, gradient_at(name, flat_loss, one.position, flat.dtype, moving), spent, robust=robust)
        for name, one in moves.items()
    }
    for name, one in moves.items() if robust else ():
        check_robust(name, one, places[name].drift, share)

    def smoothed(name: str, position: np.ndarray) -> np.ndarray | None:
        if std is None:
            return None
        at = jnp.asarray(position, flat.dtype)
        return moving * smoothed_gradient(flat_loss, at, std=std, key=text_key(key, name), error=share * PART)

    exponent = fitted_exponent([one.drift for one in places.values()], [one.gradient for one in places.values()])
    vectors = {
        name: vectors_at(one.gradient, exponent, smoothed(name, one.position), matrix, own(one.position, moving))
        for name, one in places.items()
    }
    laws = _compare(places, vectors, share, level)
    nothing = drift_p([one.blocks for one in places.values()], laws)
    if nothing >= level:
        laws = {name: one._replace(verdict=STILL) for name, one in laws.items()}
    return Characterization(places, laws, exponent, share, draws, generations, nothing)


def _compare(places: dict[str, Place], vectors: dict[str, Vectors], share: float, level: float) -> dict[str, Law]:
    """Every candidate at all places, the closest first; of two as close the one that was named first."""
    laws = {
        title: law({name: direction(one.blocks, vectors[name][title], share=share, level=level, seed=number)
                    for number, (name, one) in enumerate(places.items())}, share=share, level=level)
        for title in next(iter(vectors.values()))
    }  # fmt: skip

    for pair in PAIRS:
        both = [laws[title] for title in pair if title in laws]
        if len(both) == 2 and all(one.verdict.startswith("yes") for one in both):
            laws |= {title: laws[title]._replace(verdict=EITHER) for title in pair}

    def apart(pair: tuple[str, Law]) -> float:
        off = max(pair[1].spread, *(one.across for one in pair[1].points.values()))
        return math.floor(off / (share * TIED)) if math.isfinite(off) else math.inf

    return dict(sorted(laws.items(), key=apart))
