"""Targets of a pointwise loss, checked against the outputs while the loss is traced, before anything is compiled."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer


def is_known(array: Any) -> bool:
    """Whether the numbers are there to be looked at: those of a batch that is drawn in a step are not."""
    return not isinstance(array, Tracer)


def kind(array: Any) -> str:
    """Letter of the kind of dtype, as NumPy has it: b, i, u, f, U, ...; floats that NumPy has not count as f."""
    dtype = array.dtype if hasattr(array, "dtype") else np.asarray(array).dtype
    return "f" if jnp.issubdtype(dtype, jnp.floating) else np.dtype(dtype).kind


def values(outputs: jax.Array, targets: Any) -> jax.Array:
    """Targets of a regression, in the dtype of the outputs.

    Args:
        outputs: (outputs, K).
        targets: (outputs, K), floating point.

    Raises:
        TypeError: if the targets are no floating-point numbers.
        ValueError: if they have another shape.
    """
    if kind(targets) != "f":
        raise TypeError(
            f"the targets are {_said(targets)}, expected floating-point numbers: convert them with astype(float), or"
            " for classes take a loss of labels such as corr.losses.cross_entropy()"
        )
    if np.shape(targets) != outputs.shape or outputs.ndim != 2:
        raise ValueError(
            f"the network's outputs have shape {outputs.shape}, the targets {np.shape(targets)}, expected (outputs, K)"
            " of both, points last: targets[None] makes (1, K) of (K,), targets.T turns (K, outputs)"
        )
    return jnp.asarray(targets, outputs.dtype)


def classes(outputs: jax.Array, labels: Any) -> tuple[jax.Array, jax.Array]:
    """Outputs with one row for every class, and labels as numbers of rows.

    One output z stands for the two rows (0, z), whose losses are the binary ones; its labels are 0 and 1, or -1 and 1.

    Args:
        outputs: (classes, K), or (1, K) for two classes.
        labels: (K,), integers.

    Returns:
        outputs (classes, K) and labels (K,) int32. Labels that are drawn in a step, and so are not known when the loss
        is traced, make the outputs NaN where they name a class without an output.

    Raises:
        TypeError: if the labels are no integers.
        ValueError: if they have another shape or name a class without an output.
    """
    if kind(labels) not in "iu":
        raise TypeError(f"the labels are {_said(labels)}, expected integers from 0 on: {_encoding(labels)}")
    if outputs.ndim != 2 or np.shape(labels) != outputs.shape[1:]:
        raise ValueError(
            f"the network's outputs have shape {outputs.shape}, the labels {np.shape(labels)}, expected (classes, K)"
            " and (K,), points last: labels.argmax(axis=0) makes labels of one-hot columns"
        )
    if is_known(labels):
        _check_range(np.asarray(labels), len(outputs))
    else:
        outputs = jnp.where(_has_output(labels, len(outputs))[None], outputs, jnp.nan)
    if len(outputs) == 1:
        outputs, labels = jnp.concatenate([jnp.zeros_like(outputs), outputs]), labels > 0
    return outputs, jnp.asarray(labels, jnp.int32)


def right(outputs: jax.Array, labels: Any) -> jax.Array:
    """1 where the largest output is the label's, 0 where not or where that is NaN, (K,); NaN as ``classes`` has it."""
    rows, at = classes(outputs, labels)
    own = jnp.take_along_axis(rows, at[None], axis=0)[0]
    told = ((jnp.argmax(rows, axis=0).astype(at.dtype) == at) & ~jnp.isnan(own)).astype(outputs.dtype)
    return told if is_known(labels) else jnp.where(_has_output(labels, len(outputs)), told, jnp.nan)


def _has_output(labels: Any, rows: int) -> jax.Array:
    return (labels >= -1) & (labels <= 1) if rows == 1 else (labels >= 0) & (labels < rows)


def _check_range(labels: np.ndarray, rows: int) -> None:
    found = np.unique(labels)
    if rows == 1:
        if not (np.isin(found, (0, 1)).all() or np.isin(found, (-1, 1)).all()):
            raise ValueError(
                f"the network has one output, and the labels are {found[:5].tolist()}, expected 0 and 1, or -1 and 1:"
                " for more classes give it one output for each"
            )
        return
    outside = (labels < 0) | (labels >= rows)
    if outside.any():
        first = int(np.argmax(outside))
        raise ValueError(
            f"label {labels[first]} of point {first} has no output: the network has {rows}, expected labels in 0 ..."
            f" {rows - 1}; give it an output for every class, or number the classes:"
            " classes, labels = numpy.unique(labels, return_inverse=True)"
        )


def _said(array: Any) -> str:
    return {"U": "texts", "S": "texts", "O": "Python objects", "b": "truth values"}.get(
        kind(array), f"{array.dtype if hasattr(array, 'dtype') else np.asarray(array).dtype} numbers"
    )


def _encoding(labels: Any) -> str:
    if kind(labels) in "fb":
        return "convert classes with labels.astype(int); for values take a loss of regression such as squared"
    return "number them, classes, labels = numpy.unique(labels, return_inverse=True)"
