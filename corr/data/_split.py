"""What is learned from and what is tested on; batches."""

from collections.abc import Callable

import jax
import numpy as np

from .._checks import check_count, real_number
from .._told import warn
from ._check import check_pair, check_seed
from ._data import Data, made
from ._optional import optional

COPIES = 0.01  # share of the points from which on copies are spoken of


def split(data: Data, *, test_share: float = 0.2, seed: int) -> tuple[Data, Data]:
    """Points to learn from and points to test on, drawn without replacement; every class has its share in both.

    Of K_c points of class c, n K_c/K go to the test part, n = ``round(test_share K)``, to within one point. Warns where
    more than one point in a hundred is a copy of another, as after ``oversample``: copies would lie in both parts.

    Args:
        data: labelled data, or numbers to learn, which are split without regard to them.
        test_share: share of the points to test on, in (0, 1).
        seed: an integer in [0, 2**32); the same seed gives the same split.

    Returns:
        (train, test), each in random order.

    Raises:
        ValueError: if a number is out of range, or a class or a part would be left without a point.
        ModuleNotFoundError: if scikit-learn is not installed.

    Example:
        >>> import jax.numpy as jnp
        >>> train, test = split(Data(jnp.arange(300.0).reshape(3, 100), jnp.arange(100) % 2), seed=0)
        >>> train.points.shape, jnp.bincount(test.targets).tolist()
        ((3, 80), [10, 10])

    Reference: scikit-learn, ``train_test_split``.
    """
    points, targets = check_pair(data)
    share, count = real_number("test_share", test_share), targets.shape[-1]
    if not 0 < share < 1:
        raise ValueError(f"test_share must lie in (0, 1), got {test_share}")
    tested = round(share * count)
    labels = targets if targets.ndim == 1 else np.zeros(count, int)
    _warn_of_copies(points)
    for label, size in zip(*np.unique(labels, return_counts=True), strict=True):
        if min(tested, count - tested) * size < count:
            whose = f"class {label} has {size} of {count} points" if targets.ndim == 1 else f"there are {count} points"
            raise ValueError(
                f"{whose}: at test_share {share} one part would have less than one of them. Give more points, a share "
                "nearer to one half, or leave that class out"
            )
    rows = optional("sklearn.model_selection").train_test_split(
        np.arange(count), test_size=tested, stratify=labels, random_state=check_seed(seed)
    )
    # Fancy indexing of columns would take twenty times as long.
    train, test = (made(points.take(part, -1), targets.take(part, -1)) for part in rows)
    return train, test


def _warn_of_copies(points: np.ndarray) -> None:
    count = points.shape[1]
    copies = count - len({row.tobytes() for row in np.ascontiguousarray(points.T)})
    if copies > COPIES * count:
        warn(
            f"{copies} of {count} points are copies of others, which the two parts may share: where they come from "
            "oversample, split first and resample the training part alone",
            stacklevel=3,
        )


def batches(data: Data, size: int) -> Callable[[jax.Array], Data]:
    """Minibatches for ``corr.minibatch(..., batch=batches(data, 32))``: B points drawn evenly, each for itself.

    Points may come twice in a batch, so that the noise of its mean gradient has covariance Σ/B, Σ that of the points'.

    Args:
        data: K points.
        size: B, at most K.

    Returns:
        ``key -> Data`` of B points.

    Raises:
        ValueError: if B is not in [1, K].

    Example:
        >>> import jax.numpy as jnp
        >>> batch = batches(Data(jnp.ones((3, 100)), jnp.arange(100) % 2), 8)
        >>> batch(jax.random.key(0)).points.shape
        (3, 8)

    Reference: theory/README.md, "Noisy evaluations".
    """
    points, targets = made(*check_pair(data))
    count = points.shape[1]
    if (number := check_count("size", size)) > count:
        raise ValueError(f"a batch of {number} was asked for, there are {count} points: give all of them to the loss")

    def batch(key: jax.Array) -> Data:
        rows = jax.random.randint(key, (number,), 0, count)
        return Data(points[:, rows], targets[..., rows])

    return batch
