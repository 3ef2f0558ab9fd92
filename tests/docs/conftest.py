"""The published bundled edition, on which the documentation's queries are run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fcm_migration.config import Home
from fcm_migration.publish.query import Connection, connect


@pytest.fixture(scope="session")
def bundled(bundled_home: Home) -> Iterator[Connection]:
    """A connection to its published file."""
    with connect(bundled_home.root) as connection:
        yield connection
