"""Networks, data points on the last axis: ``(features, points) -> (outputs, points)``."""

from ._convolutional import Convolutional
from ._from_flax import from_flax
from ._fully_connected import FullyConnected
from ._functional import Network, functional, initialize
from ._recurrent import Recurrent
from ._residual import Residual
from ._sequence import Sequence
from ._shallow import Shallow

__all__ = [
    "Convolutional",
    "FullyConnected",
    "Network",
    "Recurrent",
    "Residual",
    "Sequence",
    "Shallow",
    "from_flax",
    "functional",
    "initialize",
]
