"""The study of digits: verdicts that could say otherwise, images of every class, a small run of it."""

import struct
from pathlib import Path

import numpy as np
import pytest

import corr
from corr.experiments.catalogue import CATALOGUE
from corr.experiments.commands.actions import planned
from corr.experiments.commands.edge import asking
from corr.experiments.commands.reproduce import refuse_options
from corr.experiments.declaring.options import Options
from corr.experiments.running.fingerprints import study_fingerprint
from corr.experiments.studies import digits

from ...paper_figs.written_digits import written

K = 4.0


def test_what_is_equal_is_equivalent_and_what_is_not_is_different() -> None:
    """The standard error is 0.001, so that half the margin of accuracy is known to lie inside and not to be zero."""
    for side in digits.SIDES:
        assert digits.agrees(written(), "test accuracy", side) == "equivalent"
        assert digits.agrees(written(0.005), "test accuracy", side) == "equivalent, though not equal"
        assert digits.agrees(written(0.02), "test accuracy", side) == "DIFFERENT"
        assert digits.agrees(written(spread=0.1), "test accuracy", side) == "UNDECIDED"


def test_every_side_of_every_network_is_told() -> None:
    said = digits.judge({"one": written(), "two": written(0.1)})
    assert len(said) == 4 and "equivalent within 5 %" in said[0] and "DIFFERENT" not in said[0]
    assert all("DIFFERENT" in line for line in said[2:])
    numbers = digits.numbers({"one": written(0.02)})
    assert numbers["one: test loss, mutation less twin"].value == pytest.approx(0.02)
    assert numbers["one: test loss, mutation less descent"].error == pytest.approx(0.001, rel=0.3)


def test_images_to_learn_from_and_to_test_on_are_others_and_of_every_class() -> None:
    train, test = digits.SOURCES["digits"].halves()
    assert train.points.shape == (64, 200) and test.points.shape == (64, 800)
    for one in (train, test):
        shares = np.bincount(one.targets, minlength=10) / len(one.targets)
        assert np.abs(shares - 0.1).max() < 0.01
    learned = {column.tobytes() for column in np.asarray(train.points).T}
    assert not learned & {column.tobytes() for column in np.asarray(test.points).T}


def written_idx(folder: Path, side: int = 3, train: int = 210, last: int = 9) -> Path:
    """MNIST's four files with pixels of noise."""
    folder.mkdir(exist_ok=True)
    draws = np.random.default_rng(side)
    for part, count in (("train", train), ("t10k", 1100)):
        pixels, labels = draws.integers(256, size=(count, side, side)), np.arange(count) % (last + 1)
        for kind, values, shape in (("images-idx3", pixels, (count, side, side)), ("labels-idx1", labels, (count,))):
            head = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
            (folder / f"{part}-{kind}-ubyte").write_bytes(head + values.astype(np.uint8).tobytes())
    return folder


def test_images_of_a_folder_keep_their_halves_and_a_place_of_their_own(tmp_path: Path) -> None:
    own, there = digits.study.on(written_idx(tmp_path / "mine")), digits.study
    (name, part), *others = own.parts(own.preset("quick")).items()
    assert [name, *(other for other, _ in others)] == ["mine, fully connected", "mine, convolutional"]
    train, test = part.keywords["images"].halves()
    known_train, known_test = corr.data.mnist(tmp_path / "mine")
    assert train.points.shape == (9, 200) and test.points.shape == (9, 1000)
    for some, every in ((train, known_train), (test, known_test)):
        assert {one.tobytes() for one in np.asarray(some.points).T} <= {
            one.tobytes() for one in np.asarray(every.points).T
        }
    place = planned(there, Options(output=tmp_path, data=tmp_path / "mine"))
    assert place.folders == [tmp_path / "quick" / "digits-mine"]
    assert place.figures != planned(there, Options(output=tmp_path)).figures
    changed = there.on(written_idx(tmp_path / "mine", last=8))
    assert study_fingerprint(changed.parts) != study_fingerprint(own.parts) != study_fingerprint(there.parts)
    assert study_fingerprint(own.parts) == study_fingerprint(there.on(written_idx(tmp_path / "mine")).parts)


def test_data_that_cannot_be_taken_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none of train-images-idx3-ubyte.*: give the folder of the four IDX files"):
        digits.study.on(tmp_path)
    with pytest.raises(ValueError, match=r"200 train images of 9 pixels, expected more than 200 and square ones"):
        digits.study.on(written_idx(tmp_path / "few", train=200))
    for other in ("density", "fig1"):
        with pytest.raises(ValueError, match=f"{other} has data of its own: leave --data out"):
            planned(CATALOGUE[other], Options(data=tmp_path))
    with pytest.raises(ValueError, match="expected numbers are of each study's own data"):
        refuse_options("digits", {"digits": digits.study}, Options(data=tmp_path), check=True, update_expected=False)
    assert asking("digits", Options(data=Path("of mine"))).endswith("--data 'of mine'")


@pytest.mark.slow
def test_mutation_learns_digits_as_its_twin_does_and_not_as_descent_of_another_clock() -> None:
    sizes = digits.study.preset("smoke")
    found = digits.learned(corr.root_key(5), digits.SOURCES["digits"], "fully connected", sizes)
    last = found.isel(time=-1)
    assert abs(float(last.to_twin)) < K * float(last.to_twin_error)
    for what in digits.MARGINS:
        number = digits.apart(found, what, "twin")
        assert abs(number.value) < K * number.error, what
        early = digits.sample(found[f"{what}, mutation"].isel(time=-1).values)
        other = digits.sample(found[f"{what}, twin"].isel(time=0).values)
        assert abs(early.value - other.value) > K * np.hypot(early.error, other.error), what
