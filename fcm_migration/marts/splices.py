"""Long series spliced from two whose overlapping months prove that both count the same.

A splice is declared by the two series and how far they may differ in any month of the overlap (the
publishers' rounding). It is made only if the overlap proves it, and the proof is stored either way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from fcm_migration.catalog.columns import SERIES_ID
from fcm_migration.catalog.derive import empty
from fcm_migration.catalog.model import Column, Table
from fcm_migration.marts.tables import SERIES, SERIES_INDEX

SOUTHWEST = "us_southwest_spliced"
EARLIER = "us_ohss_usbp/border_encounters/USA/{origin}/southwest_land_border/all/{group}/M"
LATER = "us_cbp_sbo/land_border_encounters/USA/{origin}/southwest_land_border/{place}/{group}/M"
PATROL = "U.S. Border Patrol"
# The earlier figures are rounded to 10, and a corrected event may move one to the next ten.
SOUTHWEST_TOLERANCE = 10
FEWEST_MONTHS = 24


@dataclass(frozen=True)
class Splice:
    """One declared splice: the later series, preceded by the earlier one."""

    source_id: str
    earlier: str
    later: str
    tolerance: int

    def series_id(self) -> str:
        """Return the identifier of the spliced series: the earlier one's, under its new source."""
        return f"{self.source_id}/{self.earlier.partition('/')[2]}"


def _southwest(origin: str, group: str) -> Splice:
    return Splice(
        SOUTHWEST,
        EARLIER.format(origin=origin, group=group),
        LATER.format(origin=origin, place=PATROL, group=group),
        SOUTHWEST_TOLERANCE,
    )


SPLICES: tuple[Splice, ...] = (
    *(_southwest(origin, "all") for origin in ("total", "MEX", "GTM", "HND", "SLV")),
    *(
        _southwest("total", group)
        for group in ("single_adults", "family_units", "unaccompanied_children")
    ),
)
SPLICE_SOURCES = tuple(sorted({splice.source_id for splice in SPLICES}))

SPLICES_TABLE = Table(
    "meta",
    "splices",
    "Series made of two publications, and the overlap that proves that they count the same.",
    "spliced series",
    (
        SERIES_ID,
        Column("earlier_series_id", "string", "Series that gives the months to its end."),
        Column("later_series_id", "string", "Series that gives the months after."),
        Column(
            "is_proven", "boolean", "Whether the overlap proves it; only then the series is made."
        ),
        Column(
            "overlap_months", "integer", "Months both print a figure for.", unit="months", minimum=0
        ),
        Column("overlap_first_date", "date", "First of those months.", nullable=True),
        Column("overlap_last_date", "date", "Last of those months.", nullable=True),
        Column(
            "lowest_difference",
            "integer",
            "Least of later minus earlier in a month.",
            unit="counted unit",
            nullable=True,
        ),
        Column(
            "highest_difference",
            "integer",
            "Greatest of later minus earlier in a month.",
            unit="counted unit",
            nullable=True,
        ),
        Column(
            "mean_difference",
            "number",
            "Mean of later minus earlier.",
            unit="counted unit",
            nullable=True,
        ),
        Column(
            "tolerance",
            "integer",
            "Largest difference in a month that the publishers' rounding explains.",
            unit="counted unit",
            minimum=0,
        ),
    ),
    ("series_id",),
)


def splice(
    series: pl.DataFrame, index: pl.DataFrame, splices: Sequence[Splice] = SPLICES
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return rows for ``mart.series``, ``mart.series_index`` and ``meta.splices``.

    A splice with an absent series is left out; an unproven one yields its proof but no series.
    """
    known = set(index.get_column("series_id"))
    made, entries, proofs = [empty(SERIES)], [empty(SERIES_INDEX)], [empty(SPLICES_TABLE)]
    for declared in splices:
        if not {declared.earlier, declared.later} <= known:
            continue
        proof = _proof(declared, series)
        proofs.append(proof)
        if proof.item(0, "is_proven"):
            rows = _rows(declared, series)
            made.append(rows)
            entries.append(_entry(declared, rows, index))
    return pl.concat(made), pl.concat(entries), pl.concat(proofs)


def _proof(declared: Splice, series: pl.DataFrame) -> pl.DataFrame:
    both = (
        _values(series, declared.earlier)
        .join(_values(series, declared.later), on="period_start", suffix="_later")
        .with_columns((pl.col("value_later") - pl.col("value")).alias("difference"))
    )
    difference, month = pl.col("difference"), pl.col("period_start")
    return both.select(
        pl.lit(declared.series_id()).alias("series_id"),
        pl.lit(declared.earlier).alias("earlier_series_id"),
        pl.lit(declared.later).alias("later_series_id"),
        (
            (pl.len() >= FEWEST_MONTHS)
            & (difference.abs().max() <= declared.tolerance).fill_null(value=False)
        ).alias("is_proven"),
        pl.len().cast(pl.Int64).alias("overlap_months"),
        month.min().alias("overlap_first_date"),
        month.max().alias("overlap_last_date"),
        difference.min().alias("lowest_difference"),
        difference.max().alias("highest_difference"),
        difference.mean().alias("mean_difference"),
        pl.lit(declared.tolerance, dtype=pl.Int64).alias("tolerance"),
    )


def _values(series: pl.DataFrame, series_id: str) -> pl.DataFrame:
    return series.filter((pl.col("series_id") == series_id) & pl.col("value").is_not_null()).select(
        "period_start", "value"
    )


def _rows(declared: Splice, series: pl.DataFrame) -> pl.DataFrame:
    """Return the later publication from its first figure on, and the earlier one before that."""
    earlier = series.filter(pl.col("series_id") == declared.earlier)
    later = series.filter(pl.col("series_id") == declared.later)
    begin = later.filter(pl.col("value").is_not_null()).get_column("period_start").min()
    identity = [pl.lit(value).alias(name) for name, value in _identity(declared, earlier)]
    return (
        pl.concat(
            [
                earlier.filter(pl.col("period_start") < begin),
                later.filter(pl.col("period_start") >= begin),
            ]
        )
        .with_columns(identity)
        .select(SERIES.column_names)
    )


def _identity(declared: Splice, earlier: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Return the spliced series' dimensions: those of its earlier part, under the new source."""
    yield "series_id", declared.series_id()
    yield "source_id", declared.source_id
    first = earlier.row(0, named=True)
    for name in ("indicator", "place", "population_group", "origin_iso3", "route"):
        yield name, first[name]


def _entry(declared: Splice, rows: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    entry = index.filter(pl.col("series_id") == declared.earlier)
    value = rows.get_column("value")
    return entry.with_columns(
        pl.lit(declared.series_id()).alias("series_id"),
        pl.lit(declared.source_id).alias("source_id"),
        pl.lit(rows.get_column("period_start").max()).alias("last_period"),
        pl.lit(rows.height, dtype=pl.Int64).alias("periods"),
        pl.lit(int(rows.get_column("is_suppressed").sum()), dtype=pl.Int64).alias("suppressed"),
        pl.lit(
            int((value.is_null() & ~rows.get_column("is_suppressed")).sum()), dtype=pl.Int64
        ).alias("missing"),
        pl.lit(int(rows.get_column("is_held_back").sum()), dtype=pl.Int64).alias("held_back"),
        pl.lit(rows.get_column("as_of_date").max()).alias("as_of_date"),
    ).select(SERIES_INDEX.column_names)
