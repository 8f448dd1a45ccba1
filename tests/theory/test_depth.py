"""Kernels of deep networks against linear ones in closed form, and against starts of narrow ones."""

import numpy as np
import pytest

from theory import depth as theory

RANDOM = np.random.default_rng(0)
LABELS = np.repeat(np.arange(3), 2)


def test_small_inputs_have_the_kernels_of_a_linear_network() -> None:
    """Every layer multiplies by s²; Θ = (n_0 + nL) s^{2L} K_0 + Σ_k s^{2k} for k from 0 to L."""
    scale, width, layers = 0.6, 1_000_000, 4  # so wide that the constant's own saturation is nothing beside
    inputs = 1e-4 * RANDOM.normal(size=(3, 6))
    found = theory.kernels(inputs, layers=layers, width=width, scale=scale)
    seen = inputs.T @ inputs / 3
    outputs = scale ** (2 * layers + 2) * seen
    np.testing.assert_allclose(found.outputs[-1], outputs, rtol=1e-5, atol=1e-14)
    grown = scale ** (2 * layers) * (3 + width * layers) * seen
    constant = sum(scale ** (2 * k) for k in range(layers + 1))
    np.testing.assert_allclose(found.tangent[-1] - constant, grown, rtol=1e-4, atol=1e-11)


def test_one_wide_layer_of_tanh_is_what_random_weights_give() -> None:
    inputs, width, scale, draws = RANDOM.normal(size=(4, 3)), 8, 0.9, 40_000
    weights = scale / 2 * RANDOM.normal(size=(draws, width, 4))
    last = scale / np.sqrt(width) * RANDOM.normal(size=(draws, width))
    hidden = np.tanh(weights @ inputs)
    back = last[..., None] * (1 - hidden**2)
    across = np.einsum("dua,dub->dab", back, back)
    each = np.einsum("dua,dub->dab", hidden, hidden) + 1 + across * (inputs.T @ inputs + 1)
    found = theory.kernels(inputs, layers=1, width=width, scale=scale).tangent[0]
    error = each.std(axis=0, ddof=1) / np.sqrt(draws)
    assert (np.abs(each.mean(axis=0) - found) / error).max() < 4
    other = theory.kernels(inputs, layers=1, width=width, scale=1.1 * scale).tangent[0]
    assert (np.abs(each.mean(axis=0) - other) / error).max() > 4


def test_gradient_and_trace_of_a_linear_model_on_random_outputs() -> None:
    """Logits f = Wx of classes: ∇U and the trace of the Hessian are known for every W.

    Inputs are alike, so that most of the gradient is what the outputs have by chance, not what the labels ask for.
    """
    inputs, std, draws = 1 + 0.1 * RANDOM.normal(size=(4, 6)), 0.1, 20_000
    logits = std * RANDOM.normal(size=(draws, 3, 4)) @ inputs
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    rest = (shares - np.eye(3)[LABELS].T) @ inputs.T / 6
    squares = (rest**2).sum(axis=(1, 2))
    traces = ((shares * (1 - shares)).sum(axis=1) * (inputs**2).sum(axis=0)).mean(axis=1)
    tangent = inputs.T @ inputs
    for values, known in zip((squares, traces), theory.at_start(std**2 * tangent, tangent, LABELS, 3), strict=True):
        error = values.std(ddof=1) / np.sqrt(draws)
        assert abs(values.mean() - known) < 4 * error + std**2 * 4 * known  # the second order in the outputs
    without, _ = theory.at_start(0 * tangent, tangent, LABELS, 3)
    assert without < 0.5 * squares.mean()


def test_shares_that_differ_and_no_layers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"as many points of each of 3 classes, got \[2, 2, 1\]"):
        theory.at_start(np.zeros((5, 5)), np.eye(5), LABELS[:5], 3)
    with pytest.raises(ValueError, match="layers must be at least 1 and scale positive, got 0 and 1"):
        theory.kernels(np.eye(2), layers=0, width=3, scale=1)
