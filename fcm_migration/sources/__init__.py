"""The registry of sources: one line each; everything else loops over it."""

from __future__ import annotations

from fcm_migration.sources.base import Source

SOURCES: tuple[Source, ...] = ()
