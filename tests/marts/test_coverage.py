"""Coverage lists the figures that exist, and the gaps."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.derive import conform, polars_schema
from fcm_migration.config import Home
from fcm_migration.marts.coverage import COVERAGE, GAPS, NEEDS, coverage, coverage_page, gaps
from fcm_migration.marts.tables import FLOWS
from fcm_migration.publish.query import connect
from fcm_migration.sources import SOURCES


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
    assert claims.item(0, "words") == "s: asylum_claims by month, to 2023-02-28."
    no = answered.filter(~pl.col("is_covered"))
    assert set(no.get_column("words")) == {"In no source read here that is still published."}


def test_of_figures_that_end_on_one_day_the_first_of_the_need_is_told() -> None:
    """Rows come in any order: the answer is the same, and persons come before cases."""
    ended = flows(("AUS", "total", "A", date(2025, 1, 1), False, False),
                  ("AUS", "HTI", "A", date(2025, 1, 1), False, False))  # fmt: skip
    both = [
        coverage(ended.with_columns(pl.lit(name).alias("indicator")))
        for name in ("asylum_decisions_total_cases", "asylum_decisions_total")
    ]
    for order in (both, both[::-1]):
        told = gaps(pl.concat(order)).filter(
            destination_iso3="AUS", need="decisions by year and origin"
        )
        assert told["words"].item() == "s: asylum_decisions_total by year, to 2025-12-31."


def test_a_publication_that_has_ended_is_named_and_covers_nothing() -> None:
    """UNHCR's monthly export ended in 2017: it is no current figure, and not nothing either."""
    monthly = FOUND.filter(pl.col("destination_iso3") == "CAN").with_columns(
        pl.lit("NZL").alias("destination_iso3"),
        pl.lit("unhcr_monthly").alias("source_id"),
        pl.lit("asylum_applications_monthly").alias("indicator"),
        pl.lit(date(2017, 6, 30)).alias("covered_to_date"),
    )[:1]
    need = "asylum claims within the year"
    once = "From a publication that has ended: unhcr_monthly: asylum_applications_monthly by month"
    row = gaps(monthly).filter(destination_iso3="NZL", need=need).row(0, named=True)
    assert not row["is_covered"]
    assert row["covered_to_date"] is None
    assert row["words"] == (
        f"In no source read here that is still published. {once}, to 2017-06-30."
    )
    australia = monthly.with_columns(pl.lit("AUS").alias("destination_iso3"))
    offers = {source.source_id: source.offers for source in SOURCES}
    words = gaps(australia, offers).filter(destination_iso3="AUS", need=need).item(0, "words")
    assert words.startswith("Nothing newer in this edition; without a release yet: ")
    assert once in words


def awaited(country: str) -> dict[str, str]:
    """The needs of a country that a source without a release would answer, and which."""
    offers = {source.source_id: source.offers for source in SOURCES}
    answered = gaps(FOUND.clear(), offers).filter(destination_iso3=country)
    begin = "Nothing in this edition; without a release yet: "
    return {
        need: words.removeprefix(begin).rstrip(".")
        for need, words in answered.select("need", "words").rows()
        if words.startswith(begin)
    }


def test_a_gap_names_only_sources_that_would_answer_it() -> None:
    """New Zealand's claims are yearly and no arrivals: they answer nothing within the year."""
    assert awaited("NZL") == {
        "asylum applications by year and origin": "nz_refugee_claims",
        "decisions by year and origin": "nz_refugee_claims",
    }
    canada = awaited("CAN")
    assert not any(need.startswith("irregular arrivals") for need in canada)
    assert canada["asylum claims within the year, by origin"] == (
        "ca_irb_claims, ca_ircc_asylum_citizenship"
    )
    assert "ca_ircc_asylum," in canada["asylum claims within the year"]
    australia = awaited("AUS")
    assert australia["irregular arrivals or encounters within the year"] == "au_osb"
    assert australia["asylum claims within the year"] == "au_protection_866"
    assert "irregular arrivals or encounters within the year, by origin" not in australia
    assert "us_cbp_nationwide" in awaited("USA")["irregular arrivals or encounters within the year"]
    assert "asylum claims within the year" not in awaited("USA")


def test_every_source_of_the_five_says_what_it_offers() -> None:
    prefix = {"AUS": "au_", "CAN": "ca_", "GBR": "uk_", "NZL": "nz_", "USA": "us_"}
    for country, start in prefix.items():
        national = [source for source in SOURCES if source.source_id.startswith(start)]
        assert national
        for source in national:
            assert {offer.destination_iso3 for offer in source.offers} == {country}


@pytest.mark.slow
def test_what_is_offered_is_what_is_there(bundled_home: Home) -> None:
    """Of the sources that have a release: the same country, frequency and breakdown."""
    with connect(bundled_home.root) as published:
        covered = published.sql("FROM meta.coverage")
    for source in SOURCES:
        rows = covered.filter(source_id=source.source_id)
        for offer in source.offers if rows.height else ():
            found = rows.filter(indicator=offer.indicator, destination_iso3=offer.destination_iso3)
            assert set(found.get_column("frequency")) == set(offer.frequencies), source.source_id
            assert found.get_column("is_by_origin").any() == offer.by_origin, source.source_id


def test_the_page_says_gaps_first() -> None:
    page = coverage_page(FOUND, gaps(FOUND))
    assert page.index("**no**") < page.index("## Everything")
    assert (
        "| CAN | asylum_claims | persons | s | M | 2023-01-01 | 2023-02-28 | 1 | 50.0 % |" in page
    )
    assert (
        "| NZL | asylum_claims | persons | s | A | 2022-07-01 | 2023-06-30 | total only |" in page
    )
