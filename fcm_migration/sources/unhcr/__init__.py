"""Datasets of UNHCR."""
