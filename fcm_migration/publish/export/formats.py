"""One relation as one file: CSV for spreadsheets, CSV for programs, Parquet.

Rows are read and written in batches, so that a table need not fit into memory.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration.catalog.derive import quote_identifier, quote_literal
from fcm_migration.catalog.model import DType
from fcm_migration.publish.answers import safe_for_spreadsheets
from fcm_migration.publish.asking import BATCH_ROWS
from fcm_migration.publish.export.relations import Relation

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

FORMATS = ("datapackage", "csv", "parquet")
ENDINGS = {"datapackage": "csv", "csv": "csv", "parquet": "parquet"}
NULLS = ("\\N", "\\NULL", "\\NULL\\", "\\\\NULL\\\\")  # the first is also PostgreSQL's
MOMENT = "%Y-%m-%dT%H:%M:%S%.fZ"


def write_csv(connection: duckdb.DuckDBPyConnection, relation: Relation, path: Path) -> int:
    """Write a file for spreadsheets, as ``fcm query --format csv --out``; return its rows."""

    def text(frame: pl.DataFrame, *, header: bool) -> str:
        return safe_for_spreadsheets(frame).write_csv(include_header=header)

    return _write_text(connection, relation, path, text, codecs.BOM_UTF8)


def write_plain(
    connection: duckdb.DuckDBPyConnection, relation: Relation, path: Path, null: str
) -> int:
    """Write a file for programs, whose nulls are the text ``null``; return its rows."""

    def text(frame: pl.DataFrame, *, header: bool) -> str:
        infinite = [c.name for c in frame if c.dtype.is_float() and c.is_infinite().any()]
        frame = frame.with_columns(
            *(_spelled(name) for name in infinite), pl.selectors.datetime().dt.strftime(MOMENT)
        )
        return frame.write_csv(include_header=header, null_value=null)

    return _write_text(connection, relation, path, text, b"")


def _spelled(name: str) -> pl.Expr:
    """Return a column of numbers as texts that spell infinity as Table Schema does."""
    number = pl.col(name)
    infinity = pl.when(number > 0).then(pl.lit("INF")).otherwise(pl.lit("-INF"))
    return (
        pl.when(number.is_infinite()).then(infinity).otherwise(number.cast(pl.String)).alias(name)
    )


def null_mark(connection: duckdb.DuckDBPyConnection, relation: Relation) -> str:
    """Return a text that no cell of the relation holds, to stand for null."""
    texts = [quote_identifier(c.name) for c in relation.columns if c.dtype == "string"]
    marks = [*NULLS, *("\\" * n + "N" for n in range(3, 1000))]
    for mark in marks:
        held = " OR ".join(f"{name} = {quote_literal(mark)}" for name in texts) or "false"
        sql = f"SELECT count(*) FROM ({relation.select}) WHERE {held}"  # noqa: S608
        if connection.execute(sql).fetchall() == [(0,)]:
            return mark
    raise ValueError(f"{relation.full_name}: every mark for null is a text of the table")


def _write_text(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    path: Path,
    text: Callable[..., str],
    start: bytes,
) -> int:
    rows = 0
    with path.open("wb") as file:
        file.write(start)
        for number, batch in enumerate(_batches(connection, relation)):
            frame = pl.from_arrow(batch)
            file.write(text(frame, header=number == 0).encode())
            rows += batch.num_rows
    return rows


def write_parquet(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    path: Path,
    notes: Mapping[str, str],
) -> int:
    """Write a Parquet file whose columns bear their descriptions; return its rows.

    Moments are marked as UTC.
    """
    import pyarrow.parquet as pq

    schema, rows = _arrow_schema(relation, notes), 0
    with (
        path.open("wb") as file,
        pq.ParquetWriter(file, schema, compression="zstd") as writer,
    ):
        for batch in _batches(connection, relation):
            writer.write_table(batch.cast(schema))
            rows += batch.num_rows
    return rows


def _arrow_schema(relation: Relation, notes: Mapping[str, str]) -> pa.Schema:
    import pyarrow as pa

    types: dict[DType, Any] = {
        "string": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", "UTC"),
    }
    fields = []
    for column in relation.columns:
        said = {"description": column.description}
        said |= {} if column.unit is None else {"unit": column.unit}
        fields.append(pa.field(column.name, types[column.dtype], metadata=said))
    return pa.schema(fields, metadata={"description": relation.description, **notes})


def _batches(connection: duckdb.DuckDBPyConnection, relation: Relation) -> Iterator[pa.Table]:
    """Yield the rows as tables of Arrow, at least one, which may be empty."""
    import pyarrow as pa

    with connection.sql(relation.select).to_arrow_reader(BATCH_ROWS) as reader:
        is_first = True
        for batch in reader:
            yield pa.Table.from_batches([batch])
            is_first = False
        if is_first:
            yield pa.Table.from_batches([], reader.schema)
