"""What changed from one edition to the next: the tables ``meta.changes`` and ``changed_series``."""

from fcm_migration.publish.changes.compare import Changes, compare, first
from fcm_migration.publish.changes.remaining import check_lines
from fcm_migration.publish.changes.tables import CHANGED_SERIES, CHANGES, KINDS, TABLES
from fcm_migration.publish.changes.telling import told

__all__ = [
    "CHANGED_SERIES",
    "CHANGES",
    "KINDS",
    "TABLES",
    "Changes",
    "check_lines",
    "compare",
    "first",
    "told",
]
