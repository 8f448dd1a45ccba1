"""The page of laws of `optimizers`."""

from .laws import page

MAKERS = {"optimizers": page}
