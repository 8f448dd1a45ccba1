"""Numbers as people read them: as many digits as the error warrants, without powers of ten where none is needed."""

import math

LONGEST = 5  # digits after the point of a number still read at a glance
SMALLEST, LARGEST = -3, 6  # powers of ten outside which one is written
LEAST_P = 1e-4  # smaller p are not told apart
UNKNOWN = "?"


def plain(value: float | None, digits: int = 3, sign: str = "") -> str:
    """A number without an error: so many significant digits, all of them before the point.

    Args:
        value: the number; "-" is shown for None.
        digits: significant ones.
        sign: "+" to show it of positive numbers too.

    Example:
        >>> plain(0.00012345), plain(1234.5), plain(1e-05, 2), plain(2.5e-09, 2)
        ('0.000123', '1234', '0.00001', '2.5·10⁻⁹')
    """
    if value is None:
        return "-"
    if not math.isfinite(value):
        return _words(value, sign)
    power = _power(float(f"{value:.{digits - 1}e}"))  # of the rounded number: 0.0999 is 0.1
    if -LONGEST <= power < LARGEST:
        return _short(f"{value:{sign}.{max(digits - 1 - power, 0)}f}")
    return f"{_short(f'{value / 10.0**power:{sign}.{digits - 1}f}')}·10{_raised(power)}"


def measured(value: float | None, error: float, sign: str = "") -> str:
    """value ± error: the error to its own digits, the value to the same place, no further left than the point.

    The error has two significant digits where the first one is 1, else one.

    Args:
        value: the number; "-" is shown for None.
        error: its standard error.
        sign: "+" to show it of positive numbers too.

    Example:
        >>> measured(17.2, 21.0), measured(0.4531, 0.00135), measured(-3.2e-08, 1.6e-08)
        ('17 ± 20', '0.4531 ± 0.0014', '(-3.2 ± 1.6)·10⁻⁸')
    """
    if value is None:
        return "-"
    if not (math.isfinite(value) and math.isfinite(error)):
        return f"{plain(value, sign=sign)} ± {UNKNOWN}"
    if error == 0:
        return f"{plain(value, 4, sign)} ± 0"
    place, largest = _place(error), max(abs(value), error)
    power = _power(largest)
    if power < LARGEST and (place <= LONGEST + 1 or power >= SMALLEST):
        return _pair(value, error, place, sign)
    scale = 10.0**power
    return f"({_pair(value / scale, error / scale, place + power, sign)})·10{_raised(power)}"


def probability(p: float) -> str:
    """A p-value, two digits; the smallest ones are not told apart.

    Example:
        >>> probability(0.0234), probability(1e-9), probability(1.0)
        ('0.023', '< 0.0001', '1')
    """
    return f"< {plain(LEAST_P)}" if p < LEAST_P else plain(p, 2)


def percent(share: float | None, digits: int = 2) -> str:
    """A share in per cent, without the sign of it: ``plain`` of 100 times it."""
    return plain(None if share is None else 100 * share, digits)


def duration(seconds: float) -> str:
    """A time as people say it."""
    return f"{seconds / 60:.1f} min" if seconds >= 90 else f"{plain(seconds, 2)} s"


def _place(error: float) -> int:
    """Digits after the point of an error rounded to its own; negative before the point."""
    two = f"{error:.1e}"  # rounded first: 0.0996 is 0.10
    return (1 if two[0] == "1" else 0) - int(two.split("e")[1])


def _pair(value: float, error: float, place: int, sign: str) -> str:
    """Both to a place; the value keeps its digits before the point (17 ± 20)."""
    after = max(place, 0)
    first = f"{value:{sign}.{after}f}"
    first = first.removeprefix("-") if float(first) == 0 else first
    return f"{first} ± {round(error, place):.{after}f}"


def _short(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _power(value: float) -> int:
    return int(f"{value:e}".split("e")[1]) if value else 0


def _raised(power: int) -> str:
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _words(value: float, sign: str) -> str:
    return "nan" if math.isnan(value) else f"{'-' if value < 0 else sign}∞"
