"""Networks, data points on the last axis: ``(features, points) -> (outputs, points)``."""

from ._activity import Activity, check_active, spike_activity, spike_penalty
from ._convolutional import Convolutional
from ._from_flax import from_flax
from ._fully_connected import FullyConnected
from ._functional import Network, functional, initialize
from ._latency import latency_code
from ._recurrent import Recurrent
from ._residual import Residual
from ._sequence import Sequence
from ._shallow import Shallow
from ._spiking import Spiking

__all__ = [
    "Activity",
    "Convolutional",
    "FullyConnected",
    "Network",
    "Recurrent",
    "Residual",
    "Sequence",
    "Shallow",
    "Spiking",
    "check_active",
    "from_flax",
    "functional",
    "initialize",
    "latency_code",
    "spike_activity",
    "spike_penalty",
]
