"""Coverage says what is there; a gap is said to be one."""

from __future__ import annotations

from datetime import date

import polars as pl

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.derive import conform, polars_schema
from fcm_migration.marts.coverage import COVERAGE, GAPS, NEEDS, coverage, coverage_page, gaps
from fcm_migration.marts.tables import FLOWS


def flows(*rows: tuple[str, str, str, date, bool, bool]) -> pl.DataFrame:
    """Simulated flows: destination, origin, frequency, period, withheld, partial."""
    made = [
        {
            **dict.fromkeys(FLOWS.column_names),
            "source_id": "s",
            "indicator": "asylum_claims",
            "unit": "persons",
            "destination_iso3": destination,
            "origin_iso3": origin,
            "origin_class": "total" if origin == "total" else "country",
            "route": "all",
            "place": "all",
            "population_group": "all",
            "frequency": frequency,
            "period_start": period,
            "value": None if withheld else 5,
            "is_suppressed": withheld,
            "is_partial": partial,
            "as_of_date": date(2024, 1, 1),
        }
        for destination, origin, frequency, period, withheld, partial in rows
    ]
    return pl.DataFrame(made, schema=polars_schema(FLOWS))


FOUND = coverage(
    flows(
        ("CAN", "total", "M", date(2023, 1, 1), False, False),
        ("CAN", "HTI", "M", date(2023, 2, 1), True, False),
        ("CAN", "HTI", "M", date(2023, 3, 1), False, True),
        ("NZL", "total", "A", date(2022, 7, 1), False, False),
    )
)


def test_coverage_ends_with_the_last_complete_period() -> None:
    conform(FOUND, COVERAGE)
    rows = {row["destination_iso3"]: row for row in FOUND.iter_rows(named=True)}
    assert rows["CAN"]["covered_to_date"] == date(2023, 2, 28)
    assert (rows["CAN"]["is_by_origin"], rows["CAN"]["origin_countries"]) == (True, 1)
    assert (rows["CAN"]["series"], rows["CAN"]["withheld_pct"]) == (2, 50.0)
    # New Zealand's financial year
    assert rows["NZL"]["covered_to_date"] == date(2023, 6, 30)
    assert (rows["NZL"]["is_by_origin"], rows["NZL"]["origin_countries"]) == (False, 0)


def test_every_need_of_every_country_is_answered() -> None:
    answered = gaps(FOUND)
    conform(answered, GAPS)
    assert answered.height == len(FIVE) * len(NEEDS)
    yes = answered.filter("is_covered")
    assert set(yes.get_column("destination_iso3")) == {"CAN"}
    claims = yes.filter(pl.col("need") == "asylum claims within the year, by origin")
    assert claims.item(0, "words") == "s: asylum_claims, to 2023-02-28."
    no = answered.filter(~pl.col("is_covered"))
    assert set(no.get_column("words")) == {"In no source read here."}
    awaited = gaps(FOUND, ["au_osb", "nz_refugee_claims", "frontex_ibc"])
    words = awaited.filter(~pl.col("is_covered") & (pl.col("destination_iso3") == "NZL"))
    assert set(words.get_column("words")) == {
        "Nothing in this edition; without a release yet: nz_refugee_claims."
    }


def test_the_page_says_gaps_first() -> None:
    page = coverage_page(FOUND, gaps(FOUND))
    assert page.index("**no**") < page.index("## Everything")
    assert (
        "| CAN | asylum_claims | persons | s | M | 2023-01-01 | 2023-02-28 | 1 | 50.0 % |" in page
    )
    assert (
        "| NZL | asylum_claims | persons | s | A | 2022-07-01 | 2023-06-30 | total only |" in page
    )
