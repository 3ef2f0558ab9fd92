"""Backup and restore of the data of a home that cannot be made again."""

from typing import TYPE_CHECKING

from fcm_migration.lazy import lazy

if TYPE_CHECKING:
    from fcm_migration.backup.restoring import restore
    from fcm_migration.backup.writing import write_backup

__all__ = ["restore", "write_backup"]
__getattr__ = lazy(__name__, {"restore": "restoring", "write_backup": "writing"})
