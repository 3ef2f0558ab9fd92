"""Published tables of a source, latest and history, and the tables of what changed in releases."""

from __future__ import annotations

from dataclasses import replace

from fcm_migration.catalog.columns import (
    AS_OF,
    IS_PARTIAL,
    OBTAINED,
    PERIOD_START,
    SNAPSHOT_ID,
    SOURCE_ID,
)
from fcm_migration.catalog.model import Column, Table
from fcm_migration.sources.base import Source

PREVIOUS_AS_OF = Column("previous_as_of_date", "date", "Date of the release before it.")
TABLE_NAME = Column("table_name", "string", "Core table.")
MEASURE = Column("measure", "string", "Column of that table that was compared, cell by cell.")
COUNTS = (
    Column(
        "compared",
        "integer",
        "Settled cells that both releases print: of periods the earlier release held whole.",
        unit="cells",
        minimum=0,
    ),
    Column("changed", "integer", "Of those, cells that differ.", unit="cells", minimum=0),
    Column(
        "appeared",
        "integer",
        "Cells new in periods that the earlier release held whole.",
        unit="cells",
        minimum=0,
    ),
    Column("vanished", "integer", "Settled cells no longer printed.", unit="cells", minimum=0),
    Column("added", "integer", "Cells of periods not covered before.", unit="cells", minimum=0),
    Column(
        "completed",
        "integer",
        "Cells changed, new or gone in periods of which the earlier release held only a part (a "
        "half-year that became a year). This is completion, no revision, and in no other column.",
        unit="cells",
        minimum=0,
    ),
    Column(
        "net_change",
        "integer",
        "Sum of later minus earlier figure over the compared cells: by how much revision moved "
        "what both releases print. Without appeared, vanished, added and completed cells.",
        unit="see measure",
    ),
    Column(
        "largest_change",
        "integer",
        "The largest change of one compared cell, up or down.",
        unit="see measure",
        minimum=0,
    ),
)

REVISIONS = Table(
    "meta",
    "revisions",
    "What each release changed of what the release before it had printed.",
    "source, core table, measure and pair of consecutive releases",
    (
        SOURCE_ID,
        TABLE_NAME,
        MEASURE,
        AS_OF,
        PREVIOUS_AS_OF,
        Column("is_newest", "boolean", "True for the newest pair of releases of the source."),
        *COUNTS,
        Column(
            "revised_pct",
            "number",
            "Changed, appeared and vanished cells as a share of all settled cells.",
            unit="percent",
            minimum=0,
            maximum=100,
        ),
        Column("first_revised_period", "date", "Oldest period with a revised cell.", nullable=True),
        Column("last_revised_period", "date", "Newest period with a revised cell.", nullable=True),
    ),
    ("source_id", "table_name", "measure", "as_of_date"),
    caveats=(
        "A withheld cell that gets a figure, or the other way round, is a changed cell.",
        "An absent row means zero in some sources: there, appeared and vanished are changes too.",
    ),
)
REVISED_PERIODS = Table(
    "meta",
    "revised_periods",
    "The periods in which a release changed, or completed, what the one before it had printed.",
    "source, core table, measure, pair of consecutive releases and period",
    (SOURCE_ID, TABLE_NAME, MEASURE, AS_OF, PREVIOUS_AS_OF, PERIOD_START, *COUNTS),
    ("source_id", "table_name", "measure", "as_of_date", "period_start"),
)
LAYOUT_DRIFT = Table(
    "meta",
    "layout_drift",
    "What changed in the layout of a publisher's file from one release to the next.",
    "source, release and trait",
    (
        SOURCE_ID,
        AS_OF,
        PREVIOUS_AS_OF,
        Column(
            "change", "string", "Whether the trait came or went.", allowed=("appeared", "vanished")
        ),
        Column(
            "trait", "string", "Sheet, column, mark or label, in the words the parser records it."
        ),
    ),
    ("source_id", "as_of_date", "change", "trait"),
    caveats=(
        "Releases that came with this project (bundled) have no layout and are not compared.",
    ),
)

TABLES = (REVISIONS, REVISED_PERIODS, LAYOUT_DRIFT)

FIRST_SEEN = Column(
    "first_seen_date", "date", "Date of the first release of an unbroken run that prints this row."
)
LAST_SEEN = Column("last_seen_date", "date", "Date of the last release of that run.")
PROVENANCE = (AS_OF, SNAPSHOT_ID, OBTAINED)


def marked_table(table: Table) -> Table:
    """Return a core table with the mark of incomplete periods, where the parser does not set it."""
    if table.partial is None or table.partial in table.column_names:
        return table
    return replace(table, columns=(*table.columns, replace(IS_PARTIAL, name=table.partial)))


def latest_table(table: Table) -> Table:
    """Return the published form of a core table: its columns and where each row is from."""
    return replace(table, columns=(*marked_table(table).columns, *PROVENANCE))


def history_table(table: Table) -> Table:
    """Return the table of every distinct row any release printed, and of the runs that did."""
    return replace(
        table,
        layer="history",
        title=f"Revision history. {table.title}",
        grain=f"{table.grain}, as printed by an unbroken run of releases",
        columns=(*marked_table(table).columns, FIRST_SEEN, LAST_SEEN),
        key=(*table.key, "first_seen_date"),
    )


def core_tables(source: Source) -> tuple[Table, ...]:
    """Return a source's published core tables: latest and history of each."""
    return tuple(
        table
        for declared in source.tables
        for table in (latest_table(declared), history_table(declared))
    )
