"""Polars schema, conformance and DuckDB DDL, derived from a table's declaration.

:func:`conform` guards every write to the store: a frame that passes it has exactly the declared
columns, types, bounds, vocabularies and a unique, sorted key.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from fcm_migration.catalog.model import Column, DType, Table
from fcm_migration.errors import ConformError

POLARS_TYPE: dict[DType, pl.DataType] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us", "UTC"),
}
DUCKDB_TYPE: dict[DType, str] = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",  # in UTC; one with a time zone needs an extension to be read
}
EXAMPLES = 3


def polars_schema(table: Table) -> pl.Schema:
    """Return the strict schema: declared names in declared order with their Polars types."""
    return pl.Schema({column.name: POLARS_TYPE[column.dtype] for column in table.columns})


def empty(table: Table) -> pl.DataFrame:
    """Return a frame of the declared columns with no rows."""
    return pl.DataFrame(schema=polars_schema(table))


def conform(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Return the frame in declared column order, sorted by key.

    Types must already be right: nothing is cast silently, except an all-null column.

    Raises:
        ConformError: every breach found (columns, types, nulls, bounds, vocabulary, pattern,
            duplicate keys), each with a count and examples.

    """
    names = set(table.column_names)
    breaches = []
    if missing := sorted(names - set(frame.columns)):
        breaches.append(f"columns missing: {missing}")
    if extra := sorted(set(frame.columns) - names):
        breaches.append(f"columns not declared: {extra}")
    if not breaches:
        frame = _cast_null_columns(frame, table)
        breaches = [text for column in table.columns for text in _column_breaches(frame, column)]
        breaches += _key_breaches(frame, table)
    if breaches:
        raise ConformError(
            f"{len(breaches)} breach(es) of the table's declaration: " + " | ".join(breaches),
            where=table.full_name,
            remedy="mend the parser, or the declaration if the publisher's meaning has changed",
        )
    return frame.select(table.column_names).sort(table.key, maintain_order=True)


def _cast_null_columns(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    schema = polars_schema(table)
    return frame.with_columns(
        pl.col(name).cast(schema[name]) for name, dtype in frame.schema.items() if dtype == pl.Null
    )


def _column_breaches(frame: pl.DataFrame, column: Column) -> Iterator[str]:
    series = frame.get_column(column.name)
    if series.dtype != POLARS_TYPE[column.dtype]:
        yield f"{column.name}: type {series.dtype}, declared {column.dtype}"
        return
    if not column.nullable and (nulls := series.null_count()):
        yield f"{column.name}: {nulls} null(s) where none is allowed"
    for words, bad in _value_tests(column):
        hits = frame.filter(bad.fill_null(value=False)).get_column(column.name)
        if hits.len():
            yield (
                f"{column.name}: {hits.len()} value(s) {words}, such as "
                f"{hits.unique().sort().head(EXAMPLES).to_list()}"
            )


def _value_tests(column: Column) -> Iterator[tuple[str, pl.Expr]]:
    value = pl.col(column.name)
    if column.minimum is not None:
        yield f"below {column.minimum}", value < column.minimum
    if column.maximum is not None:
        yield f"above {column.maximum}", value > column.maximum
    if column.allowed is not None:
        yield "outside the declared vocabulary", ~value.is_in(list(column.allowed))
    if column.pattern is not None:
        yield f"not matching {column.pattern}", ~value.str.contains(column.pattern)
    if column.dtype == "number":
        yield "not finite", ~value.is_finite()


def _key_breaches(frame: pl.DataFrame, table: Table) -> Iterator[str]:
    if not table.key:
        return
    repeated = frame.group_by(table.key).len().filter(pl.col("len") > 1)
    if repeated.height:
        examples = repeated.sort(table.key).head(EXAMPLES).drop("len").rows()
        yield f"key {table.key}: {repeated.height} value(s) stand more than once: {examples}"


def quote_identifier(name: str) -> str:
    """Quote one SQL identifier (declared names only ever come from the catalogue)."""
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """Quote one SQL string literal; for COMMENT ON, which takes no bound parameters."""
    return "'" + text.replace("'", "''") + "'"


def qualified(table: Table) -> str:
    """Return the quoted ``"schema"."table"``."""
    return f"{quote_identifier(table.layer)}.{quote_identifier(table.name)}"


def column_comment(column: Column) -> str:
    """Return the description with its unit, as stored in the published file."""
    return column.description if column.unit is None else f"{column.description} [{column.unit}]"


def table_comment(table: Table) -> str:
    """Return title, grain, key and caveats as one text."""
    key = [f"Key: {', '.join(table.key)}."] if table.key else []
    return " ".join([table.title, f"One row: {table.grain}.", *key, *table.caveats])


def select_list(table: Table) -> str:
    """Return SQL that selects the columns in the types of the published file.

    A moment loses its time zone and keeps its time in UTC, whatever the session's time zone is.
    """
    return ", ".join(
        f"make_timestamp(epoch_us({name})) AS {name}" if column.dtype == "timestamp" else name
        for column in table.columns
        for name in (quote_identifier(column.name),)
    )


def create_statements(table: Table) -> list[str]:
    """Return CREATE TABLE, then a COMMENT for the table and each column.

    The key is declared in the comment and not built: its index would be larger than the table.
    """
    lines = [
        f"{quote_identifier(c.name)} {DUCKDB_TYPE[c.dtype]}{'' if c.nullable else ' NOT NULL'}"
        for c in table.columns
    ]
    name = qualified(table)
    comments = [f"COMMENT ON TABLE {name} IS {quote_literal(table_comment(table))}"]
    comments += [
        f"COMMENT ON COLUMN {name}.{quote_identifier(c.name)} IS {quote_literal(column_comment(c))}"
        for c in table.columns
    ]
    return [f"CREATE TABLE {name} ({', '.join(lines)})", *comments]
