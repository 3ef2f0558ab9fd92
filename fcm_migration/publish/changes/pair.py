"""Two editions attached beside each other, read-only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from fcm_migration.catalog.derive import quote_literal
from fcm_migration.errors import EditionError
from fcm_migration.publish.query import MEMORY, harden
from fcm_migration.publish.spill import spill_settings

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Pair:
    """An older and a newer edition, attached as ``old`` and ``new``."""

    connection: duckdb.DuckDBPyConnection

    def sql(self, text: str) -> pl.DataFrame:
        """Return the answer to a question of our own that names tables as old. or new."""
        frame: pl.DataFrame = self.connection.sql(text).pl()
        return frame

    def both(self, text: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return what the older and the newer edition answer; ``{of}`` stands for either's name."""
        return self.sql(text.format(of="old")), self.sql(text.format(of="new"))

    def lacks(self, relation: str, columns: frozenset[str]) -> bool:
        """Return whether either edition is without a table or view, or without a column of it."""
        schema, name = relation.split(".")
        return any(not columns <= self._columns(of, schema, name) for of in ("old", "new"))

    def _columns(self, of: str, schema: str, name: str) -> frozenset[str]:
        found = self.connection.execute(
            "SELECT column_name FROM duckdb_columns() "
            "WHERE database_name = ? AND schema_name = ? AND table_name = ?",
            [of, schema, name],
        ).fetchall()
        return frozenset(row[0] for row in found)


@contextmanager
def pair(old: Path, new: Path) -> Iterator[Pair]:
    """Attach two editions.

    Raises:
        EditionError: a file is no edition, or cannot be read.
    """
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        **spill_settings(),
    }
    with duckdb.connect(":memory:", config=config) as connection:
        for name, path in (("old", old), ("new", new)):
            try:
                connection.execute(f"ATTACH {quote_literal(str(path))} AS {name} (READ_ONLY)")
                connection.execute(f"FROM {name}.meta.edition").fetchall()
            except duckdb.Error as error:
                raise EditionError(
                    "this is no edition that can be read",
                    where=str(path),
                    expected="a DuckDB file that a refresh published",
                    got=str(error).splitlines()[0],
                    remedy="`fcm editions` lists those of this home",
                ) from error
        harden(connection)  # a view of a file that somebody hands over reads no other file
        yield Pair(connection)
