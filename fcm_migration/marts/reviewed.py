"""Reviewed declarations: breaks, overlaps, scenarios and policies.

All are CSV files in ``data/reference/``, checked against their declarations when read. All but
overlaps name the series they apply to by their dimensions (``*`` is any value, ``|`` separates
several).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from fcm_migration.catalog.columns import INDICATOR, SERIES_DIMENSIONS, SERIES_ID, SOURCE_ID
from fcm_migration.catalog.derive import empty
from fcm_migration.catalog.model import Column, Table
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.marts.policies import DECLARED, POLICY_DATE, POLICY_ID

SELECTORS = SERIES_DIMENSIONS
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
EVIDENCE = Column("evidence", "string", "What shows it: a column, a release, a publication.")
REVIEWED = Column("reviewed_date", "date", "When a person last looked at the entry.")
SELECTED = tuple(
    Column(f"{name}_selector", "string", f"Values of {name} it applies to; * is any.")
    for name in SELECTORS
)

BREAKS = Table(
    "meta",
    "breaks",
    "Where a series changes meaning, not level: reviewed by hand, with the evidence.",
    "break",
    (
        BREAK_ID,
        *SELECTED,
        FIRST,
        LAST,
        KIND,
        TREATMENT,
        WORDS,
        EVIDENCE,
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
SCENARIO_ID = Column("scenario_id", "string", "Name of the scenario.", pattern="^[a-z0-9_-]+$")
_LEVELS = {"low": "5th percentile", "central": "median", "high": "95th percentile"}
SCENARIOS = Table(
    "meta",
    "scenarios",
    "Declared what-ifs: what would be assumed, in words, with the evidence for its size.",
    "scenario",
    (
        SCENARIO_ID,
        *SELECTED,
        Column(
            "scenario_kind",
            "string",
            "multiply: the level moves to a factor of what is forecast; displace: so it does, and "
            "a share of what is lost appears at another series; hold: the same period a year "
            "before repeats, times the factor.",
            allowed=("multiply", "displace", "hold"),
        ),
        Column(
            "receiving",
            "string",
            "Where what is displaced appears: the same dimensions but for these (route=airport); "
            "empty unless displaced.",
        ),
        Column(
            "first_step",
            "integer",
            "First period that is touched, counted from the last observed one.",
            unit="periods",
            minimum=1,
        ),
        Column(
            "ramp_steps",
            "integer",
            "Periods in which the factor is reached, in equal steps; 1 is at once.",
            unit="periods",
            minimum=1,
        ),
        Column(
            "lag_steps",
            "integer",
            "Periods from the loss to its appearance elsewhere.",
            unit="periods",
            nullable=True,
            minimum=0,
        ),
        *(
            Column(f"factor_{level}", "number", f"Factor of the level: {rank}.", minimum=0)
            for level, rank in _LEVELS.items()
        ),
        *(
            Column(
                f"displaced_share_{level}",
                "number",
                f"Share of the loss that appears elsewhere: {rank}; null unless displaced.",
                unit="share",
                nullable=True,
                minimum=0,
                maximum=1,
            )
            for level, rank in _LEVELS.items()
        ),
        WORDS,
        Column("assumptions", "string", "What is assumed, and what is left out, in words."),
        EVIDENCE,
        REVIEWED,
    ),
    ("scenario_id",),
    caveats=("Nothing here is a forecast of policy: a scenario says what would follow if.",),
)
POLICY_EVENTS = Table(
    "meta",
    "policy_events",
    "Policies whose effects are looked for, and checks where none is: reviewed by hand.",
    "policy",
    (POLICY_ID, POLICY_DATE, *SELECTED, *DECLARED, EVIDENCE, REVIEWED),
    ("policy_id",),
    caveats=("A policy stands here because its date is known, not because it had an effect.",),
)
FILES = {"breaks.csv": BREAKS, "overlaps.csv": OVERLAPS, "scenarios.csv": SCENARIOS}


def read_reviewed(reference_dir: Path, name: str) -> pl.DataFrame:
    """Return one of :data:`FILES`; raises as :func:`read_declared`."""
    return read_declared(reference_dir / name, FILES[name])


def selected(entry: Mapping[str, str]) -> pl.Expr:
    """Return whether a row of ``mart.series_index`` matches an entry's selectors."""
    chosen = pl.lit(value=True)
    for name in SELECTORS:
        if entry[f"{name}_selector"] != ANY:
            chosen = chosen & pl.col(name).is_in(entry[f"{name}_selector"].split("|"))
    return chosen


def series_breaks(index: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """Return the breaks of each series, without those outside the series' periods.

    Args:
        index: rows of ``mart.series_index``.
        breaks: rows of ``meta.breaks``.
    """
    parts = []
    for entry in breaks.iter_rows(named=True):
        chosen = selected(entry)
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
    """Return a panel without the figures that a cut makes another quantity.

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
    windows = ended.select("series_id", "break_first_date", "break_last_date")
    inside = (
        kept.select("series_id", "period_start")
        .join(windows, on="series_id")
        .filter(pl.col("period_start").is_between("break_first_date", "break_last_date"))
        .select("series_id", "period_start", pl.lit(value=True).alias("__inside"))
        .unique()
    )
    return (
        kept.join(inside, on=("series_id", "period_start"), how="left", maintain_order="left")
        .with_columns(pl.when(pl.col("__inside").is_null()).then(pl.col("value")).alias("value"))
        .drop("__inside")
    )
