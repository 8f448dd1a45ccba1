"""How trajectories are laid out: over devices, then in blocks small enough to stay in cache."""

from typing import NamedTuple

import jax

from .._checks import check_count

BLOCK = 4


class Layout(NamedTuple):
    """Number of devices, trajectories per block, and trajectories including padding."""

    devices: int
    block: int
    padded: int


def choose_layout(trajectories: int, devices: int | None = None, block_size: int | None = None) -> Layout:
    """Lay out trajectories over devices in blocks.

    Args:
        trajectories: number of trajectories, at least 1.
        devices: number of devices, None for all that JAX sees.
        block_size: trajectories advanced together on one device, None for 4 (see ``choose_block``).

    Returns:
        A ``Layout``; the trajectories are padded to a multiple of devices times block.

    Raises:
        ValueError: if a number is not positive or more devices are asked for than there are.

    Example:
        >>> choose_layout(10, devices=1, block_size=4).padded
        12
    """
    check_count("trajectories", trajectories)
    present = jax.device_count()
    wanted = present if devices is None else check_count("devices", devices)
    if wanted > present:
        raise ValueError(
            f"devices is {wanted}, but JAX sees {present}: use at most {present}, or set jax_num_cpu_devices"
        )
    block = BLOCK if block_size is None else check_count("block_size", block_size)
    used = min(wanted, -(-trajectories // block))
    return padded_layout(trajectories, used, block)


def padded_layout(trajectories: int, devices: int, block: int) -> Layout:
    """As many whole blocks on every device."""
    stride = devices * block
    return Layout(devices, block, -(-trajectories // stride) * stride)
