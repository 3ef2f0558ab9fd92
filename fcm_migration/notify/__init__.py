"""Notifications by log, web hook and e-mail: alert episodes that open, refreshes that fail.

Off unless ``notify.toml`` lies in the home (docs/notifications.md). Every channel reports each
episode once, and each change of state of the refreshes once; what it could not send is sent at the
next call. A channel that fails, or settings that cannot be read, are reported in the outcomes and
never raised.
"""

from fcm_migration.notify.failures import Failure, notify_failure
from fcm_migration.notify.refreshes import (
    REFRESH_MEMORY_NAME,
    State,
    notify_state,
    stale_after_days,
)
from fcm_migration.notify.sending import MEMORY_NAME, SETTINGS_NAME, Outcome, notify_opened
from fcm_migration.notify.settings import Settings

__all__ = [
    "MEMORY_NAME",
    "REFRESH_MEMORY_NAME",
    "SETTINGS_NAME",
    "Failure",
    "Outcome",
    "Settings",
    "State",
    "notify_failure",
    "notify_opened",
    "notify_state",
    "stale_after_days",
]
