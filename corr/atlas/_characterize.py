"""``characterize``: which descent a training scheme is, measured at given points."""

from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from .._checks import check_count, check_positive
from .._keys import check_key, text_key
from .._types import Dynamics, Key, Params, Scalar, State
from ._asked import check_asked, check_covariance
from ._candidates import FAMILIES, Vectors, gradient_at, own_vector, vectors_at
from ._compared import compared
from ._moved import check_moved, check_reach, check_skewed, moving_parameters, remembered, rounded
from ._moves import Place, displacements
from ._place import place
from ._power import fitted
from ._smoothed import smoothed_gradient
from ._table import Characterization

PART = 0.05  # of the declared share that the sampling error of a smoothed gradient may be


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

    Candidates are g = ∇U, g/|g| and sign g; sign(g)|g|^H, and the same over ‖g‖^H with ‖g‖ = (Σ|g|^(1+H))^(1/(1+H)),
    each with an H of its own, the one in [0, 2] that fits all points together; the gradient of the smoothed loss
    U_σ = E U(x + σξ), as it is and over its length; C g and C g/√(gᵀC g) for a covariance; and your own. At one point g
    and g/|g| differ by a factor alone: two points or more, where |g| differs by more than ``share``, tell them apart,
    since the coefficient of the right one is the same at all. Components of one size tell no H: that power is left out.

    A candidate is *different* where a test finds a rest or unequal coefficients (Holm over the points), and
    *equivalent* where the rest is less than ``share`` of the drift at every point and every coefficient within
    ``share`` of their mean, each at ``level``. A scheme can be both, or neither if draws are few. Parameters that never
    move are left out of every candidate, unless others move so rarely that it is chance.

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
            only as far as means of draws/500 are symmetric. A sign test warns of skewness; with few draws it may find
            none though medians are half of the mean, so compare with ``robust=False`` or with more draws.
        level: of each test.
        progress: show a bar.

    Returns:
        A ``Characterization``; print it, or ``.plot()`` it.

    Raises:
        ValueError: for too few draws, no or zero gradient, a share outside (0, 1), vectors of another size, a candidate
            of a name that is taken, evaluations that are not positive, medians that are zero, positions that change
            by other than ``Info`` tells, proposals called symmetric whose mean is not zero; warns where steps are lost
            in rounding, losses are not finite, draws too few for parameters that rarely move, or the gradient changes
            on the way of many generations.
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

    def own(name: str, position: np.ndarray) -> Vectors:
        params, asked = unravel(jnp.asarray(position, flat.dtype)), (candidates or {}).items()
        return {title: own_vector(title, make, params, flat.size, name) for title, make in asked}

    for name, point in points.items():  # what is refused is refused before anything is drawn
        here = np.asarray(ravel_pytree(point.position if isinstance(point, State) else point)[0])
        own(name, here)
        if not burn_in:
            gradient_at(name, flat_loss, here, flat.dtype, np.ones(flat.size, bool))
    moves = displacements(
        dynamics, points, draws=draws, key=check_key(key), generations=generations,
        burn_in=burn_in, progress=progress,
    )  # fmt: skip
    check_moved(moves, flat.dtype, robust)
    moving, left_out = moving_parameters(moves)
    spent = float(dynamics.evaluations) * generations
    places = {
        name: place(one, gradient_at(name, flat_loss, one.position, flat.dtype, moving), spent, robust=robust)
        for name, one in moves.items()
    }
    for name, one in places.items():
        if robust:
            check_skewed(name, moves[name], one.drift, share)
        if generations > 1:
            check_reach(name, one, flat_loss, flat.dtype, moving, share)
    rows, gradients = [one.blocks for one in places.values()], [one.gradient for one in places.values()]
    exponents = {title: fitted(make, rows, gradients, share) for title, make in FAMILIES.items()}

    def vectors(name: str, one: Place) -> Vectors:
        at, mine, smoothed = jnp.asarray(one.position, flat.dtype), text_key(key, name), None
        if std is not None:
            smoothed = moving * smoothed_gradient(flat_loss, at, std=std, key=mine, error=share * PART)
        found = vectors_at(one.gradient, exponents, smoothed, matrix, own(name, one.position))
        return {title: moving * vector for title, vector in found.items()}

    roundings = {name: generations * rounded(one, start) for name, one in places.items()}
    made = {name: vectors(name, one) for name, one in places.items()}
    laws, nothing = compared(places, made, roundings, share, level)
    notes = (left_out, remembered(dynamics, points, start, burn_in))
    return Characterization(
        places, laws, exponents, share, draws, generations, nothing, tuple(note for note in notes if note)
    )
