"""The chiral magnet: energy by hand, fields, the exact change both ways, helices' closed forms, charges, bad input."""

import functools
import re
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.spins import (
    Magnet,
    charge,
    check_spins,
    energy,
    exact_change,
    helix,
    helix_energy,
    local_field,
    normalized,
    pitch,
    skyrmion,
    structure_factor,
)

Edges = Literal["periodic", "open"]
SHAPES: list[tuple[tuple[int, ...], Edges]] = [((4, 3), "periodic"), ((4, 3), "open"), ((2, 3, 4), "periodic")]


def some(shape: tuple[int, ...], edges: Edges) -> tuple[Magnet, jax.Array, jax.Array]:
    """A magnet with all its terms, spins at random, and as many new ones."""
    magnet = Magnet(shape, exchange=1.1, chirality=0.7, field=0.3, easy_axis=0.2, edges=edges)
    old, new = jax.random.normal(jax.random.key(3), (2, 3, *shape), float)
    return magnet, normalized(old), normalized(new)


def by_hand(magnet: Magnet, spins: np.ndarray) -> float:
    """The sum over bonds, one after the other."""
    total = 0.0
    for site in np.ndindex(*magnet.shape):
        one = spins[(slice(None), *site)]
        total -= magnet.field * one[2] + magnet.easy_axis * one[2] ** 2
        for axis, size in enumerate(magnet.shape):
            place = site[axis] + 1
            if place == size and magnet.edges == "open":
                continue
            other = spins[(slice(None), *site[:axis], place % size, *site[axis + 1 :])]
            total -= magnet.exchange * one @ other + magnet.chirality * np.cross(one, other)[axis]
    return total


@pytest.mark.parametrize(("shape", "edges"), SHAPES)
@pytest.mark.usefixtures("x64")
def test_energy_field_and_change(shape: tuple[int, ...], edges: Edges) -> None:
    magnet, spins, new = some(shape, edges)
    loss = energy(magnet)
    assert float(loss(spins)) == pytest.approx(by_hand(magnet, np.asarray(spins)), abs=1e-12)
    fields, slope = jax.jit(lambda at: (local_field(magnet, at), jax.grad(loss)(at)))(spins)
    np.testing.assert_allclose(fields, -slope, atol=1e-13)
    change = float(jax.jit(functools.partial(exact_change, magnet))(spins, new - spins))
    assert change == pytest.approx(by_hand(magnet, np.asarray(new)) - by_hand(magnet, np.asarray(spins)), abs=1e-12)


@pytest.mark.parametrize(("shape", "edges"), SHAPES)
def test_both_exact_changes_agree_to_rounding(shape: tuple[int, ...], edges: Edges) -> None:
    """One spin moves by 1e-5: float32's subtraction of energies of about 10 would keep one digit."""
    magnet, spins, new = some(shape, edges)
    site = (slice(None), *(1 for _ in shape))
    moved = jnp.zeros_like(spins).at[site].set(1e-5 * new[site])
    split = corr.difference(energy(magnet))
    general = float(jax.jit(lambda at, by: split.change(split.start(at)[1], by)[0])(spins, moved))
    by_field = float(jax.jit(functools.partial(exact_change, magnet))(spins, moved))
    before, after = np.asarray(spins, np.float64), np.asarray(spins, np.float64) + np.asarray(moved, np.float64)
    exact = by_hand(magnet, after) - by_hand(magnet, before)
    size = 1e-5 * float(jnp.max(jnp.abs(jax.jit(functools.partial(local_field, magnet))(spins))))
    assert abs(general - exact) < 8e-7 * size and abs(by_field - exact) < 8e-7 * size
    subtracted = float(energy(magnet)(spins + moved) - energy(magnet)(spins))
    assert abs(subtracted - exact) > 8e-7 * size


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.usefixtures("x64")
def test_helices_have_their_closed_energies(sign: float) -> None:
    """The other handedness has another energy, and must."""
    square = Magnet((6, 6), chirality=6**0.5)
    along = Magnet((10, 4), chirality=float(np.tan(2 * np.pi / 10)))
    cases: list[tuple[Magnet, Literal["100", "110"], float]] = [
        (square, "110", -4.0),
        (along, "100", -np.sqrt(1 + along.chirality**2) - 1),
    ]
    for magnet, direction, closed in cases:
        spins = helix(magnet, direction) * jnp.array([sign, sign, 1.0])[:, None, None]
        found = float(energy(magnet)(spins)) / magnet.sites
        assert helix_energy(magnet, direction) == pytest.approx(closed, abs=1e-12)
        assert (abs(found - closed) < 1e-12) == (sign > 0)
    assert helix_energy(along, "110") == pytest.approx(-2 * np.sqrt(1 + along.chirality**2 / 2), abs=1e-12)
    assert pitch(square, "110") == pytest.approx(6) and pitch(along, "100") == pytest.approx(10)


