"""Reading publishers' bytes in a process of their own, within limits of time and memory.

A file may crash the library that reads it, hold it for hours or fill the memory. So no bytes of a
publisher are interpreted in the process of a refresh: finding a release on a publisher's pages,
dating it and parsing it each run in a child process that is made for this one task. Whatever
the bytes do to the child, the refresh gets an answer or a typed error.
"""

from fcm_migration.limited.model import Look, Reading
from fcm_migration.limited.reading import end, fetch_release, look_at, read_release
from fcm_migration.limited.work import UNFORESEEN

__all__ = [
    "UNFORESEEN",
    "Look",
    "Reading",
    "end",
    "fetch_release",
    "look_at",
    "read_release",
]
