"""The paper's target functions, as (points, targets) of shape (1, K)."""

from ._targets import sine, symmetric_sine

__all__ = ["sine", "symmetric_sine"]
