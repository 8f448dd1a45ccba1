"""Networks of the paper, data points on the last axis: ``(features, points) -> (outputs, points)``."""

from ._fully_connected import FullyConnected
from ._functional import Network, functional, initialize
from ._shallow import Shallow

__all__ = ["FullyConnected", "Network", "Shallow", "functional", "initialize"]
