"""Structural breaks: lasting changes of level in the watched series."""
