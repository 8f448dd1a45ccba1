"""What a population costs as lists of seeds in place of weights: bytes that are kept, mutations that are drawn."""

from .order_statistics import check_whole

WORD = 4  # bytes of a float32, and of a seed


def bytes_stored(parameters: int, count: int) -> int:
    """4 n N, of n individuals as N weights each.

    Args:
        parameters: N.
        count: n.

    Returns:
        Bytes, in float32.

    Raises:
        ValueError: if a number is below 1.

    Example:
        >>> bytes_stored(100_000, 64)
        25600000

    Reference: theory/README.md, "Populations".
    """
    return WORD * check_whole("count", count, 1) * check_whole("parameters", parameters, 1)


def bytes_of_seeds(parameters: int, count: int, generations: int) -> int:
    """4 n G + 8 G + 4 N, of n individuals as G seeds each, with the key of each generation and the common start.

    Args:
        parameters: N.
        count: n.
        generations: G, for how many there is room.

    Returns:
        Bytes, in float32.

    Raises:
        ValueError: if a number is below 1.

    Example:
        >>> bytes_of_seeds(100_000, 64, 100)
        426400

    Reference: theory/README.md, "Populations"; Such et al., arXiv:1712.06567 (2017).
    """
    room = check_whole("generations", generations, 1)
    return WORD * (check_whole("count", count, 1) * room + 2 * room + check_whole("parameters", parameters, 1))


def mutations_drawn(count: int, generations: int) -> int:
    """n G², Σ n (2g + 1) over G generations: generation g rebuilds g mutations for the losses, g + 1 for the mean.

    Args:
        count: n.
        generations: G.

    Returns:
        Mutations of all parameters; n G where weights are stored.

    Raises:
        ValueError: if a number is below 1.

    Example:
        >>> mutations_drawn(64, 100)
        640000

    Reference: theory/README.md, "Populations".
    """
    return check_whole("count", count, 1) * check_whole("generations", generations, 1) ** 2
