"""Explicit commands that print ratios measured in one run."""