def test_charges_are_integers() -> None:
    magnet = Magnet((24, 24), chirality=1.0)
    one = skyrmion(magnet, radius=9)
    assert float(charge(one)) == pytest.approx(-1, abs=1e-5)
    assert float(charge(-one)) == pytest.approx(1, abs=1e-5)
    assert float(charge(jnp.zeros_like(one).at[2].set(1.0))) == 0
    noise = normalized(one + 0.2 * jax.random.normal(jax.random.key(0), one.shape))
    assert float(charge(noise)) == pytest.approx(-1, abs=1e-5)
    tube = jnp.stack([one, -one], axis=-1)
    np.testing.assert_allclose(charge(tube), [-1, 1], atol=1e-5)
    wild = charge(normalized(jax.random.normal(jax.random.key(1), one.shape)))
    assert float(wild) == pytest.approx(round(float(wild)), abs=1e-4)
    half = charge(one[:, :12], edges="open")
    assert abs(float(half) - round(float(half))) > 0.1, "half a skyrmion has no whole charge"


def test_a_skyrmion_whirls_as_the_magnet_wants() -> None:
    right, left = Magnet((20, 20), chirality=1.0), Magnet((20, 20), chirality=-1.0)
    assert energy(right)(skyrmion(right, radius=8)) < energy(right)(skyrmion(left, radius=8)) - 20


def test_structure_factor_of_a_helix() -> None:
    found = np.asarray(structure_factor(helix(Magnet((12, 12), chirality=6**0.5), "110")))
    assert found.sum() == pytest.approx(144, rel=1e-5)
    np.testing.assert_allclose([found[2, 2], found[-2, -2]], 72, rtol=1e-5)


def test_a_lattice_that_does_not_fit_is_told_of() -> None:
    with pytest.warns(UserWarning, match="a lattice of 10 does not fit the helix' period 6: the nearest that does has"):
        helix(Magnet((10, 12), chirality=6**0.5), "110")
    with pytest.warns(UserWarning, match="the nearest that does has 12"):
        helix(Magnet((11, 12), chirality=6**0.5), "110")
    helix(Magnet((10, 11), chirality=6**0.5, edges="open"), "110")


BAD: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"shape": (4,)}, ValueError, "2 or 3 sizes"),
    ({"shape": (4, 0), "edges": "open"}, ValueError, "each size must be at least 1"),
    ({"shape": (4, 1)}, ValueError, "periodic lattice must be at least 2"),
    ({"shape": (4, 2.5)}, TypeError, "must be an integer"),
    ({"shape": (4, 4), "field": float("nan")}, ValueError, "field must be finite"),
    ({"shape": (4, 4), "edges": "closed"}, ValueError, "got 'closed'"),
]


@pytest.mark.parametrize(("given", "kind", "said"), BAD)
def test_bad_magnets(given: dict[str, Any], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        Magnet(**given)


def test_bad_spins() -> None:
    magnet = Magnet((2, 2))
    up = jnp.zeros((3, 2, 2)).at[2].set(1.0)
    for wrong in (1.01, float("nan")):
        with pytest.raises(ValueError, match="every spin must have length 1, got one of"):
            check_spins(magnet, up.at[2, 0, 1].set(wrong))
    with pytest.raises(ValueError, match=re.escape("must have shape (3, 2, 2), components first, got (2, 2, 3)")):
        check_spins(magnet, jnp.moveaxis(up, 0, -1))
    with pytest.raises(TypeError, match="floating point"):
        check_spins(magnet, up.astype(int))
