"""The chiral magnet on a square or cubic lattice: energy, local fields, exact change."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import check_count, real_number
from .._precision import wide
from .._types import Scalar

AXES = (0, 1, 2)


@dataclass(frozen=True)
class Magnet:
    """E = Σ_bonds [-J S_i·S_{i+μ} - D μ·(S_i × S_{i+μ})] - Σ_i [B S_z + K S_z²], μ along every axis of the lattice.

    Spins are an array of shape (3, *shape): the component first, sites last.

    Args:
        shape: sites along x, y and, in three dimensions, z.
        exchange: J, an energy.
        chirality: D, an energy.
        field: B, an energy; positive along +z.
        easy_axis: K, an energy; positive favours ±z.
        edges: "periodic", or "open": no bonds over the edge.

    Raises:
        ValueError: if a size or a number is out of range; periodic sizes are at least 2.
        TypeError: if one is no number.

    Example:
        >>> magnet = Magnet((4, 6), exchange=1.0, chirality=0.5)
        >>> magnet.sites
        24

    Reference: Han and Han, arXiv:1707.04665.
    """

    shape: tuple[int, ...]
    exchange: float = 1.0
    chirality: float = 0.0
    field: float = 0.0
    easy_axis: float = 0.0
    edges: Literal["periodic", "open"] = "periodic"

    def __post_init__(self) -> None:
        if self.edges not in ("periodic", "open"):
            raise ValueError(f'edges must be "periodic" or "open", got {self.edges!r}')
        if len(self.shape) not in (2, 3):
            raise ValueError(f"shape must have 2 or 3 sizes, got {self.shape}")
        for size in self.shape:
            check_count("each size of a periodic lattice" if self.wraps else "each size", size, least=1 + self.wraps)
        for name in ("exchange", "chirality", "field", "easy_axis"):
            if not np.isfinite(real_number(name, getattr(self, name))):
                raise ValueError(f"{name} must be finite, got {getattr(self, name)}")

    @property
    def wraps(self) -> bool:
        """Whether there are bonds over the edge."""
        return self.edges == "periodic"

    @property
    def sites(self) -> int:
        """How many spins there are."""
        return int(np.prod(self.shape))


def energy(magnet: Magnet) -> Callable[[jax.Array], Scalar]:
    """The energy E of all spins as a loss.

    Args:
        magnet: the model.

    Returns:
        ``loss(spins) -> E``, spins of shape (3, *shape); a sum over sites, in the unit of J.

    Example:
        >>> up = jnp.zeros((3, 4, 4)).at[2].set(1.0)
        >>> float(energy(Magnet((4, 4), field=0.5))(up)) / 16
        -2.5

    Reference: Han and Han, arXiv:1707.04665.
    """

    def loss(spins: jax.Array) -> Scalar:
        return _quadratic(magnet, spins) - magnet.field * jnp.sum(spins[2])

    return loss


def local_field(magnet: Magnet, spins: jax.Array) -> jax.Array:
    """h_i = -∂E/∂S_i = Σ_μ [J (S_{i+μ} + S_{i-μ}) + D (S_{i+μ} × μ - S_{i-μ} × μ)] + (B + 2K S_z) z.

    Args:
        magnet: the model.
        spins: shape (3, *shape).

    Returns:
        h, of the same shape, in the unit of J.

    Example:
        >>> up = jnp.zeros((3, 4, 4)).at[2].set(1.0)
        >>> local_field(Magnet((4, 4), field=0.5), up)[:, 0, 0].tolist()
        [0.0, 0.0, 4.5]
    """
    total = jnp.zeros_like(spins).at[2].set(magnet.field + 2 * magnet.easy_axis * spins[2])
    for axis in range(len(magnet.shape)):
        ahead, behind = _shifted(magnet, spins, axis, 1), _shifted(magnet, spins, axis, -1)
        total = total + magnet.exchange * (ahead + behind) + magnet.chirality * _cross_axis(ahead - behind, axis)
    return total


def exact_change(magnet: Magnet, spins: jax.Array, displacement: jax.Array) -> Scalar:
    """E(S + d) - E(S) = -Σ d·h(S) + E₂(d), E₂ the quadratic part of the energy: nothing nearly equal is subtracted.

    Args:
        magnet: the model.
        spins: S, shape (3, *shape).
        displacement: d, of the same shape, of any size.

    Returns:
        The change, in the unit of J; that of ``corr.difference(energy(magnet))`` but for rounding.

    Example:
        >>> up = jnp.zeros((3, 4, 4)).at[2].set(1.0)
        >>> f"{float(exact_change(Magnet((4, 4)), up, jnp.zeros((3, 4, 4)).at[0, 1, 1].set(1e-6))):.0e}"
        '-0e+00'
    """
    return _quadratic(magnet, displacement) - jnp.sum(displacement * local_field(magnet, spins))


def _quadratic(magnet: Magnet, spins: jax.Array) -> Scalar:
    spins = spins.astype(wide(spins.dtype))
    total = -magnet.easy_axis * jnp.sum(spins[2] * spins[2])
    for axis in range(len(magnet.shape)):
        ahead = _shifted(magnet, spins, axis, 1)
        total = total - jnp.sum(spins * (magnet.exchange * ahead + magnet.chirality * _cross_axis(ahead, axis)))
    return total


def _shifted(magnet: Magnet, spins: jax.Array, axis: int, step: int) -> jax.Array:
    """S_{i + step μ} at site i; no spin, zero, beyond an open edge."""
    rolled = jnp.roll(spins, -step, axis + 1)
    if magnet.wraps:
        return rolled
    edge = [slice(None)] * spins.ndim
    edge[axis + 1] = slice(-1, None) if step > 0 else slice(0, 1)
    return rolled.at[tuple(edge)].set(0)


def _cross_axis(vectors: jax.Array, axis: int) -> jax.Array:
    """v × μ of unit vectors μ along an axis."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    parts = {axis: jnp.zeros_like(vectors[0]), first: vectors[second], second: -vectors[first]}
    return jnp.stack([parts[one] for one in AXES])
