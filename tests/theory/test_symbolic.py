"""The closed forms, derived by sympy from the Gaussian integrals they stand for."""

import pytest

sympy = pytest.importorskip("sympy")

from sympy import Rational, erfc, exp, integrate, limit, oo, pi, simplify, sqrt, symbols  # noqa: E402

z, u, h = symbols("z u h", real=True)
s, b, std, g = symbols("s b sigma g", positive=True)
kappa = symbols("kappa", real=True)
DENSITY = exp(-(z**2) / 2) / sqrt(2 * pi)
UPPER = erfc(s / sqrt(2)) / 2  # Q(s)


def moment(power: int) -> sympy.Expr:
    """E[z^k a(z)] for ΔU = s z / β: everything downhill, e^{-sz} of what is uphill."""
    down = integrate(z**power * DENSITY, (z, -oo, 0))
    # Completing the square, z = w - s: e^{-sz} φ(z) = e^{s²/2} φ(w).
    up = exp(s**2 / 2) * integrate(((z - s) ** power * DENSITY).expand(), (z, s, oo))
    return simplify(down + up)


def same(left: sympy.Expr, right: sympy.Expr) -> bool:
    return simplify((left - right).rewrite(erfc)) == 0


def test_completing_the_square() -> None:
    assert simplify(exp(-s * z) * DENSITY - exp(s**2 / 2) * DENSITY.subs(z, z + s)) == 0


def test_level_1_closed_forms() -> None:
    acceptance = Rational(1, 2) + exp(s**2 / 2) * UPPER
    drift = s * exp(s**2 / 2) * UPPER
    along = Rational(1, 2) + (1 + s**2) * exp(s**2 / 2) * UPPER - s / sqrt(2 * pi)
    assert same(moment(0), acceptance)
    assert same(moment(1), -drift)
    assert same(moment(2), along)
    assert same(along, Rational(1, 2) + sympy.diff(drift, s))
    assert not same(moment(1), -drift / 2)


def test_level_1_tends_to_both_limits_of_the_paper() -> None:
    drift = s * exp(s**2 / 2) * UPPER
    assert limit(drift / s, s, 0) == Rational(1, 2)
    assert sympy.series(drift, s, 0, 3).removeO().coeff(s, 2) == simplify(-sqrt(2 / pi) / 2)
    for large in (20, 200):
        value = float(drift.subs(s, large).evalf(30))
        assert value == pytest.approx(float(1 / sqrt(2 * pi)), rel=1.1 / large**2)


def test_zero_temperature_moments_and_covariance_along_the_gradient() -> None:
    first = integrate(z * DENSITY, (z, -oo, 0))
    second = integrate(z**2 * DENSITY, (z, -oo, 0))
    assert first == -1 / sqrt(2 * pi)
    assert simplify(second - first**2) == simplify(Rational(1, 2) - 1 / (2 * pi))


def test_non_isotropic_form_by_scaled_coordinates() -> None:
    """ε_i = σ_i z_i: the drift along S g (S = diag σ_i) is -1/√(2π), and maps back by S."""
    a, c, p, q = symbols("sigma_1 sigma_2 g_1 g_2", positive=True)
    norm = sqrt(a**2 * p**2 + c**2 * q**2)
    scaled = sympy.Matrix([a * p, c * q]) / norm * (-1 / sqrt(2 * pi))
    drift = sympy.diag(a, c) * scaled
    expected = -sympy.Matrix([a**2 * p, c**2 * q]) / (sqrt(2 * pi) * norm)
    assert simplify(drift - expected) == sympy.zeros(2, 1)


def test_level_2_second_moment_along_the_gradient() -> None:
    """ΔU/√v = κ + z, b = β√v: E z² a = Φ(-κ) + (1 + b²) T - b φ(κ), T = e^{b(b/2-κ)} Φ(κ - b)."""
    density = exp(-(kappa**2) / 2) / sqrt(2 * pi)
    down = integrate(z**2 * DENSITY, (z, -oo, -kappa))
    factor = exp(b * (b / 2 - kappa))
    up = factor * integrate(((z - b) ** 2 * DENSITY).expand(), (z, b - kappa, oo))
    tail = factor * erfc((b - kappa) / sqrt(2)) / 2
    expected = erfc(kappa / sqrt(2)) / 2 + (1 + b**2) * tail - b * density
    assert same(down + up, expected)


def test_one_dimensional_quadratic_characteristic_function() -> None:
    """χ(t) of σ g z + σ² h z²/2 by its first two cumulants: mean σ² h/2, variance σ² g² + σ⁴ h²/2."""
    t = symbols("t", real=True)
    d = 1 - sympy.I * std**2 * h * t
    log_chi = -sympy.log(d) / 2 - std**2 * g**2 * t**2 / (2 * d)
    mean = simplify((sympy.diff(log_chi, t) / sympy.I).subs(t, 0))
    variance = simplify((-sympy.diff(log_chi, t, 2)).subs(t, 0))
    assert simplify(mean - std**2 * h / 2) == 0
    assert simplify(variance - (std**2 * g**2 + std**4 * h**2 / 2)) == 0


def test_barker_has_no_first_correction() -> None:
    """E[-z/(1 + e^{sz})] = s/4 + O(s³): the integrand's s² term is even in z."""
    logistic = 1 / (1 + exp(s * z))
    series = sympy.series(logistic, s, 0, 4).removeO()
    drift = integrate((-z * series * DENSITY).expand(), (z, -oo, oo))
    assert sympy.expand(drift).coeff(s, 1) == Rational(1, 4)
    assert sympy.expand(drift).coeff(s, 2) == 0
    assert sympy.expand(drift).coeff(s, 3) != 0
