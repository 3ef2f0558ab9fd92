"""What people have reviewed and written down: definition breaks, and datasets that overlap.

Both are CSV files in ``data/reference/``, held to their declarations when read. A break names the
series it applies to by their dimensions (``*`` is any value, ``|`` separates several).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from fcm_migration.catalog.columns import INDICATOR, SERIES_ID, SOURCE_ID
from fcm_migration.catalog.derive import conform, empty
from fcm_migration.catalog.model import Column, Table
from fcm_migration.errors import UsageError

SELECTORS = (
    "source_id",
    "indicator",
    "destination_iso3",
    "origin_iso3",
    "route",
    "place",
    "population_group",
    "frequency",
)
ANY = "*"
BREAK_ID = Column("break_id", "string", "Name of the break.", pattern="^[a-z0-9_-]+$")
FIRST = Column(
    "break_first_date",
    "date",
    "First day of the new meaning or of the window; null where the rule holds throughout.",
    nullable=True,
)
LAST = Column(
    "break_last_date",
    "date",
    "Last day of the window; null where the new meaning lasts.",
    nullable=True,
)
KIND = Column(
    "break_kind",
    "string",
    "What changes: the unit, what is covered, the definition, the method of counting, a policy "
    "that changes what a count means, the level; or a standing rule of rounding, suppression or "
    "incomplete periods.",
    allowed=(
        "unit",
        "coverage",
        "definition",
        "method",
        "policy",
        "level",
        "rounding",
        "suppression",
        "partial",
    ),
)
TREATMENT = Column(
    "treatment",
    "string",
    "What models and trends do: cut (figures before it, or inside its window, are another quantity "
    "and are not used), window (used; to be judged apart), split (used; before and after to be "
    "judged apart), note (to be named beside the figure).",
    allowed=("cut", "window", "split", "note"),
)
WORDS = Column("words", "string", "What it is, in a sentence.")
REVIEWED = Column("reviewed_date", "date", "When a person last looked at the entry.")

BREAKS = Table(
    "meta",
    "breaks",
    "Where a series changes meaning, not level: reviewed by hand, with the evidence.",
    "break",
    (
        BREAK_ID,
        *(
            Column(f"{name}_selector", "string", f"Values of {name} it applies to; * is any.")
            for name in SELECTORS
        ),
        FIRST,
        LAST,
        KIND,
        TREATMENT,
        WORDS,
        Column("evidence", "string", "What shows it: a column, a release, a publication."),
        REVIEWED,
    ),
    ("break_id",),
)
SERIES_BREAKS = Table(
    "meta",
    "series_breaks",
    "The breaks of each series of mart.series.",
    "series and break",
    (SERIES_ID, BREAK_ID, FIRST, LAST, KIND, TREATMENT, WORDS),
    ("series_id", "break_id"),
)
OVERLAPS = Table(
    "meta",
    "overlaps",
    "Datasets that count the same people or events: their figures are never added.",
    "pair of source and indicator",
    (
        SOURCE_ID,
        INDICATOR,
        Column("other_source_id", "string", "The other dataset."),
        Column("other_indicator", "string", "Its indicator."),
        Column(
            "relation",
            "string",
            "contains: the other is a part of it; same: the same count; overlaps: some in both.",
            allowed=("contains", "same", "overlaps"),
        ),
        WORDS,
        REVIEWED,
    ),
    ("source_id", "indicator", "other_source_id", "other_indicator"),
)
FILES = {"breaks.csv": BREAKS, "overlaps.csv": OVERLAPS}


def read_reviewed(reference_dir: Path, name: str) -> pl.DataFrame:
    """Read one of :data:`FILES`.

    Raises:
        UsageError: the file is missing or has another header.
        ConformError: a value is not one its column allows.
    """
    table = FILES[name]
    path = reference_dir / name
    if not path.exists():
        raise UsageError("a reference table is missing", where=name, expected=str(path))
    frame = pl.read_csv(path, infer_schema=False).with_columns(pl.all().fill_null(""))
    if tuple(frame.columns) != table.column_names:
        raise UsageError(
            "the reference table has another header",
            where=name,
            expected=list(table.column_names),
            got=frame.columns,
        )
    dates = [column.name for column in table.columns if column.dtype == "date"]
    read = frame.with_columns(pl.col(dates).replace("", None).str.to_date("%Y-%m-%d"))
    return conform(read, table)


def series_breaks(index: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """The breaks of each series; one whose day lies outside the series is left out.

    Args:
        index: rows of ``mart.series_index``.
        breaks: rows of ``meta.breaks``.
    """
    parts = []
    for entry in breaks.iter_rows(named=True):
        chosen = pl.lit(value=True)
        for name in SELECTORS:
            if entry[f"{name}_selector"] != ANY:
                chosen = chosen & pl.col(name).is_in(entry[f"{name}_selector"].split("|"))
        first, last = entry["break_first_date"], entry["break_last_date"]
        if first is not None:
            chosen = chosen & (pl.col("last_period") >= first)
        if last is not None:
            chosen = chosen & (pl.col("first_period") <= last)
        said = [
            pl.lit(entry[name], dtype=pl.Date if name.endswith("_date") else pl.String).alias(name)
            for name in SERIES_BREAKS.column_names[1:]
        ]
        parts.append(index.filter(chosen).select("series_id", *said))
    return pl.concat([empty(SERIES_BREAKS), *parts])


def without_cuts(panel: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Leave out of a panel what another quantity stands in for.

    Args:
        panel: rows with series_id and period_start, and the figure in ``value``.
        found: rows of ``meta.series_breaks``.

    Returns:
        the panel without the periods before a series' last lasting cut, and with nulls inside the
        window of a cut that ended.
    """
    cuts = found.filter((pl.col("treatment") == "cut") & pl.col("break_first_date").is_not_null())
    lasting = (
        cuts.filter(pl.col("break_last_date").is_null())
        .group_by("series_id")
        .agg(pl.col("break_first_date").max().alias("__begin"))
    )
    kept = (
        panel.join(lasting, on="series_id", how="left", maintain_order="left")
        .filter(pl.col("__begin").is_null() | (pl.col("period_start") >= pl.col("__begin")))
        .drop("__begin")
    )
    ended = cuts.filter(pl.col("break_last_date").is_not_null())
    for series_id, first, last in ended.select(
        "series_id", "break_first_date", "break_last_date"
    ).iter_rows():
        inside = (pl.col("series_id") == series_id) & pl.col("period_start").is_between(first, last)
        kept = kept.with_columns(pl.when(~inside).then(pl.col("value")).alias("value"))
    return kept
