"""A period is incomplete where a person declared it, or where it ended after the release."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from fcm_migration.catalog.derive import polars_schema
from fcm_migration.config import REFERENCE_DIR
from fcm_migration.marts.incomplete import mark_incomplete
from fcm_migration.marts.reviewed import SELECTORS, read_reviewed
from fcm_migration.marts.tables import FLOWS

RELEASED = date(2025, 11, 11)


def flow(destination: str, begin: date, frequency: str = "A", **said: object) -> dict[str, object]:
    """One row of the flows, complete unless said otherwise."""
    return {
        **dict.fromkeys(FLOWS.column_names),
        "source_id": "unhcr_asylum_applications",
        "indicator": "asylum_applications_new",
        "destination_iso3": destination,
        "origin_iso3": "total",
        "route": "all",
        "place": "all",
        "population_group": "all",
        "frequency": frequency,
        "period_start": begin,
        "is_partial": False,
        "as_of_date": RELEASED,
        **said,
    }


def marks(*rows: dict[str, object]) -> list[bool]:
    flows = pl.DataFrame(list(rows), schema=polars_schema(FLOWS))
    breaks = read_reviewed(REFERENCE_DIR, "breaks.csv")
    return mark_incomplete(flows, breaks).get_column("is_partial").to_list()


def test_a_declared_half_year_is_incomplete() -> None:
    """The United States' 2024, which meta.breaks calls a half-year, into all countries too."""
    year = date(2024, 1, 1)
    assert marks(flow("USA", year), flow("all", year), flow("GBR", year)) == [True, True, False]
    assert marks(flow("USA", date(2023, 1, 1))) == [False]
    decisions = {"source_id": "unhcr_asylum_decisions", "indicator": "asylum_decisions_total"}
    assert marks(flow("USA", year, **decisions)) == [True]
    # Australia's first instance was withdrawn: what is left of 2024 are reviews
    assert marks(flow("AUS", year, **decisions), flow("NZL", year, **decisions)) == [True, False]
    stock = {"source_id": "unhcr_population", "indicator": "refugees"}
    assert marks(flow("AUS", year, **stock), flow("CAN", year, **stock)) == [True, False]


@pytest.mark.parametrize(
    ("frequency", "begin", "is_partial"),
    [
        ("M", date(2025, 11, 1), True),
        ("M", date(2025, 10, 1), False),
        ("Q", date(2025, 10, 1), True),
        ("Q", date(2025, 7, 1), False),
        ("A", date(2025, 7, 1), True),  # a financial year that was running
        ("A", date(2024, 7, 1), False),
        ("W", date(2025, 11, 10), True),
        ("D", RELEASED, False),
    ],
)
def test_a_period_that_ends_after_its_release_is_incomplete(
    frequency: str, begin: date, *, is_partial: bool
) -> None:
    assert marks(flow("NZL", begin, frequency, source_id="nz_refugee_claims")) == [is_partial]


def test_a_mark_of_the_source_stays() -> None:
    assert marks(flow("GBR", date(2020, 1, 1), is_partial=True)) == [True]


def test_every_declared_window_of_incompleteness_says_which_period() -> None:
    """A partial break without a window is a standing rule: the source marks its own periods."""
    breaks = read_reviewed(REFERENCE_DIR, "breaks.csv").filter(pl.col("break_kind") == "partial")
    dated = breaks.filter(pl.col("break_first_date").is_not_null())
    assert dated.get_column("break_last_date").null_count() == 0
    assert set(dated.get_column("treatment")) == {"cut"}
    assert all(f"{name}_selector" in dated.columns for name in SELECTORS)


def test_words_of_half_a_year_are_never_of_another_kind() -> None:
    """A break that calls figures a half-year, or of the middle of a year, marks them so."""
    breaks = read_reviewed(REFERENCE_DIR, "breaks.csv").filter(
        pl.col("break_last_date").is_not_null()
        & pl.col("words").str.contains("is the half-year|are the half-year|of the middle of")
    )
    assert set(breaks.get_column("break_kind")) == {"partial"}
    assert breaks.height >= 3
