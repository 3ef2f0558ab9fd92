"""The state of a working home, told quickly, for a person or a monitoring system."""

from typing import TYPE_CHECKING

from fcm_migration.lazy import lazy
from fcm_migration.status.model import EXIT_CODES, KINDS, Status

if TYPE_CHECKING:
    from fcm_migration.status.gathering import gather
    from fcm_migration.status.text import lines

__getattr__ = lazy(__name__, {"gather": "gathering", "lines": "text"})

__all__ = ["EXIT_CODES", "KINDS", "Status", "gather", "lines"]
