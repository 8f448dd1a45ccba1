"""Which of β's special values is meant; a traced β is finite and positive."""

import math
from typing import Any

from jax.core import Tracer


def is_cold(beta: Any) -> bool:
    """Whether β = ∞."""
    return not isinstance(beta, Tracer) and math.isinf(beta)


def is_hot(beta: Any) -> bool:
    """Whether β = 0."""
    return not isinstance(beta, Tracer) and beta == 0
