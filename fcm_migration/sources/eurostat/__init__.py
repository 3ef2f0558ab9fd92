"""Datasets of Eurostat."""
