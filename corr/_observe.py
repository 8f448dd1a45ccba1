"""``observe`` of ``run``, ``compare`` and ``sweep``: named numbers of the parameters at every recorded time."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ._digest import program_digest
from ._precision import wide
from ._types import Params

# Variables, coordinates and dimensions of the Datasets of run, compare and sweep.
TAKEN = frozenset(
    (
        *("mean", "variance", "count", "loss", "acceptance", "path", "nonfinite", "loss_drift", "finite"),
        *("time", "step", "seconds", "evaluations", "parameter", "trajectory", "path_trajectory"),
        *("step_size", "point", "learning_rate", "beta", "step_ratio", "mutation_std"),
    )
)
EXPECTED = "observe must return a dictionary like {'accuracy': one number, 'links': an array}"


class Observer(NamedTuple):
    """A checked ``observe``.

    Attributes:
        function: ``params -> {name: array}``.
        shapes: shape and dtype of each array as it is recorded, by name.
    """

    function: Callable[[Params], dict[str, jax.Array]]
    shapes: dict[str, jax.ShapeDtypeStruct]

    @property
    def bytes_each(self) -> int:
        """Memory of what is recorded of one trajectory at one time."""
        return sum(one.size * one.dtype.itemsize for one in self.shapes.values())

    def fingerprint(self, params: Params) -> dict[str, Any]:
        """What fixes its numbers, by name."""
        return {"observed": [*self.shapes], "program of what is observed": program_digest(self.function, params)}

    def looking(self, block: int, devices: Iterable[Any]) -> Callable[[Params], dict[str, np.ndarray]]:
        """The function of many trajectories at once, ``positions with a leading axis -> arrays with one``.

        Args:
            block: trajectories looked at together; always so many, so that the bits do not depend on their number.
            devices: JAX devices, which get blocks in turn.
        """
        program, places = jax.jit(jax.vmap(self.function)), [*devices]

        def look(positions: Params) -> dict[str, np.ndarray]:
            count, found = len(jax.tree.leaves(positions)[0]), []
            for number, first in enumerate(range(0, count, block)):
                rows = np.minimum(np.arange(first, first + block), count - 1)
                part = jax.device_put(jax.tree.map(lambda leaf: leaf[rows], positions), places[number % len(places)])  # noqa: B023
                with jax.default_matmul_precision("highest"):
                    found.append(program(part))
            return {name: np.concatenate([np.asarray(one[name]) for one in found])[:count] for name in self.shapes}

        return look


def check_observe(observe: Any, params: Params) -> Observer | None:
    """The observer of a run from these start parameters, None without one.

    Args:
        observe: a JAX function ``params -> {name: array or number}``, or None.
        params: start parameters of one trajectory.

    Returns:
        An ``Observer``.

    Raises:
        TypeError: if it is no function, cannot be traced, or returns something else than real numbers by name.
        ValueError: if a name is no identifier or belongs to the Dataset already.

    Example:
        >>> check_observe(lambda x: {"size": jnp.sum(x**2), "first": x[:2]}, jnp.ones(3)).shapes["first"].shape
        (2,)
    """
    if observe is None:
        return None
    if not callable(observe):
        raise TypeError(
            f"observe must be a function params -> {{name: number or array}}, got {type(observe).__name__} {observe!r}"
        )
    order: list[str] = []

    def function(params: Params) -> dict[str, jax.Array]:
        found = observe(params)
        if not isinstance(found, Mapping):
            raise TypeError(f"{EXPECTED}, got {type(found).__name__}: give each number a name")
        order[:] = found
        return {name: _real(name, value) for name, value in found.items()}

    try:
        with jax.default_matmul_precision("highest"):
            shapes = jax.eval_shape(function, params)
    except jax.errors.JAXTypeError as error:
        raise TypeError(
            f"observe is no JAX function: {str(error).splitlines()[0]} Use jax.numpy in place of numpy, float() and"
            " Python's if; it is compiled and looks at many trajectories at once"
        ) from error
    _check_names({name: shapes[name].shape for name in order})
    return Observer(function, {name: jax.ShapeDtypeStruct(shapes[name].shape, _kept(shapes[name])) for name in order})


def _real(name: Any, value: Any) -> jax.Array:
    if not isinstance(name, str):
        raise TypeError(f"{EXPECTED}, got a name of type {type(name).__name__}: {name!r}")
    try:
        array = None if value is None else jnp.asarray(value)
    except (TypeError, ValueError):
        array = None
    if array is None:
        raise TypeError(f"{EXPECTED}, got {type(value).__name__} for {name!r}")
    if not any(jnp.issubdtype(array.dtype, kind) for kind in (jnp.floating, jnp.integer, jnp.bool_)):
        raise TypeError(
            f"{EXPECTED}, got dtype {array.dtype} for {name!r}: give real numbers, of complex ones real and imaginary"
            " part under two names"
        )
    return array


def _kept(value: jax.ShapeDtypeStruct) -> np.dtype:
    """Floating point, since NaN stands for trajectories that are no longer followed; wide enough for whole numbers."""
    if jnp.issubdtype(value.dtype, jnp.floating):
        return np.dtype(wide(value.dtype))
    return np.result_type(value.dtype, np.float32)


def _check_names(shapes: Mapping[str, tuple[int, ...]]) -> None:
    if not shapes:
        raise ValueError(f"{EXPECTED}, got an empty one: leave observe out to look at nothing")
    axes = {axis for name, shape in shapes.items() for axis in axes_of(name, len(shape))}
    for name in shapes:
        if not name.isidentifier():
            raise ValueError(f"observe returns {name!r}, expected names like test_accuracy: letters, digits and _")
        if name in TAKEN or name in axes:
            whose = "the Dataset's own" if name in TAKEN else "the axis of another array that is observed"
            raise ValueError(f"observe returns {name!r}, a name of {whose}: call it otherwise, e.g. observed_{name}")
    if taken := sorted(axes & TAKEN):
        raise ValueError(f"observe returns an array whose axis {taken[0]!r} has a name of the Dataset's own: rename it")


def axes_of(name: str, count: int) -> list[str]:
    """Names of the axes of an observed array beside trajectory and time."""
    return [f"{name}_{axis}" for axis in range(count)]
