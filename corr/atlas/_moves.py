"""Independent displacements of a dynamics from one point, and the blocks that everything else is made of."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from .._compiler import check_compiled
from .._keys import step_key, step_words, trajectory_key
from .._start import draws_at_start, initial, start_key
from .._types import Dynamics, State
from ..ensemble._blocks import cache_bytes, working_set
from ..ensemble._progress import Progress
from ..inference import Estimate
from ._honest import check_symmetric, check_told, spacing

BATCH = 256
BLOCKS = 100  # independent means from which every error is taken
MEDIAN_OF = 5  # means of which the robust form takes the median


class Moves(NamedTuple):
    """Displacements over some generations, in parameter units.

    Attributes:
        steps: (n, N).
        samples: what the drift is the mean of, (n, N): the steps; of a single step with a symmetric proposal
            (ε - <ε>)(a - <a>), which has the same mean and far less noise where most are taken, if 100 or more are
            taken and refused.
        accepted: share of generations that moved the state, (n,).
        position: mean position where they begin, (N,).
        finite: share of steps whose loss was finite.
    """

    steps: np.ndarray
    samples: np.ndarray
    accepted: np.ndarray
    position: np.ndarray
    finite: float = 1.0


class Place(NamedTuple):
    """What a scheme does at one point, per ``generations`` steps.

    Attributes:
        position, gradient: x and ∇U(x), (N,).
        drift: mean displacement, (N,), parameter units.
        drift_error: its standard errors, (N,).
        blocks: independent estimates of the drift whose mean it is, (100, N).
        noise: variance of a displacement ``along`` ĝ, ``across`` (mean of the others; NaN where there are none) and
            ``trace``, squared parameter units; robust: squares of normal-consistent median absolute deviations.
        acceptance: mean share of accepted steps.
        kappa: evaluations · across / |drift|².
        evaluations: of the loss, for one displacement.
        covariance, covariance_error: of a displacement, each (N, N), squared parameter units; None for more than 500
            parameters, or robust.
    """

    position: np.ndarray
    gradient: np.ndarray
    drift: np.ndarray
    drift_error: np.ndarray
    blocks: np.ndarray
    noise: dict[str, Estimate]
    acceptance: float
    kappa: Estimate
    evaluations: float
    covariance: np.ndarray | None = None
    covariance_error: np.ndarray | None = None

    def __repr__(self) -> str:
        length = float(np.linalg.norm(self.drift))
        return (
            f"Place({len(self.drift)} parameters, |drift| {length:.4g}, accepted {self.acceptance:.3f}, κ {self.kappa})"
        )


def displacements(
    dynamics: Dynamics,
    points: Mapping[str, Any],
    *,
    draws: int,
    key: jax.Array,
    generations: int = 1,
    burn_in: int = 0,
    progress: bool = True,
) -> dict[str, Moves]:
    """Displacements over some generations of independent trajectories from given points or states.

    Args:
        dynamics: any.
        points: by name, parameters, or a ``State`` with what the dynamics remembers.
        draws: n, trajectories at each point, at least 2.
        key: root key; each point and each trajectory has random numbers of its own.
        generations: steps of one displacement.
        burn_in: steps before it.
        progress: show a bar.

    Returns:
        ``Moves`` at each point.

    Raises:
        ValueError: where positions change by other than ``Info`` tells, or the mean of proposals that are said to be
            symmetric is not zero.

    Example:
        >>> from corr import mutation, root_key
        >>> walk = mutation(lambda x: jnp.sum(x**2), mutation_std=0.1)
        >>> found = displacements(walk, {"here": jnp.ones(3)}, draws=500, key=root_key(0), progress=False)
        >>> found["here"].steps.shape
        (500, 3)

    Reference: theory/README.md, "Which descent".
    """
    first = next(iter(points.values()))
    params = first.position if isinstance(first, State) else first
    proposals = generations == 1 and dynamics.accept is not None and dynamics.symmetric
    alone = dynamics.loss is not None and check_compiled(dynamics.loss, params) == 1
    drawn = draws_at_start(dynamics, params)
    devices = jax.local_devices()[: 1 if alone else math.ceil(draws / BATCH)]
    together = _compiled(dynamics, params, generations, burn_in, proposals, devices)
    found = {}
    with Progress("draws", draws * len(points), show=progress, log=None) as shown:
        for number, (name, point) in enumerate(points.items()):
            mine = trajectory_key(key, dynamics.stream, number)
            start = dynamics.refresh(point) if isinstance(point, State) else point
            if not (isinstance(point, State) or drawn):
                start = initial(dynamics, point, mine)
            moves, taken, begun, changes, finite = _batches(
                partial(together, start, mine), draws, len(devices), shown, number * draws
            )
            steps, position = moves * taken[:, None] if proposals else moves, begun.mean(axis=0)
            check_told(name, steps, changes, position, spacing(params), generations)
            if proposals:
                check_symmetric(name, moves)
            samples = steps
            # Of a few that are refused, or taken, each block would hold none or one: no mean to be trusted.
            if proposals and min(taken.sum(), len(taken) - taken.sum()) >= BLOCKS:
                samples = (moves - moves.mean(axis=0)) * (taken - taken.mean())[:, None] * (draws / (draws - 1))
            found[name] = Moves(steps, samples, taken, position, float(finite.mean()))
    return found


def _compiled(
    dynamics: Dynamics, params: Any, generations: int, burn_in: int, proposals: bool, devices: Sequence[Any]
) -> Callable[[Any, jax.Array, jax.Array], Any]:
    """``(start, key, indices) -> (displacements, share accepted, where they begin, changes of position, finite)``."""
    words = jnp.asarray([step_words(n) for n in range(burn_in + generations)])

    def one(start: Any, key: jax.Array, index: jax.Array) -> tuple[jax.Array, ...]:
        mine = jax.random.fold_in(key, index)
        state = start if isinstance(start, State) else initial(dynamics, start, start_key(mine))

        def step(state: State, number: jax.Array) -> tuple[State, tuple[jax.Array, ...]]:
            state, info = dynamics.step(step_key(mine, number), state)
            return state, (ravel_pytree(info.displacement)[0], info.accepted, info.finite)

        state, _ = jax.lax.scan(step, state, words[:burn_in])
        last, (moves, taken, finite) = jax.lax.scan(step, dynamics.refresh(state), words[burn_in:])
        moved = moves[0] if proposals else jnp.sum(jnp.where(taken[:, None], moves, 0), axis=0)
        accepted, known = (flags.astype(moves.dtype).mean() for flags in (taken, finite))
        begun, ended = (ravel_pytree(one.position)[0] for one in (state, last))
        return moved, accepted, begun, ended - begun, known

    # A block that does not divide the batch would have its remainder compiled as well.
    block = 1 << max(1, min(BATCH, cache_bytes() // max(working_set(dynamics, params), 1))).bit_length() - 1
    several = lambda start, key, ids: jax.lax.map(lambda i: one(start, key, i), ids, batch_size=block)  # noqa: E731
    mesh = jax.sharding.Mesh(np.array(devices), ("draws",))
    over, same = jax.sharding.PartitionSpec("draws"), jax.sharding.PartitionSpec()
    split = jax.jit(jax.shard_map(several, mesh=mesh, in_specs=(same, same, over), out_specs=over, check_vma=False))
    everywhere = jax.sharding.NamedSharding(mesh, same)
    return lambda start, key, ids: split(*jax.device_put((start, key), everywhere), ids)


def _batches(
    together: Callable[[jax.Array], Any], draws: int, devices: int, shown: Progress, before: int
) -> tuple[np.ndarray, ...]:
    """What all draws give, a batch on each device at a time; what the last ones have too much is left out."""
    found: list[Any] = []
    for first in range(0, draws, BATCH * devices):
        ids = jnp.arange(first, first + BATCH * devices, dtype=jnp.uint32)
        with jax.default_matmul_precision("highest"):
            found.append(jax.tree.map(np.asarray, together(ids)))
        shown.advance(before + min(first + BATCH * devices, draws))
    return tuple(np.concatenate(parts)[:draws].astype(np.float64) for parts in zip(*found, strict=True))


def blocks_of(samples: np.ndarray, robust: bool) -> np.ndarray:
    """Independent estimates of the mean, (100, N): means of blocks, or medians of ``MEDIAN_OF`` means each."""
    if not robust:
        return samples.reshape(BLOCKS, -1, samples.shape[1]).mean(axis=1)
    return np.median(samples.reshape(BLOCKS, MEDIAN_OF, -1, samples.shape[1]).mean(axis=2), axis=1)
