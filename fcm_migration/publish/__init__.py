"""Publishing: the analysts' DuckDB file, its editions, and read-only access to it."""

from fcm_migration.publish.build import STORAGE_VERSION
from fcm_migration.publish.edition import publish
from fcm_migration.publish.kept import BUILDING, Edition, clean, known, lost, protect, prune

__all__ = [
    "BUILDING",
    "STORAGE_VERSION",
    "Edition",
    "clean",
    "known",
    "lost",
    "protect",
    "prune",
    "publish",
]
