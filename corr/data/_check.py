"""What is no data is refused by name before anything is compiled."""

from typing import Any

import numpy as np

from .._checks import check_count

KINDS = {
    "U": "texts",
    "S": "texts",
    "T": "texts",
    "O": "objects (texts, or missing values)",
    "f": "floats",
    "c": "complex numbers",
}
ENCODE = "numpy.unique(y, return_inverse=True)[1] numbers them"
LARGEST_SEED = 2**32 - 1


def whole(name: str, array: Any) -> np.ndarray:
    """As a NumPy array; refuses masks, which would be lost, sparse matrices, and rows of several lengths."""
    if np.ma.is_masked(array):
        raise ValueError(f"{name} hold masked values, expected all of them: leave those points out or fill them in")
    if hasattr(array, "toarray"):
        raise TypeError(f"{name} are a sparse matrix, expected an array: {name}.toarray()")
    try:
        return np.asarray(array)
    except ValueError as error:
        raise ValueError(f"{name} must be one array of numbers, got rows of several lengths ({error})") from error


def check_labels(labels: Any, *, classes: int | None = None, all_there: bool = False) -> np.ndarray:
    """Labels as int32 of shape (K,); refuses other kinds, those outside [0, C) and one class alone."""
    found = whole("labels", labels)
    if found.dtype.kind not in "iub":
        cure = "y.astype(int) if they are labels, floats of shape (K, outputs) if they are numbers to learn"
        raise ValueError(
            f"labels must be integers 0, 1, …, got {KINDS.get(found.dtype.kind, found.dtype)} of shape {found.shape}: "
            + (cure if found.dtype.kind == "f" else ENCODE)
        )
    if found.ndim != 1 or not found.size:
        raise ValueError(f"labels must have shape (K,), one of each point and one at least, got {found.shape}")
    present = np.unique(found)
    least, most = int(present[0]), int(present[-1])
    last = most if classes is None else check_count("classes", classes, least=2) - 1
    if least < 0 or most > last:
        expected = "from 0 on" if classes is None else f"in [0, {last}]"
        raise ValueError(f"labels must lie {expected}, got {least} to {most}: {ENCODE}")
    if len(present) == 1:
        raise ValueError(f"all {found.size} labels are {most}: one class only, where two at least are to be told apart")
    if all_there and len(present) <= most:
        missing = int(np.argmax(present != np.arange(len(present))))
        raise ValueError(f"labels go from {least} to {most}, but none is {missing}: {ENCODE} without gaps")
    return found.astype(np.int32)


def check_targets(targets: Any) -> np.ndarray:
    """Numbers to learn, (outputs, K), finite."""
    return _finite("targets", "output", whole("targets", targets))


def check_points(points: Any) -> np.ndarray:
    """Points as floats of shape (features, K), finite."""
    found = whole("points", points)
    if found.dtype.kind not in "fiub":
        raise ValueError(
            f"points must be real numbers, got {KINDS.get(found.dtype.kind, found.dtype)}: encode them as numbers first"
        )
    if found.ndim != 2 or not found.size:
        raise ValueError(f"points must have shape (features, K), one at least of each, got {found.shape}")
    return _finite("points", "feature", found)


def _finite(name: str, row: str, found: np.ndarray) -> np.ndarray:
    if found.dtype.kind != "f":
        return found
    with np.errstate(over="ignore"):
        bad = ~np.isfinite(found.astype(np.float32, copy=False))
    if bad.any():
        at, point = (int(place[0]) for place in np.nonzero(bad))
        raise ValueError(
            f"{name} must be finite in float32, got {int(bad.sum())} that are not, the first "
            f"{found[at, point]} in {row} {at} of point {point}: drop those points or fill the values in"
        )
    return found


def check_pair(data: Any) -> tuple[np.ndarray, np.ndarray]:
    """Points and targets of a ``Data``, as NumPy arrays, as many of one as of the other."""
    if not (isinstance(data, tuple) and len(data) == 2 and all(hasattr(one, "shape") for one in data)):
        raise TypeError(
            f"expected data as corr.data gives them, points and targets, got {type(data).__name__}: of the two halves"
            " that split gives take one, train, test = split(...)"
        )
    points, targets = data
    found, wanted = check_points(points), np.asarray(targets)
    wanted = check_targets(wanted) if wanted.ndim == 2 and wanted.dtype.kind == "f" else check_labels(wanted)
    if found.shape[-1] != wanted.shape[-1]:
        raise ValueError(f"there are {found.shape[-1]} points and targets of {wanted.shape[-1]}: they must be as many")
    return found, wanted


def check_seed(seed: Any) -> int:
    """A seed as scikit-learn takes it."""
    if (number := check_count("seed", seed, least=0)) > LARGEST_SEED:
        raise ValueError(f"seed must be at most 2**32 - 1, got {number}")
    return number
