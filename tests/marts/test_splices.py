"""A splice is made where months both print prove it, and only there; the proof is stored."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from fcm_migration.catalog.derive import conform, polars_schema
from fcm_migration.marts.splices import SPLICES, SPLICES_TABLE, Splice, splice
from fcm_migration.marts.tables import SERIES, SERIES_INDEX

EARLIER, LATER = "old/border_encounters/x", "new/land_border_encounters/y"
DECLARED = Splice("both", EARLIER, LATER, 10)


def panel(
    months: int, overlap: int, differences: list[int | None]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two simulated series that share ``overlap`` months and differ there as given."""
    start = pl.date_range(date(2000, 1, 1), date(2009, 12, 1), "1mo", eager=True)
    old = [(EARLIER, "old", "border_encounters", day, 100) for day in start[:months]]
    new = [
        (LATER, "new", "land_border_encounters", day, None if gap is None else 100 + gap)
        for day, gap in zip(
            start[months - overlap : months + 12], [*differences, *[0] * 12], strict=True
        )
    ]
    rows = [
        {
            "series_id": name,
            "source_id": source,
            "indicator": indicator,
            "unit": "events",
            "destination_iso3": "USA",
            "origin_iso3": "total",
            "route": "southwest_land_border",
            "place": "all" if source == "old" else "Patrol",
            "population_group": "all",
            "frequency": "M",
            "period_start": day,
            "value": value,
            "is_suppressed": False,
            "is_implied_zero": False,
            "is_held_back": False,
            "as_of_date": date(2010, 1, 1) if source == "old" else date(2011, 1, 1),
        }
        for name, source, indicator, day, value in [*old, *new]
    ]
    series = pl.DataFrame(rows, schema=polars_schema(SERIES))
    keys = [name for name in SERIES_INDEX.column_names if name in SERIES.column_names]
    index = (
        series.group_by("series_id")
        .agg(
            *(pl.col(name).first() for name in keys if name != "series_id"),
            pl.col("period_start").min().alias("first_period"),
            pl.col("period_start").max().alias("last_period"),
            pl.len().cast(pl.Int64).alias("periods"),
        )
        .with_columns(
            pl.lit("total").alias("origin_class"),
            *(pl.lit(1, pl.Int64).alias(name) for name in ("rounding",)),
            *(
                pl.lit(0, pl.Int64).alias(name)
                for name in ("suppressed", "missing", "held_back", "breaks")
            ),
        )
        .select(SERIES_INDEX.column_names)
    )
    return series, index


def test_a_proven_splice_takes_the_later_publication_from_its_first_month() -> None:
    series, index = panel(60, 30, [-10, 10, *[0] * 28])
    made, entries, proofs = splice(series, index, [DECLARED])
    assert made.height == 72
    assert made.get_column("period_start").to_list() == list(
        pl.date_range(date(2000, 1, 1), date(2005, 12, 1), "1mo", eager=True)
    )
    assert made.get_column("value").to_list() == [100] * 30 + [90, 110] + [100] * 40
    assert set(made.get_column("series_id")) == {"both/border_encounters/x"}
    assert set(made.get_column("place")) == {"all"}
    entry = entries.row(0, named=True)
    assert (entry["periods"], entry["last_period"]) == (72, date(2005, 12, 1))
    assert entry["as_of_date"] == date(2011, 1, 1)
    proof = proofs.row(0, named=True)
    assert (proof["is_proven"], proof["overlap_months"]) == (True, 30)
    assert (proof["lowest_difference"], proof["highest_difference"]) == (-10, 10)
    assert (proof["overlap_first_date"], proof["overlap_last_date"]) == (
        date(2002, 7, 1),
        date(2004, 12, 1),
    )
    conform(made, SERIES)
    conform(entries, SERIES_INDEX)
    conform(proofs, SPLICES_TABLE)


@pytest.mark.parametrize(
    ("overlap", "differences"),
    [(30, [11, *[0] * 29]), (30, [*[0] * 29, -11]), (23, [0] * 23), (30, [None] * 7 + [0] * 23)],
)
def test_an_unproven_one_has_its_proof_and_no_series(
    overlap: int, differences: list[int | None]
) -> None:
    series, index = panel(60, overlap, differences)
    made, entries, proofs = splice(series, index, [DECLARED])
    assert (made.height, entries.height) == (0, 0)
    assert proofs.get_column("is_proven").to_list() == [False]


def test_the_later_publication_begins_where_it_has_a_figure() -> None:
    """A withheld first month does not take away what the earlier one printed for it."""
    made, _, proofs = splice(*panel(60, 30, [None, *[0] * 29]), [DECLARED])
    assert proofs.get_column("overlap_months").to_list() == [29]
    assert made.height == 72
    assert made.get_column("value").null_count() == 0


def test_a_splice_without_both_series_is_left_out() -> None:
    series, index = panel(60, 30, [0] * 30)
    only = index.filter(pl.col("source_id") == "old")
    assert [part.height for part in splice(series, only, [DECLARED])] == [0, 0, 0]


def test_the_declared_splices_are_distinct_series() -> None:
    names = [declared.series_id() for declared in SPLICES]
    assert len(set(names)) == len(names) == 8
