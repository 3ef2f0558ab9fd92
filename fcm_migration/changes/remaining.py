"""Which checks have another result, and which tables differ in what no other line tells."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl

from fcm_migration.changes.line import Line
from fcm_migration.changes.wording import count
from fcm_migration.publish.pair import Pair

READ = frozenset(("table_name", "expectation", "success", "severity", "finding", "reason"))
CHECKS = """SELECT table_name, expectation, success, severity, element_count, unexpected_count,
                   finding, reason
            FROM {of}.meta.check_results"""
TABLES = """
    SELECT coalesce(n.schema_name, o.schema_name) || '.' || coalesce(n.table_name, o.table_name)
               AS name,
           coalesce(n.schema_name, o.schema_name) AS layer,
           coalesce(n.source_id, o.source_id) AS source_id,
           o.row_count AS old_rows, n.row_count AS rows
    FROM old.meta.tables o FULL JOIN new.meta.tables n USING (schema_name, table_name)
    WHERE o.table_hash IS DISTINCT FROM n.table_hash
    ORDER BY name
"""


def check_lines(old: pl.DataFrame, new: pl.DataFrame) -> Iterator[Line]:
    """Yield a line for each check with another result, then those of one edition alone.

    Args:
        old: rows of ``meta.check_results`` of the older edition.
        new: those of the newer one.
    """
    key = ["table_name", "expectation"]
    both = new.join(old.select(*key, was="success"), on=key).filter(
        pl.col("success") != pl.col("was")
    )
    for row in both.sort(key).iter_rows(named=True):
        about = f"{row['expectation']} of {row['table_name']}"
        if row["success"]:
            yield Line(kind="check_passed", sentence=f"A check passes again: {about}.")
            continue
        found = f", {row['finding']}" if row["finding"] else ""
        said = (
            f"A check failed that passed before ({row['severity']}): {about}: "
            f"{row['unexpected_count']:,} of {row['element_count']:,}{found}. {row['reason']}"
        )
        yield Line(kind="check_failed", sentence=said)
    added = new.join(old, on=key, how="anti")
    failing = added.filter(~pl.col("success")).height
    gone = old.join(new, on=key, how="anti").height
    if added.height or gone:
        said = (
            f"{count(added.height, 'check')} only in the newer edition, of which {failing:,} "
            f"failed; {gone:,} only in the older one."
        )
        yield Line(kind="check_declared", sentence=said, items=added.height + gone)


def checks(pair: Pair) -> Iterator[Line]:
    """Yield the lines of :func:`check_lines` for two editions."""
    yield from check_lines(*pair.both(CHECKS))


def other_tables(pair: Pair, told_sources: Collection[str] | None) -> Iterator[Line]:
    """Yield one line that names the tables with other rows, so that nothing changes unseen.

    Args:
        pair: the editions.
        told_sources: sources that some line is about, whose own tables need not be named; None
            where no line tells anything.
    """
    found = [
        row
        for row in pair.sql(TABLES).iter_rows(named=True)
        if not (row["layer"] in ("core", "history") and row["source_id"] in (told_sources or ()))
    ]
    if found:
        named = ", ".join(f"{row['name']}{_rows(row['old_rows'], row['rows'])}" for row in found)
        told = "Tables whose rows differ, by what is told above or by texts and notes"
        if told_sources is None:
            told = "No release, figure, alert, forecast or check changed; the rows of tables differ"
        said = f"{told}: {named}."
        yield Line(kind="other_tables", sentence=said, items=len(found))


def _rows(old: int | None, new: int | None) -> str:
    """Return how a table's number of rows changed; nothing where it did not."""
    if old is None:
        return f" (new, {count(new or 0, 'row')})"
    if new is None:
        return f" (gone, {count(old, 'row')} before)"
    return "" if old == new else f" ({count(new, 'row')}, {old:,} before)"
