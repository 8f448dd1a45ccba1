"""What is known to be compiled wrongly, looked for in a loss before it runs."""

import functools
import os
import re
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from ._types import Params, Scalar

ENTRIES, RIGHT = 1000, 1e-3
# Of a batch of matrices; each takes threads of one pool, and two devices can wait for each other's for ever.
FACTORIZED = re.compile(r"\b(cholesky|eigh?|svd|lu|geqrf|qr|schur|hessenberg|tridiagonal)\b")
ARCTAN = re.compile(r"\batan\b|\batan2 \S+ [-\d.]+")  # XLA makes an atan of atan2(x, constant)


def check_compiled(loss: Callable[[Params], Scalar], params: Params) -> None:
    """Refuse a loss with an arctan where XLA computes it wrongly: on some processors under 512-bit vectors.

    Raises:
        ValueError: naming the error found and the flags.
    """
    if ARCTAN.search(str(jax.make_jaxpr(loss)(params))) and (error := _arctan_error()) > RIGHT:
        raise ValueError(
            f"the loss uses arctan, which XLA computes wrongly by up to {error:.2g} on this processor with XLA_FLAGS ="
            f" {os.environ.get('XLA_FLAGS', '')!r}: start Python (or the command) with"
            " XLA_FLAGS=--xla_cpu_prefer_vector_width=256"
        )


def devices_for(loss: Callable[[Params], Scalar], params: Params, devices: int | None) -> int | None:
    """The devices that were asked for; one where the loss factorizes matrices on CPUs, which hung with jaxlib 0.10."""
    if jax.process_count() > 1 or jax.default_backend() != "cpu" or jax.device_count() == 1:
        return devices
    return 1 if FACTORIZED.search(str(jax.make_jaxpr(loss)(params))) else devices


@functools.cache
def _arctan_error() -> float:
    places = np.linspace(-5, 5, ENTRIES, dtype=np.float32)
    return float(np.max(np.abs(np.asarray(jax.jit(jnp.arctan)(places)) - np.arctan(places))))
