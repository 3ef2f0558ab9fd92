"""Coverage by destination and indicator, and its gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from fcm_migration.catalog.columns import (
    AS_OF,
    DESTINATION,
    FIVE,
    FREQUENCY,
    INDICATOR,
    SOURCE_ID,
    UNIT,
)
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.catalog.model import Column, Table
from fcm_migration.periods import period_end
from fcm_migration.sources.base import Offer

COVERAGE = Table(
    "meta",
    "coverage",
    "What is covered: destination by indicator, source and frequency, from when to when.",
    "destination, indicator, source and frequency",
    (
        DESTINATION,
        INDICATOR,
        UNIT,
        SOURCE_ID,
        FREQUENCY,
        Column("covered_from_date", "date", "First period with a figure."),
        Column("covered_to_date", "date", "Last day of the last complete period with a figure."),
        Column("is_by_origin", "boolean", "Whether figures by country of origin are there."),
        Column("origin_countries", "integer", "Countries of origin.", unit="countries", minimum=0),
        Column("series", "integer", "Series.", unit="series", minimum=1),
        Column("withheld_pct", "number", "Share of figures withheld.", unit="percent", minimum=0),
        AS_OF,
    ),
    ("destination_iso3", "indicator", "source_id", "frequency"),
)
GAPS = Table(
    "meta",
    "gaps",
    "What an analyst of the five countries would look for, and whether it is here.",
    "destination and need",
    (
        DESTINATION,
        Column("need", "string", "What would be looked for."),
        Column("is_covered", "boolean", "Whether any source covers it."),
        Column(
            "covered_to_date",
            "date",
            "Last day of the newest period that covers it; null where nothing does.",
            nullable=True,
        ),
        Column("words", "string", "The answer in a sentence."),
    ),
    ("destination_iso3", "need"),
)


@dataclass(frozen=True)
class Need:
    """A figure analysts need: any of the indicators at any of the frequencies.

    ``retired`` are indicators of publications that have ended: named, but they cover nothing now.
    """

    words: str
    indicators: tuple[str, ...]
    frequencies: tuple[str, ...]
    by_origin: bool = False
    retired: tuple[str, ...] = ()


ARRIVALS = (
    "border_encounters",
    "land_border_encounters",
    "nationwide_encounters",
    "small_boat_arrivals",
    "irregular_arrivals",
    "irregular_maritime_arrivals",
)
CLAIMS = ("asylum_claims", "protection_applications", "claims_referred")
RETIRED = ("asylum_applications_monthly",)
APPLICATIONS = ("asylum_applications_new", "asylum_applications_new_cases")
PENDING = ("asylum_seekers_pending", "claims_pending", "asylum_awaiting_decision")
WORDS = {"D": "day", "W": "week", "M": "month", "Q": "quarter", "A": "year"}
WITHIN_A_YEAR = ("D", "W", "M", "Q")
NEEDS = (
    Need("irregular arrivals or encounters within the year", ARRIVALS, WITHIN_A_YEAR),
    Need("irregular arrivals or encounters within the year, by origin", ARRIVALS, ("M", "Q"), True),
    Need("asylum claims within the year", CLAIMS, ("M", "Q"), retired=RETIRED),
    Need("asylum claims within the year, by origin", CLAIMS, ("M", "Q"), True, RETIRED),
    Need("asylum applications by year and origin", (*APPLICATIONS, *CLAIMS), ("A",), True),
    Need(
        "decisions by year and origin",
        ("asylum_decisions_total", "asylum_decisions_total_cases", "claims_approved"),
        ("A",),
        True,
    ),
    Need("claims pending", PENDING, ("M", "Q", "A")),
    Need("resettlement by year and origin", ("resettlement_arrivals",), ("A",), True),
)


def coverage(flows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of ``meta.coverage`` from ``mart.flows``, complete periods only."""
    country = pl.col("origin_class") == "country"
    series = pl.struct("origin_iso3", "route", "place", "population_group")
    return (
        flows.filter(~pl.col("is_partial"))
        .group_by("destination_iso3", "indicator", "unit", "source_id", "frequency")
        .agg(
            pl.col("period_start").min().alias("covered_from_date"),
            period_end().max().alias("covered_to_date"),
            country.any().alias("is_by_origin"),
            pl.col("origin_iso3")
            .filter(country)
            .n_unique()
            .cast(pl.Int64)
            .alias("origin_countries"),
            series.n_unique().cast(pl.Int64).alias("series"),
            (100.0 * pl.col("is_suppressed").mean()).alias("withheld_pct"),
            pl.col("as_of_date").max(),
        )
        .select(COVERAGE.column_names)
    )


