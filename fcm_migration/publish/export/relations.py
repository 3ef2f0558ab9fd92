"""Tables and views of the published file: which are exported, and what their columns are."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fcm_migration.catalog.derive import DUCKDB_TYPE, quote_identifier
from fcm_migration.catalog.model import Column, DType, Table
from fcm_migration.errors import UsageError
from fcm_migration.publish.entry import SCHEMA
from fcm_migration.publish.stored import STORED

if TYPE_CHECKING:
    import duckdb

# what analysts want; core, history and brief come with --all
USUAL = (SCHEMA, "mart", "forecast", "trend", "meta")
ORDER = (*USUAL, "brief", "core", "history")
SOURCE = "source_id"
DTYPES: dict[str, DType] = {name: dtype for dtype, name in DUCKDB_TYPE.items()} | {
    # sums and literals of views
    "HUGEINT": "integer",
    "INTEGER": "integer",
    "SMALLINT": "integer",
    "TINYINT": "integer",
    "UBIGINT": "integer",
    "UINTEGER": "integer",
    "FLOAT": "number",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}


@dataclass(frozen=True)
class Relation:
    """A table or view of the published file.

    Attributes:
        schema: its schema.
        name: its name.
        description: its comment.
        columns: in order; those of a view have no constraints.
        key: the columns that no two rows share; none for a view.
        source_id: the source that all its rows are of, or None.
        is_sorted: whether its rows come in the same order every time; otherwise they are sorted by
            all columns, so that the same edition gives the same files.
    """

    schema: str
    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    source_id: str | None = None
    is_sorted: bool = True

    @property
    def full_name(self) -> str:
        """What analysts write after FROM: ``mart.flows``, ``newest_figures``."""
        return self.name if self.schema == SCHEMA else f"{self.schema}.{self.name}"

    @property
    def qualified(self) -> str:
        """The quoted name."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.name)}"

    @property
    def select(self) -> str:
        """SQL for its rows in the types of the declaration; moments in UTC, without a time zone."""
        names = ", ".join(
            f"{_cast(column)} AS {quote_identifier(column.name)}" for column in self.columns
        )
        order = "" if self.is_sorted else " ORDER BY ALL"
        return f"SELECT {names} FROM {self.qualified}{order}"  # noqa: S608


def _cast(column: Column) -> str:
    name = quote_identifier(column.name)
    if column.dtype == "timestamp":
        return f"make_timestamp(epoch_us({name}))"
    return f"CAST({name} AS {DUCKDB_TYPE[column.dtype]})"


def relations(connection: duckdb.DuckDBPyConnection, declared: Iterable[Table]) -> list[Relation]:
    """Return every table and view that people read, the usual schemas first.

    Names, types and words are those of the file. What its comments cannot say (units, bounds, keys)
    is taken from the declaration of a table, if the file's table has the columns declared.
    """
    tables = {table.full_name: table for table in declared}
    comments = connection.execute(
        "SELECT schema_name, table_name, comment, NULL FROM duckdb_tables() WHERE NOT internal "
        "UNION ALL "
        "SELECT schema_name, view_name, comment, sql FROM duckdb_views() WHERE NOT internal"
    ).fetchall()
    columns: dict[tuple[str, str], list[Column]] = {}
    for schema, name, column, kind, comment in connection.execute(
        "SELECT schema_name, table_name, column_name, data_type, comment FROM duckdb_columns() "
        "WHERE NOT internal ORDER BY schema_name, table_name, column_index"
    ).fetchall():
        dtype: DType = "number" if kind.startswith("DECIMAL") else DTYPES.get(kind, "string")
        columns.setdefault((schema, name), []).append(
            Column(column, dtype, comment or "", nullable=True)
        )
    found = [
        replace(
            _relation(schema, name, comment or "", columns[schema, name], tables),
            is_sorted=sql is None or _sorts(sql),
        )
        for schema, name, comment, sql in comments
        if schema != STORED
    ]
    ranks = {schema: rank for rank, schema in enumerate(ORDER)}
    return sorted(found, key=lambda r: (ranks.get(r.schema, len(ranks)), r.schema, r.name))


def _relation(
    schema: str, name: str, comment: str, columns: Sequence[Column], tables: Mapping[str, Table]
) -> Relation:
    bare = Relation(schema, name, comment, tuple(columns))
    table = tables.get(f"{schema}.{name}")
    if table is None or _types(table.columns) != _types(columns):
        return bare
    return replace(bare, columns=table.columns, key=table.key, source_id=table.source_id)


def _sorts(sql: str) -> bool:
    """Return whether a view has an order of its own: of stored rows, or by a last ORDER BY."""
    _, order, last = sql.rpartition("ORDER BY")
    is_outermost = last.count("(") == last.count(")")  # a window's stands within parentheses
    return f"FROM {STORED}." in sql or bool(order and is_outermost)


def _types(columns: Iterable[Column]) -> list[tuple[str, str]]:
    return [(column.name, column.dtype) for column in columns]


def chosen(
    found: Sequence[Relation], names: Collection[str], *, everything: bool
) -> list[Relation]:
    """Return the relations to export.

    Args:
        found: those of the file.
        names: those a person named; none for the usual ones.
        everything: whether every schema is wanted.

    Raises:
        UsageError: there is no table or view of a name.
    """
    if not names:
        return [r for r in found if everything or r.schema in USUAL]
    by_name = {r.full_name.casefold(): r for r in found}
    by_name |= {f"{SCHEMA}.{r.name}".casefold(): r for r in found if r.schema == SCHEMA}
    for name in names:
        if name.casefold() not in by_name:
            near = difflib.get_close_matches(name.casefold(), by_name, n=3)
            raise UsageError(
                "the published file has no such table or view",
                got=name,
                expected=f"for example {', '.join(near)}" if near else "a name such as mart.flows",
                remedy='SHOW ALL TABLES lists them: fcm query "SHOW ALL TABLES"',
            )
    wanted = {by_name[name.casefold()] for name in names}
    return [r for r in found if r in wanted]


def sources_of(connection: duckdb.DuckDBPyConnection, relation: Relation) -> set[str] | None:
    """Return the sources a relation's rows are of; None where no column says."""
    if relation.source_id is not None:
        return {relation.source_id}
    if SOURCE not in {column.name for column in relation.columns}:
        return None
    rows = connection.execute(f"SELECT DISTINCT {SOURCE} FROM {relation.qualified}").fetchall()  # noqa: S608
    return {source_id for (source_id,) in rows if source_id is not None}
