"""Which trajectories run on which device, and how their arrays get there and back.

Trajectory i has place i mod B in block i // B (the last bits of matrix products depend on the place); of D devices,
device d has blocks d, d + D, d + 2D, ... Each process touches only the devices of its own.
"""

from typing import Any, NamedTuple

import jax
import numpy as np

from .._types import State
from ._layout import Layout


class Share(NamedTuple):
    """The trajectories of one device: states and numbers with a leading axis, and the root key."""

    state: State
    ids: Any
    key: Any


def own_devices(layout: Layout) -> list[tuple[int, Any]]:
    """(number, device) of the devices in the layout that belong to this process."""
    used = enumerate(jax.devices()[: layout.devices])
    return [(number, device) for number, device in used if device.process_index == jax.process_index()]


def own_trajectories(layout: Layout, trajectories: int) -> np.ndarray:
    """Numbers of this process's trajectories, ascending, without padding."""
    ids = np.sort(_own_places(layout))
    return ids[ids < trajectories]


def spread(state: State, trajectories: int, layout: Layout, key: jax.Array) -> list[Share]:
    """Share out host arrays in the order of ``own_trajectories``; padding repeats the first row."""
    own = own_trajectories(layout, trajectories)
    shares = []
    for number, device in own_devices(layout):
        ids = _places(layout, number)
        rows = np.where(ids < trajectories, np.searchsorted(own, ids), 0)
        part = jax.tree.map(lambda leaf: leaf[rows], state)  # noqa: B023
        shares.append(Share(*jax.device_put((part, ids.astype(np.uint32), key), device)))
    return shares


def gather(trees: list[Any], layout: Layout, trajectories: int) -> Any:
    """Arrays of this process's devices on the host, in the order of ``own_trajectories``."""
    ids = _own_places(layout)
    order = np.argsort(ids, kind="stable")
    order = order[ids[order] < trajectories]
    return jax.tree.map(lambda *leaves: np.concatenate([np.asarray(leaf) for leaf in leaves])[order], *trees)


def _own_places(layout: Layout) -> np.ndarray:
    places = [_places(layout, number) for number, _ in own_devices(layout)]
    return np.concatenate(places) if places else np.zeros(0, np.int64)


def _places(layout: Layout, number: int) -> np.ndarray:
    """Numbers of the trajectories on one device, padding included."""
    blocks = np.arange(number, layout.padded // layout.block, layout.devices)
    return (blocks[:, None] * layout.block + np.arange(layout.block)).ravel()