def gaps(
    covered: pl.DataFrame, awaited: Mapping[str, Sequence[Offer]] | None = None
) -> pl.DataFrame:
    """Return rows of ``meta.gaps``: every need of each of the five countries.

    Args:
        covered: rows of ``meta.coverage``.
        awaited: the sources that have no release yet, with what they would hold; a gap names those
            that would answer it.
    """
    rows = [_answer(country, need, covered, awaited or {}) for country in FIVE for need in NEEDS]
    return pl.DataFrame(rows, schema=polars_schema(GAPS), orient="row")


def _answer(
    country: str, need: Need, covered: pl.DataFrame, awaited: Mapping[str, Sequence[Offer]]
) -> tuple[object, ...]:
    day, words = _newest(country, need, need.indicators, covered)
    if day is not None:
        return country, need.words, True, day, words
    _, retired = _newest(country, need, need.retired, covered)
    return country, need.words, False, None, _nothing(country, need, awaited, retired)


def _newest(
    country: str, need: Need, indicators: Sequence[str], covered: pl.DataFrame
) -> tuple[date | None, str]:
    """Return the last day of the newest figures of these indicators, and their description.

    Of several that end on one day, the indicator named first in the need is told.
    """
    found = covered.filter(
        (pl.col("destination_iso3") == country)
        & pl.col("indicator").is_in(indicators)
        & pl.col("frequency").is_in(need.frequencies)
    )
    if need.by_origin:
        found = found.filter("is_by_origin")
    if found.is_empty():
        return None, ""
    place = pl.col("indicator").replace_strict({i: n for n, i in enumerate(indicators)})
    newest = found.sort(
        "covered_to_date", place, "source_id", "frequency", descending=[True, False, False, False]
    ).row(0, named=True)
    day: date = newest["covered_to_date"]
    frequency = WORDS[newest["frequency"]]
    words = f"{newest['source_id']}: {newest['indicator']} by {frequency}, to {day.isoformat()}."
    return day, words


def _nothing(country: str, need: Need, awaited: Mapping[str, Sequence[Offer]], retired: str) -> str:
    """Return the answer to a need that nothing covers, with the sources that would or once did."""
    would = [
        name
        for name, offers in awaited.items()
        if any(
            offer.destination_iso3 == country
            and offer.indicator in need.indicators
            and set(offer.frequencies) & set(need.frequencies)
            and (offer.by_origin or not need.by_origin)
            for offer in offers
        )
    ]
    once = f" From a publication that has ended: {retired}" if retired else ""
    if would:
        newer = " newer" if retired else ""
        names = ", ".join(sorted(would))
        return f"Nothing{newer} in this edition; without a release yet: {names}.{once}"
    return f"In no source read here that is still published.{once}"


def coverage_page(covered: pl.DataFrame, answered: pl.DataFrame) -> str:
    """Return the page docs/coverage.md: gaps of the five first, then everything covered."""
    lines = [
        "# What is covered, and what is not",
        "",
        "Written by `fcm coverage` from the published file (here, of the bundled edition alone); "
        "do not edit by hand. The same tables are `meta.gaps` and `meta.coverage`.",
        "",
        "## The five countries",
        "",
    ]
    for country in FIVE:
        rows = answered.filter(pl.col("destination_iso3") == country)
        lines += [f"### {country}", "", "| need | covered | how |", "|---|---|---|"]
        lines += [
            f"| {row['need']} | {'yes' if row['is_covered'] else '**no**'} | {row['words']} |"
            for row in rows.iter_rows(named=True)
        ]
        lines.append("")
    lines += [
        "## Everything",
        "",
        "| destination | indicator | unit | source | frequency | from | to | origins | withheld |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['destination_iso3']} | {r['indicator']} | {r['unit']} | {r['source_id']} | "
        f"{r['frequency']} | {r['covered_from_date']} | {r['covered_to_date']} | "
        f"{r['origin_countries'] or 'total only'} | {r['withheld_pct']:.1f} % |"
        for r in covered.sort(COVERAGE.key).iter_rows(named=True)
    ]
    return "\n".join(lines) + "\n"
