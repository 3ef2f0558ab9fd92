"""What changed from one edition to the next: the tables ``meta.changes`` and ``changed_series``."""

from fcm_migration.changes.compare import Changes, compare, since
from fcm_migration.changes.remaining import check_lines
from fcm_migration.changes.telling import HEADINGS, told

__all__ = ["HEADINGS", "Changes", "check_lines", "compare", "since", "told"]
