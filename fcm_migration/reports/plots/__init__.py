"""Plots for Dagster's metadata and for the documentation."""
