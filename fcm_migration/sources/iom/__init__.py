"""Datasets of the International Organization for Migration."""
