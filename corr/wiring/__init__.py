"""Networks whose links change while they learn, as dynamics around any other."""

from ._links import erdos_renyi, grown, pruned
from ._network import rewired
from ._sparse import Wired, sparse

__all__ = ["Wired", "erdos_renyi", "grown", "pruned", "rewired", "sparse"]
