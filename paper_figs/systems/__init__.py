"""Figures of the other training schemes."""
