"""Classes made equal in size, or unequal, by imbalanced-learn."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from .._checks import check_count
from ._check import check_labels, check_pair, check_seed
from ._data import Data, made
from ._optional import optional


def oversample(train: Data, seed: int) -> Data:
    """Points of the smaller classes again, drawn with replacement, until every class is as large as the largest.

    Of the training part alone: split first, or copies of one point lie in both parts.

    Args:
        train: labelled points.
        seed: an integer in [0, 2**32).

    Returns:
        All points of ``train`` in their order, then the copies, class by class.

    Raises:
        ValueError: if the targets are no labels.
        ModuleNotFoundError: if imbalanced-learn is not installed.

    Example:
        >>> import jax.numpy as jnp
        >>> jnp.bincount(oversample(Data(jnp.ones((2, 9)), jnp.arange(9) // 7), seed=0).targets).tolist()
        [7, 7]

    Reference: imbalanced-learn, ``RandomOverSampler``.
    """
    sampler = optional("imblearn.over_sampling").RandomOverSampler(random_state=check_seed(seed))
    return _resampled(train, sampler.fit_resample)


def undersample(train: Data, seed: int) -> Data:
    """Some points of the larger classes, drawn without replacement, so that every class is as small as the smallest.

    Args:
        train: labelled points.
        seed: an integer in [0, 2**32).

    Returns:
        The points that are kept, class by class: draw batches from them, do not slice.

    Raises:
        ValueError: if the targets are no labels.
        ModuleNotFoundError: if imbalanced-learn is not installed.

    Example:
        >>> import jax.numpy as jnp
        >>> jnp.bincount(undersample(Data(jnp.ones((2, 9)), jnp.arange(9) // 7), seed=0).targets).tolist()
        [2, 2]

    Reference: imbalanced-learn, ``RandomUnderSampler``.
    """
    sampler = optional("imblearn.under_sampling").RandomUnderSampler(random_state=check_seed(seed))
    return _resampled(train, sampler.fit_resample)


def smote(train: Data, seed: int, *, neighbours: int = 5) -> Data:
    """New points of the smaller classes, x + u(x' - x) with u even in [0, 1] and x' one of the k nearest of its class.

    They are no copies, but narrower: covariance (Σ + Σ')/2 + ⟨δ⟩⟨δ⟩ᵀ/4 - ⟨δδᵀ⟩/6 with δ = x' - x, Σ that of the class
    and Σ' that of the neighbours, each counted as often as it is one: in many dimensions those lie near the centre,
    and Σ' is much smaller. Of the training part alone, as ``oversample``.

    Args:
        train: labelled points; distances are Euclidean, so standardize them first.
        seed: an integer in [0, 2**32).
        neighbours: k.

    Returns:
        All points of ``train`` in their order, then the new ones, class by class, until all classes are equal.

    Raises:
        ValueError: if the targets are no labels, or a class to be filled up has no k neighbours of a point.
        ModuleNotFoundError: if imbalanced-learn is not installed.

    Example:
        >>> import jax.numpy as jnp
        >>> train = Data(jnp.arange(10.0)[None], jnp.arange(10) // 7)
        >>> smote(train, seed=0, neighbours=2).points.shape
        (1, 14)

    Reference: Chawla et al., J. Artif. Intell. Res. 16, 321 (2002); imbalanced-learn, ``SMOTE``.
    """
    nearest = check_count("neighbours", neighbours)
    sizes = dict(zip(*np.unique(_labelled(train)[1], return_counts=True), strict=True))
    small = min(sizes, key=sizes.__getitem__)
    if sizes[small] < max(sizes.values()) and sizes[small] <= nearest:
        raise ValueError(
            f"class {small} has {sizes[small]} points, smote with neighbours={nearest} needs {nearest + 1}: give fewer "
            "neighbours, or take oversample"
        )
    sampler = optional("imblearn.over_sampling").SMOTE(random_state=check_seed(seed), k_neighbors=nearest)
    return _resampled(train, sampler.fit_resample)


def make_imbalance(data: Data, counts: Mapping[int, int], seed: int) -> Data:
    """So many points of each class, drawn without replacement: balanced data made unbalanced.

    Args:
        data: labelled points.
        counts: K_c of each class c; of those not named all points stay.
        seed: an integer in [0, 2**32).

    Returns:
        The points that are kept, class by class.

    Raises:
        ValueError: if there is no such class, or fewer points of it than asked for.
        ModuleNotFoundError: if imbalanced-learn is not installed.

    Example:
        >>> import jax.numpy as jnp
        >>> data = make_imbalance(Data(jnp.ones((2, 20)), jnp.arange(20) % 2), {1: 3}, seed=0)
        >>> jnp.bincount(data.targets).tolist()
        [10, 3]

    Reference: imbalanced-learn, ``make_imbalance``.
    """
    _, labels = _labelled(data)
    sizes = {int(label): int(size) for label, size in zip(*np.unique(labels, return_counts=True), strict=True)}
    for label, count in counts.items():
        if label not in sizes:
            raise ValueError(f"counts names class {label!r}, there are {', '.join(map(str, sizes))}")
        if check_count(f"counts[{label}]", count) > sizes[label]:
            raise ValueError(f"{count} points of class {label} were asked for, there are {sizes[label]}")
    draw = optional("imblearn.datasets").make_imbalance
    return _resampled(data, partial(draw, sampling_strategy=dict(counts), random_state=check_seed(seed)))


def _resampled(data: Data, resample: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]) -> Data:
    points, labels = _labelled(data)
    rows, labels = resample(points.T, labels)
    return made(rows.T, labels)


def _labelled(data: Data) -> tuple[np.ndarray, np.ndarray]:
    """Points and labels; refuses numbers to learn."""
    points, targets = check_pair(data)
    return points, check_labels(targets)
