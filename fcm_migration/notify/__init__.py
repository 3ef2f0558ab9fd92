"""Notifications that an episode of alerts has opened: in the log, by web hook, by e-mail.

Off unless ``notify.toml`` lies in the home (docs/notifications.md). Every channel reports each
episode once; what it could not send is sent at the next call. A channel that fails, or
settings that cannot be read, are reported in the outcomes and never raised.
"""

from fcm_migration.notify.sending import MEMORY_NAME, SETTINGS_NAME, Outcome, notify_opened
from fcm_migration.notify.settings import Settings

__all__ = ["MEMORY_NAME", "SETTINGS_NAME", "Outcome", "Settings", "notify_opened"]
