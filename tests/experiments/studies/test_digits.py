"""The study of digits: verdicts that could say otherwise, images of every class, a small run of it."""

import numpy as np
import pytest

import corr
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
    train, test = digits.halves(digits.SOURCES["digits"])
    assert train.points.shape == (64, 200) and test.points.shape == (64, 800)
    for one in (train, test):
        shares = np.bincount(one.targets, minlength=10) / len(one.targets)
        assert np.abs(shares - 0.1).max() < 0.01
    learned = {column.tobytes() for column in np.asarray(train.points).T}
    assert not learned & {column.tobytes() for column in np.asarray(test.points).T}


@pytest.mark.slow
def test_mutation_learns_digits_as_its_twin_does_and_not_as_descent_of_another_clock() -> None:
    sizes = digits.study.preset("smoke")
    found = digits.learned(corr.root_key(5), "digits", "fully connected", sizes)
    last = found.isel(time=-1)
    assert abs(float(last.to_twin)) < K * float(last.to_twin_error)
    for what in digits.MARGINS:
        number = digits.apart(found, what, "twin")
        assert abs(number.value) < K * number.error, what
        early = digits.sample(found[f"{what}, mutation"].isel(time=-1).values)
        other = digits.sample(found[f"{what}, twin"].isel(time=0).values)
        assert abs(early.value - other.value) > K * np.hypot(early.error, other.error), what
