"""Random numbers of their own for every run and every part of a study under one seed."""

import json
from typing import Any

import jax

from corr._keys import text_key


def own_key(root: jax.Array, **facts: Any) -> jax.Array:
    """Root key of the one computation that these facts name: the same wherever it is asked for, else another.

    Args:
        root: root key of the seed.
        facts: plain numbers and texts; other facts give other numbers, but for one pair in 2^64.

    Returns:
        A scalar typed key.

    Example:
        >>> import corr
        >>> first, second = (own_key(corr.root_key(0), step_ratio=ratio) for ratio in (1.0, 10.0))
        >>> bool(first == second)
        False
    """
    return text_key(root, json.dumps(facts, sort_keys=True))
