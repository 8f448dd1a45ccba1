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
# Each factorizes a batch of matrices on threads of one pool, and two devices can wait for each other's for ever. Behind
# "= " stands a primitive; variables of long programs are named lu and qr as well.
FACTORIZED = re.compile(r"= (cholesky|eigh?|svd|lu|geqrf|householder_product|schur|hessenberg|tridiagonal)\b")
ARCTAN = re.compile(r"\batan\b|\batan2 \S+ [-\d.]+")  # XLA makes an atan of atan2(x, constant)


def check_compiled(loss: Callable[[Params], Scalar], params: Params, devices: int | None = None) -> int | None:
    """Refuse a loss with an arctan where XLA computes it wrongly: on some processors under 512-bit vectors.

    Returns:
        The devices that were asked for; one where the loss factorizes matrices on CPUs, of which two hung with jaxlib
        0.10.

    Raises:
        ValueError: naming the error found and the flags.
    """
    program = str(jax.make_jaxpr(loss)(params))
    if ARCTAN.search(program) and (error := _arctan_error()) > RIGHT:
        raise ValueError(
            f"the loss uses arctan, which XLA computes wrongly by up to {error:.2g} on this processor with XLA_FLAGS ="
            f" {os.environ.get('XLA_FLAGS', '')!r}: start Python (or the command) with"
            " XLA_FLAGS=--xla_cpu_prefer_vector_width=256"
        )
    several = jax.process_count() == 1 and jax.default_backend() == "cpu" and jax.device_count() > 1
    return 1 if several and FACTORIZED.search(program) else devices


@functools.cache
def _arctan_error() -> float:
    places = np.linspace(-5, 5, ENTRIES, dtype=np.float32)
    return float(np.max(np.abs(np.asarray(jax.jit(jnp.arctan)(places)) - np.arctan(places))))
