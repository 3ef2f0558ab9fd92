"""Sources: one publisher's dataset each, in a folder by publisher, and the registry of them all."""

from fcm_migration.sources.registry import SOURCES

__all__ = ["SOURCES"]
