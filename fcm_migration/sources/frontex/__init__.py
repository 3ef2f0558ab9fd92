"""Datasets of Frontex."""
