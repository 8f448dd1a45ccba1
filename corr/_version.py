"""The version, for the package, its builder and the command line."""

__version__ = "0.1.0"
