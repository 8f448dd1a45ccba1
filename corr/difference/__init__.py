"""The exact finite change of a function: ``f(x + ε) - f(x)`` without subtracting nearly equal numbers.

A JAX transformation in the manner of ``jax.linearize``: it walks the jaxpr of ``f`` and propagates (value, finite
change) pairs. Linear operations act on the change; products by Δ(ab) = Δa b + (a + Δa) Δb; smooth elementwise
functions by cancellation-free identities; piecewise functions by cases; sums by a fixed halving tree, so that bits do
not depend on how many trajectories are evaluated together.

Primitives with a rule:

* linear: add, add_any, sub, neg, copy, stop_gradient, name, device_put, optimization_barrier, reduce_sum, cumsum,
  reduce_window_sum, convert_element_type, reduce_precision, reshape, reshard, broadcast_in_dim, transpose, squeeze,
  rev, slice, concatenate, pad, split, stack, unstack, tile, fft, real, imag, complex, conj, nextafter;
* indexed: gather, dynamic_slice, dynamic_update_slice, scatter, scatter-add, scatter-sub, scatter-max, scatter-min;
* products: mul, dot_general, conv_general_dilated, div, square, integer_pow, reduce_prod, cumprod;
* smooth: tanh, exp, exp2, expm1, log, log1p, logistic, sqrt, rsqrt, cbrt, pow, sin, cos, tan, sinh, cosh, asin, acos,
  atan, atan2, asinh, acosh, atanh, erf, erfc, erf_inv, lgamma, digamma, igamma, igammac, bessel_i0e, bessel_i1e;
* by cases: max, min, abs, clamp, select_n, reduce_max, reduce_min, cummax, cummin, cumlogsumexp, reduce_window_max,
  reduce_window_min, sort, top_k, rem, sign, floor, ceil, round;
* matrices: triangular_solve, cholesky, lu (square), and what is made of them, such as solve, inv and slogdet;
* control: scan, cond, while, jit, remat, custom_jvp, custom_vjp, custom_linear_solve;
* gt, ge, lt, le, eq, ne, argmax, argmin: from the change of the gap; everything else that is not floating point:
  evaluated anew.

Any other primitive, wherever it stands, is recomputed in float64 (or, where that cannot be, subtracted) with one
``UserWarning`` that lists it; so is a while loop whose number of turns moves.

Behind a guard, as in ``where(x > 0, log(x), x - 1)``, an old value may be infinite or NaN. Where the guard is entered
or left, the new value stands for the change there, with the rounding of a value and not that of a change.
"""

from . import _control as _control
from ._transform import Difference, difference

__all__ = ["Difference", "difference"]
