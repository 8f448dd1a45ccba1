"""Networks whose links change while they learn, as dynamics around any other, and genomes of NEAT with links fixed."""

from ._forward import Wires, outputs
from ._genome import Fixed, network_of, packed
from ._links import erdos_renyi, grown, pruned
from ._network import rewired
from ._sparse import Wired, sparse

__all__ = [
    "Fixed",
    "Wired",
    "Wires",
    "erdos_renyi",
    "grown",
    "network_of",
    "outputs",
    "packed",
    "pruned",
    "rewired",
    "sparse",
]
