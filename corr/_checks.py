"""Numbers of Python, NumPy or JAX as plain ones; what is none, or out of range, is refused by name."""

import math
import numbers
import operator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def real_number(name: str, value: Any, *, expected: str = "a number") -> float:
    """``value``, a number of Python, NumPy or JAX, as a float.

    Raises:
        TypeError: for truth values, texts, complex numbers, arrays with dimensions and values that JAX is tracing.
        ValueError: for a number that no float can hold.
    """
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    else:
        real = any(jnp.issubdtype(dtype, kind) for kind in (jnp.integer, jnp.floating)) and not np.ndim(value)
    if not real:
        raise TypeError(f"{name} must be {expected}, got {type(value).__name__} {value!r}")
    try:
        return float(value)
    except jax.errors.ConcretizationTypeError as error:
        raise TypeError(
            f"{name} must be {expected} known before tracing, got {value}: call it outside jit, vmap and grad"
        ) from error
    except OverflowError as error:
        raise ValueError(f"{name} must be {expected} that float64 can hold, got a larger one") from error


def check_positive(name: str, value: Any) -> float:
    """``value``, a number of Python, NumPy or JAX, as a float; refuses what is not a positive finite number."""
    number = real_number(name, value)
    if not (number > 0 and math.isfinite(number)):
        raise ValueError(f"{name} must be positive and finite, got {value}")
    return number


def check_count(name: str, value: Any, *, least: int = 1) -> int:
    """``value``, an integer of Python, NumPy or JAX, as an int; refuses what is not one of at least ``least``."""
    try:
        if isinstance(value, bool) or getattr(value, "dtype", None) == np.bool_:
            raise TypeError
        count = operator.index(value)
    except TypeError as error:
        raise TypeError(f"{name} must be an integer, got {type(value).__name__} {value!r}") from error
    if count < least:
        raise ValueError(f"{name} must be at least {least}, got {count}")
    return count


def check_beta(beta: Any) -> float:
    """β, a number of Python, NumPy or JAX, as a float; refuses what is not in [0, ∞]."""
    number = real_number("beta", beta, expected="a number in [0, inf]")
    if not number >= 0:
        raise ValueError(f"beta must lie in [0, inf] (inf means zero temperature), got {beta}")
    return number
