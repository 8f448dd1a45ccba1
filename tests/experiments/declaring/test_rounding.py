"""Errors to their own digits, values to the same place, powers of ten only where nothing else is readable."""

import math

import numpy as np
import pytest

from corr.experiments.declaring.rounding import duration, measured, percent, plain, probability


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (17.2, 21.0, "17 ± 20"),
        (-17.2, 21.0, "-17 ± 20"),
        (3.2, 150.0, "3 ± 150"),
        (12345.0, 678.0, "12345 ± 700"),
        (0.4531, 0.00135, "0.4531 ± 0.0014"),
        (0.4531, 0.0035, "0.453 ± 0.004"),
        (0.12, 0.0996, "0.12 ± 0.10"),
        (0.12, 0.96, "0.1 ± 1.0"),
        (0.12, 0.0194, "0.120 ± 0.019"),
        (9.999, 0.12, "10.00 ± 0.12"),
        (-0.001, 0.2, "0.0 ± 0.2"),
        (-6.2e-6, 4.9e-5, "-0.00001 ± 0.00005"),
        (4e-5, 2e-5, "0.00004 ± 0.00002"),
        (-3.2e-8, 1.6e-8, "(-3.2 ± 1.6)·10⁻⁸"),
        (1e-9, 4e-7, "(0 ± 4)·10⁻⁷"),
        (1.234e7, 4e5, "(1.23 ± 0.04)·10⁷"),
        (5.0, 3e-7, "5.0000000 ± 0.0000003"),
        (0.5, 0.0, "0.5 ± 0"),
        (0.0, 0.0, "0 ± 0"),
        (0.5, math.nan, "0.5 ± ?"),
        (math.nan, 0.1, "nan ± ?"),
        (-math.inf, 0.1, "-∞ ± ?"),
        (None, 0.1, "-"),
    ],
)
def test_value_and_error(value: float | None, error: float, text: str) -> None:
    assert measured(value, error) == text


def test_a_sign_is_shown_where_asked() -> None:
    assert measured(0.5, 0.1, "+") == "+0.50 ± 0.10"
    assert measured(-0.5, 0.1, "+") == "-0.50 ± 0.10"
    assert plain(2.0, sign="+") == "+2"


def test_what_is_shown_is_near_what_is_meant() -> None:
    """Within half of the error's last digit: 5 % of the error where two are shown, 25 % where one is."""
    rng = np.random.default_rng(0)
    for value, power in zip(rng.normal(size=300), rng.uniform(-12, 12, 300), strict=True):
        error = float(10.0 ** rng.uniform(-4, 4) * 10**power)
        text = measured(value * 10**power, error)
        assert "e" not in text
        scale = 1.0
        if text.startswith("("):
            text, raised = text[1:].split(")·10")
            scale = 10.0 ** int(raised.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
        shown, beside = (scale * float(part) for part in text.split(" ± "))
        assert beside == pytest.approx(error, rel=0.26)
        assert abs(shown - value * 10**power) <= 0.5001 * max(beside, 0.0)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1e-5, 6, "0.00001"), (2.5e-9, 2, "2.5·10⁻⁹"), (1234.5, 2, "1234"), (0.0999, 2, "0.1"), (0.0, 3, "0"),
        (1e7, 3, "1·10⁷"), (999999.9, 3, "1·10⁶"), (99999.9, 3, "100000"),
        (-0.25, 1, "-0.2"), (math.inf, 3, "∞"), (None, 3, "-"),
    ],
)  # fmt: skip
def test_a_number_without_an_error(value: float | None, digits: int, text: str) -> None:
    assert plain(value, digits) == text


def test_shares_probabilities_and_times() -> None:
    assert [percent(share) for share in (0.5, 0.0123, 12.34, 0.000012, None)] == ["50", "1.2", "1234", "0.0012", "-"]
    assert [probability(p) for p in (1.0, 0.0246, 1e-4, 9e-5, 0.0)] == ["1", "0.025", "0.0001", "< 0.0001", "< 0.0001"]
    assert [duration(seconds) for seconds in (0.42, 89.0, 90.0, 3600.0)] == ["0.42 s", "89 s", "1.5 min", "60.0 min"]
