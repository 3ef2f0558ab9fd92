"""The toy's code location for the campaign of scheduled runs: everything, every hour."""

from __future__ import annotations

from tests.system.toy_location import location

NAME = "hourly"
defs = location(NAME, "7 * * * *")
