"""The publishers' datasets: a module each in a folder of its publisher, and their registry."""

from fcm_migration.sources.registry import SOURCES

__all__ = ["SOURCES"]
