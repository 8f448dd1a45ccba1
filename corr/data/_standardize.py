"""Features of mean 0 and standard deviation 1 on the training part."""

import numpy as np

from ._check import check_pair
from ._data import Data, made
from ._optional import optional


def standardize(train: Data, *others: Data) -> tuple[Data, ...]:
    """Every feature shifted and scaled, x → (x - m)/s, by mean m and standard deviation s of the training part alone.

    A feature that is constant there is shifted only. Targets stay.

    Args:
        train: what is learned from.
        others: what is tested on, treated with the same m and s.

    Returns:
        (train, *others), points in units of the standard deviation.

    Raises:
        ValueError: if the parts do not have the same features.
        ModuleNotFoundError: if scikit-learn is not installed.

    Example:
        >>> import jax.numpy as jnp
        >>> train, test = (Data(jnp.array([x]), jnp.array([0, 1])) for x in ([1.0, 3.0], [2.0, 6.0]))
        >>> [part.points.tolist() for part in standardize(train, test)]
        [[[-1.0, 1.0]], [[0.0, 4.0]]]

    Reference: scikit-learn, ``StandardScaler``.
    """
    parts = [check_pair(part) for part in (train, *others)]
    features = [len(points) for points, _ in parts]
    if len({*features}) > 1:
        raise ValueError(f"all parts must have the same features, got {', '.join(map(str, features))} of them")
    # In float32 scikit-learn would subtract a rounded mean.
    rows = [points.T.astype(np.float64, order="C") for points, _ in parts]
    scaler = optional("sklearn.preprocessing").StandardScaler().fit(rows[0])
    return tuple(made(scaler.transform(x).T, targets) for x, (_, targets) in zip(rows, parts, strict=True))
