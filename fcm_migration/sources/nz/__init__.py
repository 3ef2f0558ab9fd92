"""Datasets of New Zealand."""
