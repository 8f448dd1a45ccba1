"""Verdicts and numbers for people: terminal and page."""
