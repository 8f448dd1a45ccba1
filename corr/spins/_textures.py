"""Helices and skyrmions, their energies and what tells them: topological charge and structure factor."""

import math
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import check_positive
from .._told import warn
from ._magnet import Magnet

Direction = Literal["100", "110"]


def pitch(magnet: Magnet, direction: Direction) -> float:
    """Sites along x after which a helix is where it was, 2π/q: tan q = D/J for [100], D/(√2 J) for [110].

    Args:
        magnet: the model; J and D positive.
        direction: of the wave vector, "100" or "110".

    Returns:
        The period.

    Raises:
        ValueError: for another direction, or J or D that are not positive.

    Example:
        >>> round(pitch(Magnet((6, 6), chirality=6**0.5), "110"), 9)
        6.0
    """
    if direction not in ("100", "110"):
        raise ValueError(f'direction must be "100" or "110", got {direction!r}')
    twist = check_positive("chirality", magnet.chirality) / check_positive("exchange", magnet.exchange)
    return 2 * math.pi / math.atan(twist / (math.sqrt(2) if direction == "110" else 1))


def helix_energy(magnet: Magnet, direction: Direction) -> float:
    """Energy per site of the endless helix in two dimensions: -√(J² + D²) - J, or -2√(J² + D²/2), at B = K = 0.

    Args:
        magnet: the model.
        direction: "100" or "110".

    Returns:
        The energy per site, in the unit of J.

    Raises:
        ValueError: as of ``pitch``, or in three dimensions, or if B or K is not zero.

    Example:
        >>> round(helix_energy(Magnet((6, 6), chirality=6**0.5), "110"), 9)
        -4.0
    """
    if len(magnet.shape) != 2 or magnet.field or magnet.easy_axis:
        raise ValueError(f"the closed form is of two dimensions without field and easy axis, got {magnet}")
    turn = 2 * math.pi / pitch(magnet, direction)
    if direction == "100":
        return -(magnet.exchange * math.cos(turn) + magnet.chirality * math.sin(turn)) - magnet.exchange
    return -2 * (magnet.exchange * math.cos(turn) + magnet.chirality / math.sqrt(2) * math.sin(turn))


def helix(magnet: Magnet, direction: Direction) -> jax.Array:
    """The helix of the magnet's own period, at right angles to its wave vector.

    Args:
        magnet: the model; a periodic lattice that the period does not fit is warned of.
        direction: "100" or "110".

    Returns:
        Spins, shape (3, *shape).

    Raises:
        ValueError: as of ``pitch``.

    Example:
        >>> helix(Magnet((6, 6), chirality=6**0.5), "110").shape
        (3, 6, 6)
    """
    period = pitch(magnet, direction)
    for size in magnet.shape[: 1 if direction == "100" else 2] if magnet.wraps else ():
        turns = size / period
        if abs(turns - round(turns)) > 1e-6 or not round(turns):
            # The period itself need not be whole: two or more turns may be the next that fit.
            warn(f"a lattice of {size} does not fit the helix' period {period:.4g}: {_nearest(size, period)}")
    where = np.indices(magnet.shape)
    phase = 2 * math.pi / period * (where[0] if direction == "100" else where[0] + where[1])
    up, zero = np.cos(phase), np.zeros(magnet.shape)
    # S turns about its wave vector in the right-hand sense, for which D > 0 is a gain.
    side = np.sin(phase) / (math.sqrt(2) if direction == "110" else 1)
    parts = [side, -side, up] if direction == "110" else [zero, -np.sin(phase), up]
    return jnp.asarray(np.stack(parts), jnp.result_type(float))


def skyrmion(magnet: Magnet, *, radius: float) -> jax.Array:
    """One skyrmion at the middle of a lattice, spins down there and up from a distance R on; they turn evenly between.

    Args:
        magnet: the model, in three dimensions a tube along z; the sign of D gives the sense of the whirl.
        radius: R, in sites, below half the smaller of both sizes.

    Returns:
        Spins, shape (3, *shape), of topological charge -1.

    Raises:
        ValueError: if R is not positive or does not fit.

    Example:
        >>> int(charge(skyrmion(Magnet((16, 16), chirality=1.0), radius=6)).round())
        -1
    """
    size = check_positive("radius", radius)
    if size >= min(magnet.shape[:2]) / 2:
        raise ValueError(f"radius must be below half of {min(magnet.shape[:2])}, got {radius}")
    x, y = (one - (one.max() / 2) for one in np.indices(magnet.shape).astype(float)[:2])
    distance = np.hypot(x, y)
    tilt = np.pi * (1 - np.minimum(distance / size, 1))
    aside = math.copysign(1, magnet.chirality) * np.sin(tilt) / np.where(distance == 0, 1, distance)
    return jnp.asarray(np.stack([-y * aside, x * aside, np.cos(tilt)]), jnp.result_type(float))


def charge(spins: jax.Array, *, edges: Literal["periodic", "open"] = "periodic") -> jax.Array:
    """Topological charge (1/4π) Σ Ω of every plane of x and y, Ω the solid angles of two triangles a plaquette.

    tan(Ω/2) = a·(b × c)/(1 + a·b + b·c + c·a), in (-π, π): an integer where the lattice is periodic.

    Args:
        spins: of length 1, shape (3, x, y) or (3, x, y, z).
        edges: whether plaquettes over the edge are counted.

    Returns:
        The charge, a scalar; in three dimensions one for each z, shape (z,).

    Example:
        >>> float(charge(jnp.zeros((3, 4, 4)).at[2].set(1.0)))
        0.0

    Reference: Berg and Lüscher, Nucl. Phys. B 190, 412 (1981).
    """
    right, above = jnp.roll(spins, -1, 1), jnp.roll(spins, -1, 2)
    across = jnp.roll(right, -1, 2)
    angles = _solid_angle(spins, right, across) + _solid_angle(spins, across, above)
    if edges == "open":
        angles = angles[:-1, :-1]
    return jnp.sum(angles, axis=(0, 1)) / (4 * math.pi)


def structure_factor(spins: jax.Array) -> jax.Array:
    """S(q) = |Σ_i S_i exp(-i q·r_i)|²/N, summed over components; its sum over all q is N.

    Args:
        spins: shape (3, *shape), N sites.

    Returns:
        S(q), shape (*shape); q_x = 2πk/L_x at index k.

    Example:
        >>> float(structure_factor(jnp.zeros((3, 4, 4)).at[2].set(1.0))[0, 0])
        16.0
    """
    waves = jnp.fft.fftn(spins, axes=tuple(range(1, spins.ndim)))
    return jnp.sum(jnp.abs(waves) ** 2, axis=0) / spins[0].size


def _nearest(size: int, period: float) -> str:
    """The lattice nearest in size of those that hold whole turns to a hundredth of a site."""
    wanted = (size + sign * step for step in range(10 * size + 100) for sign in (-1, 1) if size + sign * step > 1)
    fits = (one for one in wanted if one >= period - 0.01 and abs(one - round(one / period) * period) < 0.01)
    found = next(fits, None)
    return "no lattice near it does" if found is None else f"the nearest that does has {found}"


def _solid_angle(a: jax.Array, b: jax.Array, c: jax.Array) -> jax.Array:
    dot = lambda u, v: jnp.sum(u * v, axis=0)  # noqa: E731
    volume = dot(a, jnp.cross(b, c, axis=0))
    return 2 * jnp.arctan2(volume, 1 + dot(a, b) + dot(b, c) + dot(c, a))
