"""What ensembles must satisfy before anything is said about them."""

import warnings

import numpy as np


def ensemble(name: str, paths: np.ndarray) -> np.ndarray:
    """An ensemble as float64 (n, T, N); refuses fewer than two, non-finite or repeated trajectories."""
    array = np.asarray(paths, np.float64)
    if array.ndim != 3:
        raise ValueError(f"{name} must have dimensions (trajectories, times, parameters), got shape {array.shape}")
    if len(array) < 2:
        raise ValueError(
            f"{name} holds {len(array)} trajectory, expected at least 2: one run has no sampling error"
            " (a noise-free side is given without its trajectory axis, to functions that take a path)"
        )
    _refuse_nothing(name, array)
    if not np.all(np.isfinite(array)):
        raise ValueError(
            f"{name} holds numbers that are not finite: leave out trajectories whose `finite` flag is False"
        )
    _refuse_copies(array, f"{name} repeats {{}} of its trajectories: each needs random numbers of its own")
    return array


def _refuse_nothing(name: str, array: np.ndarray) -> None:
    if not array.size:
        raise ValueError(
            f"{name} holds no numbers, got shape {array.shape}: expected at least one time and one parameter"
        )


def _refuse_copies(array: np.ndarray, message: str) -> None:
    """Refuse trajectories that repeat an earlier one in every number; warn where their law may do that by itself."""
    if len(np.unique(array[:, -1], axis=0)) == len(array):
        return
    numbers = array.reshape(len(array), -1)
    different, groups = np.unique(numbers, axis=0, return_counts=True)
    copies = len(array) - len(different)
    varying = np.count_nonzero(np.ptp(numbers, axis=0))
    nothing_moved = not varying and (array == array[:, :1]).all()
    # One float32 number alone may tie by chance.
    if not copies or nothing_moved or varying == 1:
        return
    repeated = different[groups > 1].reshape(-1, *array.shape[1:])
    if not (_may_have_stayed(repeated) or _has_few_values(different)):
        raise ValueError(message.format(copies))
    warnings.warn(
        f"{message.format(copies)}; they may have them, since these never moved or take few values, but if one key was"
        " used twice every standard error is too small",
        UserWarning,
        stacklevel=4,
    )


def _without_copies(array: np.ndarray) -> np.ndarray:
    """Each trajectory once: what one side repeats is said of that side alone."""
    if len(np.unique(array[:, -1], axis=0)) == len(array):
        return array
    return array[np.sort(np.unique(array.reshape(len(array), -1), axis=0, return_index=True)[1])]


def _may_have_stayed(repeated: np.ndarray) -> bool:
    """Whether repeated trajectories may be those that never moved: constant in time, all of them at one point.

    At a single time nothing tells whether they moved.
    """
    return len(repeated) == 1 and bool((repeated == repeated[:, :1]).all())


def _has_few_values(different: np.ndarray) -> bool:
    """Whether trajectories that differ agree in single numbers too, in half of those that vary: steps on a lattice."""
    columns = np.sort(different[:, np.ptp(different, axis=0) > 0], axis=0)
    return columns.size > 0 and bool(np.mean((np.diff(columns, axis=0) == 0).any(axis=0)) >= 0.5)


def two(name_a: str, a: np.ndarray, name_b: str, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two ensembles of the same times and parameters, float64; refuses trajectories that are on both sides."""
    same_times(a, b)
    first, second = ensemble(name_a, a), ensemble(name_b, b)
    matched(first, second)
    _refuse_copies(
        np.concatenate([_without_copies(first), _without_copies(second)]),
        f"{name_a} and {name_b} share {{}} trajectories: each side needs random numbers of its own",
    )
    return first, second


def same_times(a: np.ndarray, b: np.ndarray) -> None:
    """Refuse two sides whose ``time`` coordinates, where both are xarray and have them, differ."""
    known = [getattr(side, "coords", {}) for side in (a, b)]
    times = [np.asarray(coords["time"]) for coords in known if "time" in coords]
    if len(times) == 2 and not (times[0].shape == times[1].shape and np.allclose(times[0], times[1])):
        raise ValueError(f"the two sides were recorded at other times: {times[0].tolist()} and {times[1].tolist()}")


def matched(a: np.ndarray, b: np.ndarray) -> None:
    """Refuse two sides with different times or parameters."""
    if a.shape[-2:] != b.shape[-2:]:
        raise ValueError(f"the two sides differ in (times, parameters): got {a.shape[-2:]} and {b.shape[-2:]}")


def path(name: str, values: np.ndarray) -> np.ndarray:
    """A noise-free path as float64 (T, N)."""
    array = np.asarray(values, np.float64)
    if array.ndim != 2:
        raise ValueError(f"{name} must have dimensions (times, parameters), got shape {array.shape}")
    _refuse_nothing(name, array)
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} holds numbers that are not finite")
    return array


def share(name: str, value: float, below: float = 1.0) -> None:
    """Refuse a level or power outside (0, below)."""
    if not 0.0 < value < below:
        raise ValueError(f"{name} must lie between 0 and {below:g}, got {value}")


def margins(margin: np.ndarray, times: int) -> np.ndarray:
    """Margins as float64 (T,), all positive."""
    array = np.asarray(margin, np.float64)
    if array.shape != (times,):
        raise ValueError(f"margin must hold one number for each of the {times} times, got shape {array.shape}")
    if not (np.all(np.isfinite(array)) and np.all(array > 0)):
        raise ValueError(
            f"margin must be positive and finite at every time, got {array.tolist()}: "
            "leave out the times at which it is zero, such as the start"
        )
    return array


def chains(name: str, values: np.ndarray) -> np.ndarray:
    """One number per trajectory and time (losses, one coordinate) as float64 (n, T), refused as an ensemble is."""
    return ensemble(name, column(name, values))[..., 0]


def column(name: str, values: np.ndarray) -> np.ndarray:
    """One number per trajectory and time as an ensemble of one parameter, (n, T, 1), not checked otherwise."""
    array = np.asarray(values, np.float64)
    if array.ndim != 2:
        raise ValueError(f"{name} must have dimensions (trajectories, times), got shape {array.shape}")
    return array[..., None]
