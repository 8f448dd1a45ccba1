"""Random numbers of their own for every run and every part of a study under one seed."""

import hashlib
import json
from typing import Any

import jax
import numpy as np

import corr


def own_key(root: jax.Array, **facts: Any) -> jax.Array:
    """Root key of the one computation that these facts name: the same wherever it is asked for, else another.

    Args:
        root: root key of the seed.
        facts: plain numbers and texts; other facts give other numbers, but for one pair in 2^64.

    Returns:
        A scalar typed key.

    Example:
        >>> first, second = (own_key(corr.root_key(0), step_ratio=ratio) for ratio in (1.0, 10.0))
        >>> bool(first == second)
        False
    """
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).digest()
    first, second = np.frombuffer(digest[:8], "<u4")
    return jax.random.fold_in(corr.trajectory_key(root, corr.Stream.RUN, first), second)
