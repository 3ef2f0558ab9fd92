"""Two editions attached beside each other, read-only."""

# ruff: noqa: S608  (every piece is SQL of our own)
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
        """Return the answer to a question of our own that names tables as old. or new.

        Raises:
            EditionError: one of the editions cannot answer it: a view of an older one may not run.
        """
        import duckdb

        try:
            frame: pl.DataFrame = self.connection.sql(text).pl()
        except duckdb.Error as error:
            raise EditionError(
                "the editions cannot be compared in this", got=str(error).splitlines()[0]
            ) from error
        return frame

    def both(self, text: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return what the older and the newer edition answer; ``{of}`` stands for either's name."""
        return self.sql(text.format(of="old")), self.sql(text.format(of="new"))

    def comparable(self, relation: str, columns: frozenset[str]) -> bool | None:
        """Return whether both editions hold a table or view with these columns.

        None where neither has it at all, so that there is nothing to compare.
        """
        held = [self._columns(of, *relation.split(".")) for of in ("old", "new")]
        return None if not any(held) else all(columns <= names for names in held)

    def table(self, relation: str, *columns: str) -> pl.DataFrame:
        """Return columns of a table of the newer edition; no row where it has no such table."""
        if not self._columns("new", *relation.split(".")):
            return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
        return self.sql(f"SELECT {', '.join(columns)} FROM new.{relation}")

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
                    remedy="name an edition of `fcm editions` or a file that a refresh published",
                ) from error
        harden(connection)  # a view of a file that somebody hands over reads no other file
        yield Pair(connection)
