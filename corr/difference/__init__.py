"""The exact finite change of a function: ``f(x + ε) - f(x)`` without subtracting nearly equal numbers.

A JAX transformation in the manner of ``jax.linearize``: it walks the jaxpr of ``f`` and propagates (value, finite
change) pairs. Linear operations act on the change; products by Δ(ab) = Δa b + (a + Δa) Δb; smooth elementwise
functions by cancellation-free identities; piecewise functions by cases; sums by a fixed halving tree, so that bits do
not depend on how many trajectories are evaluated together.

Primitives with a rule:

* linear: add, add_any, sub, neg, copy, stop_gradient, reduce_sum, cumsum, convert_element_type, reduce_precision,
  reshape, broadcast_in_dim, transpose, squeeze, expand_dims, rev, slice, dynamic_slice, dynamic_update_slice, gather,
  scatter, scatter-add, concatenate, pad, split, fft, real, imag (indices must not depend on the parameters);
* products: mul, dot_general, conv_general_dilated, div, square, integer_pow;
* smooth: tanh, exp, exp2, expm1, log, log1p, logistic, sqrt, rsqrt, cbrt, pow (constant exponent), sin, cos, tan, sinh,
  cosh, atan, erf, erfc;
* by cases: max, min, abs, clamp, select_n, reduce_max, reduce_min, sign, floor, ceil, round;
* recursively: jit, closed_call, remat, custom_jvp_call, custom_vjp_call, scan;
* comparisons, logic, argmax and everything else that is not floating point: evaluated anew.

Any other primitive is recomputed in float64 (or, where that cannot be, subtracted) with one ``UserWarning`` that lists
it.
"""

from ._transform import Difference, difference

__all__ = ["Difference", "difference"]
