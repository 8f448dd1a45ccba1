"""How a module of flax is told whether it is training, by the names that such arguments have."""

import inspect
from collections.abc import Callable
from typing import Any

ON = {"train": True, "training": True, "is_training": True, "deterministic": False, "use_running_average": False}


def switches(call: Callable[..., Any], training: bool) -> dict[str, Any]:
    """The arguments of a module's ``__call__`` that say whether it is training, filled in.

    Example:
        >>> switches(lambda self, images, train: images, training=False)
        {'train': False}
    """
    taken = inspect.signature(call).parameters
    return {name: on if training else not on for name, on in ON.items() if name in taken}
