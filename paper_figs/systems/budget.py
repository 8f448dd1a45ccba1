"""Mutation, its noisy twin, normalized descent and Adam against loss evaluations."""

from ..parts.contest import losses

MAKERS = {"budget": losses}
