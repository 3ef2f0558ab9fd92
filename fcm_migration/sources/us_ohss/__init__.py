"""Datasets of the US Office of Homeland Security Statistics."""
