"""What ``characterize`` is asked for, checked."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import check_count, check_positive, real_number
from .._objective import check_loss, check_params
from .._start import initial_shape
from .._told import warn
from .._types import Dynamics, Info, Params, Scalar, State, spent
from ._candidates import BUILT_IN
from ._moves import BLOCKS, MEDIAN_OF

FEWEST = 1000


def check_asked(
    dynamics: Dynamics, points: Mapping[str, Any], loss: Any, candidates: Any, draws: int, robust: bool, share: float,
    level: float,
) -> tuple[Callable[[Params], Scalar], Params]:  # fmt: skip
    """The loss whose gradient is meant and the first point, if all can be begun with."""
    if not isinstance(dynamics, Dynamics):
        raise TypeError(f"dynamics must be one like corr.mutation(loss, ...), got {type(dynamics).__name__}")
    if not (isinstance(points, Mapping) and points and all(isinstance(name, str) for name in points)):
        got = type(points).__name__
        if isinstance(points, Mapping):
            got = f"one with names {list(points)[:3]}" if points else "an empty one"
        raise TypeError(f'points must be a mapping of names such as {{"start": params}}, got {got}')
    _check_candidates(candidates)
    unit = BLOCKS * (MEDIAN_OF if robust else 1)
    if check_count("draws", draws, least=FEWEST) % unit:
        raise ValueError(f"draws must be a multiple of {unit}, got {draws}: take {-(-draws // unit) * unit}")
    if not (0 < real_number("share", share) < 1 and 0 < real_number("level", level) < 0.5):
        raise ValueError(f"share must lie in (0, 1) and level in (0, 0.5), got {share} and {level}")
    check_positive("evaluations of the dynamics", dynamics.evaluations)
    meant = dynamics.loss if loss is None else loss
    if meant is None:
        raise ValueError("the dynamics names no loss: give the one whose gradient is meant, loss=U")
    positions = [
        _named(name, check_params, one.position if isinstance(one, State) else one) for name, one in points.items()
    ]
    shapes = [jax.tree.map(jnp.shape, position) for position in positions]
    for name, position, shape in zip(points, positions, shapes, strict=True):
        if shape != shapes[0]:
            raise ValueError(f"points must be alike, got shapes {shapes[0]} and, at {name!r}, {shape}")
        _named(name, check_loss, meant, position)
    for name, point in points.items():
        if isinstance(point, State):
            _check_memory(dynamics, name, point)
    _check_step(dynamics, positions[0])
    return meant, positions[0]


def _named(name: str, check: Callable[..., Any], *given: Any) -> Any:
    """What a check gives, its refusals with the name of the point."""
    try:
        return check(*given)
    except (TypeError, ValueError) as error:
        raise (TypeError if isinstance(error, TypeError) else ValueError)(f"at {name!r}: {error}") from error


def _check_memory(dynamics: Dynamics, name: str, state: State) -> None:
    """A state given must remember what this dynamics does."""
    kind = lambda memory: jax.tree.map(lambda leaf: (jnp.shape(leaf), jnp.result_type(leaf)), memory)  # noqa: E731
    got, expected = kind(state.aux), kind(initial_shape(dynamics, state.position).aux)
    if got != expected:
        raise ValueError(
            f"the State at {name!r} remembers {got or 'nothing'}, the dynamics {expected or 'nothing'} (shapes and"
            " dtypes of aux): give one that its own init or run made, or parameters"
        )


def _check_step(dynamics: Dynamics, params: Params) -> None:
    begun = initial_shape(dynamics, params)
    made = jax.eval_shape(dynamics.step, jax.eval_shape(lambda: jax.random.key(0)), begun)
    if spent(begun.aux) is not None:
        warn(
            f"κ and time per evaluation count {dynamics.evaluations:g} evaluations a step, without those of this"
            " dynamics' searches, which differ from step to step: run shows them"
        )
    if not (isinstance(made, tuple) and len(made) == 2 and isinstance(made[0], State) and isinstance(made[1], Info)):
        parts = made if type(made) is tuple else (made,)
        got = ", ".join("array" if isinstance(part, jax.ShapeDtypeStruct) else type(part).__name__ for part in parts)
        raise TypeError(f"a step of the dynamics must return (corr.State, corr.Info), got ({got})")
    got, expected = (jax.tree.map(jnp.shape, one) for one in (made[1].displacement, params))
    if got != expected:
        raise ValueError(f"Info.displacement must be like the parameters, shapes {expected}, got {got}")


def _check_candidates(candidates: Any) -> None:
    if candidates is None:
        return
    if not (isinstance(candidates, Mapping) and all(callable(one) for one in candidates.values())):
        raise TypeError(
            f'candidates must be a mapping such as {{"mine": lambda params: ...}} of functions, got {candidates!r}'
        )
    if taken := [name for name in candidates if name in BUILT_IN]:
        raise ValueError(f"candidates {taken} have names that are taken: give others")


def check_covariance(value: Any, size: int) -> np.ndarray:
    matrix = np.asarray(value, np.float64)
    if matrix.shape != (size, size):
        raise ValueError(f"covariance must be a matrix of shape {(size, size)}, got shape {matrix.shape}")
    if not np.isfinite(matrix).all() or not np.allclose(matrix, matrix.T):
        raise ValueError("covariance must be finite and symmetric, got one that is not")
    if np.linalg.eigvalsh(matrix)[0] <= 0:
        raise ValueError("covariance must be positive definite, got one with an eigenvalue of zero or less")
    return matrix
