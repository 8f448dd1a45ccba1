"""Networks, data points on the last axis: ``(features, points) -> (outputs, points)``."""

from ._fully_connected import FullyConnected
from ._functional import Network, functional, initialize
from ._recurrent import Recurrent
from ._residual import Residual
from ._shallow import Shallow

__all__ = ["FullyConnected", "Network", "Recurrent", "Residual", "Shallow", "functional", "initialize"]
