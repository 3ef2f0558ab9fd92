"""Tests of the Dagster project: its definitions, and that runs equal the library's refresh."""
