"""The tables of corridors: level and growth, alerts upstream, and protection."""

from __future__ import annotations

from fcm_migration.catalog.columns import (
    AS_OF,
    DESTINATION,
    FREQUENCY,
    INDICATOR,
    ORIGIN,
    ROUTE,
    SERIES_ID,
    SOURCE_ID,
    UNIT,
)
from fcm_migration.catalog.model import Column, Table
from fcm_migration.trends.alerts.tables import ALERT_ID, DIRECTIONS, KINDS, TIERS

ORDERS = ("earlier", "same", "later", "none")
MEASURES = (
    "protection_rate",
    "refugees",
    "asylum_seekers_pending",
    "resettlement_arrivals",
    "naturalisations",
    "refugee_returns",
    "conflict_deaths",
)
RATE_UNITS = ("persons", "cases", "deaths")


def _count(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, "integer", description, unit="see unit", nullable=nullable, minimum=0)


def _share(name: str, description: str) -> Column:
    return Column(name, "number", description, nullable=True, minimum=0, maximum=1)


def _ratio(name: str, description: str) -> Column:
    return Column(name, "number", description, unit="ratio", nullable=True, minimum=0)


def _rank(name: str, description: str) -> Column:
    return Column(name, "integer", description, unit="rank", nullable=True, minimum=1)


def _maybe(name: str, description: str, allowed: tuple[str, ...] | None = None) -> Column:
    return Column(name, "string", description, nullable=True, allowed=allowed)


def _day(name: str, description: str) -> Column:
    return Column(name, "date", description, nullable=True)


CORRIDORS = Table(
    "trend",
    "corridors",
    "How large each corridor is, how fast it grows, how sure that is, and where else it rises: the "
    "newest year of its source and the nine before.",
    "corridor (series) and year that ends with a period",
    (
        SERIES_ID,
        SOURCE_ID,
        INDICATOR,
        UNIT,
        DESTINATION,
        ORIGIN,
        ROUTE,
        FREQUENCY,
        Column("window_end", "date", "First day of the last period of the year: the newest one of "
               "the source and destination, or one a whole number of years before it."),
        Column("is_newest", "boolean", "True for the newest year."),
        _count("level", "Sum of the year's published figures (12 months, 4 quarters or 1 year); a "
               "lower bound where unknown_periods is not 0."),
        Column("unknown_periods", "integer", "Periods of the year withheld or not reported, which "
               "the level leaves out.", unit="periods", minimum=0),
        _count("level_year_before", "The same of the year before; null where none of it is known.",
               nullable=True),
        _ratio("yearly_ratio", "Level over level_year_before; null where a period of either is "
               "unknown, or the year before is 0."),
        Column("ratio", "number", "Recent level over the year before it, 2 added to both: the last "
               "two months, the last quarter or year; null where a period is unknown.",
               unit="ratio", nullable=True, minimum=0),
        _share("route_share", "Level over that of every origin on the route; null where a period "
               "is unknown."),
        _share("destination_share", "Level over that of every origin and route of the "
               "destination; null where it is unknown."),
        Column("hhi", "number", "Concentration of the route: sum over its countries of origin of "
               "the squared share in what is published of them; 1 where all come from one.",
               nullable=True, minimum=0, maximum=1),
        _share("top3_share", "Share of the three largest countries of origin in the same."),
        _rank("rank_level", "Place by level among the origins of the route; 1 is the largest."),
        _rank("rank_growth", "Place by ratio among those large enough for an alert of their own."),
        _rank("rank_score", "Place by the score of the newest surge alert of the year."),
        _rank("rank_uncertainty", "Place by relative width; 1 is the widest, the least sure."),
        _maybe("newest_alert_id", "Newest alert within the year; null where there is none."),
        _day("alert_period", "Period of that alert."),
        _maybe("alert_direction", "Its direction.", DIRECTIONS),
        _maybe("alert_tier", "Its tier.", TIERS),
        _maybe("alert_kind", "Its kind.", KINDS),
        Column("alert_score", "number", "Its score: how real the movement is, not how much more "
               "will come.", unit="points of score", nullable=True, minimum=0, maximum=100),
        _day("next_period", "First period of the published forecast; null where there is none."),
        _count("lower_80", "Lower end of its 80% interval.", nullable=True),
        _count("median", "Its median.", nullable=True),
        _count("upper_80", "Upper end of its 80% interval.", nullable=True),
        _ratio("relative_width", "Width of that interval over its median (at least 1)."),
        _ratio("relative_width_later", "The same half a year ahead (6 months, 2 quarters, 1 "
               "year)."),
        Column("rising_destinations", "integer", "Destinations among the five with a surge alert "
               "for this origin in the six months to the end of the year.", unit="destinations",
               minimum=0, maximum=5),
        Column("rising_words", "string", "Which, where two or more; empty otherwise."),
        _day("upstream_period", "Period of the surge alert upstream that came first; null where "
             "none did."),
        _maybe("upstream_source_id", "Source of that alert."),
        _maybe("upstream_route", "Route of that alert."),
        Column("lead_months", "integer", "Months by which it came first.", unit="months",
               nullable=True, minimum=-7, maximum=7),
        Column("upstream_words", "string", "The same in words, with how often upstream came first "
               "in the record; empty where none did."),
        AS_OF,
    ),
    ("series_id", "window_end"),
    caveats=(
        "Ranks and shares are within one source, indicator, destination, route and frequency: "
        "persons, events, cases and applications are never added or ranked together.",
        "A route of 'all' contains the other routes of its destination.",
        "Years end where each source ends: rows of different sources are of different months.",
        "Upstream first carries no weight: the Darien came before the US border about as often as "
        "with origins paired at random; see trend.upstream and docs/decisions/corridors.md.",
    ),
)  # fmt: skip

UPSTREAM = Table(
    "trend",
    "upstream",
    "First surge alerts at one of the five beside the surge alert of the same origin upstream "
    "(the Union's external border, the Darien): which came first, or that none came.",
    "first alert at a destination, and upstream source",
    (
        ALERT_ID,
        Column("upstream_source_id", "string", "Source upstream that follows the origin."),
        SERIES_ID,
        SOURCE_ID,
        DESTINATION,
        ORIGIN,
        FREQUENCY,
        Column("period", "date", "First day of the period the alert is about."),
        _maybe("upstream_alert_id", "Alert upstream nearest in time, seven months at most; null "
               "where there is none."),
        _maybe("upstream_route", "Its route."),
        _day("upstream_period", "First day of its month."),
        Column("lead_months", "integer", "Months from the upstream alert to the destination's; "
               "negative where upstream came later; 0 within one quarter.", unit="months",
               nullable=True, minimum=-7, maximum=7),
        Column("public_lead_days", "integer", "Days from the day the upstream alert was public to "
               "the day the destination's was; negative where it was public later.", unit="days",
               nullable=True),
        Column("upstream_order", "string", "Whether upstream came earlier, in the same period, "
               "later, or not at all.", allowed=ORDERS),
    ),
    ("alert_id", "upstream_source_id"),
    caveats=(
        "First: no surge alert of any source for that origin and destination in the 12 months "
        "before; upstream the same. Monthly and quarterly sources only.",
        "Detections upstream and arrivals here are not the same people.",
        "Measured (docs/decisions/corridors.md): of 37 first alerts at the US border 2021 to 2023 "
        "the Darien had one earlier in 9, the same month in 9, later in 6; with origins paired at "
        "random 7.4, 1.8 and 7.5. It rises with the border, not before it.",
        "Detections at the Union's border: of 244 first alerts at the five earlier in 31, same in "
        "11, later in 23; at random 20.9, 5.8 and 21.8. Three in four had none within 7 months.",
    ),
)  # fmt: skip

CORRIDOR_PROTECTION = Table(
    "trend",
    "corridor_protection",
    "What is known of protection beside each corridor: rates, refugees, pathways, conflict.",
    "origin, destination, measure, unit, level of decision and year",
    (
        DESTINATION,
        ORIGIN,
        Column("protection_measure", "string", "protection_rate: recognised and other protection "
               "in decisions on the substance; refugees, asylum_seekers_pending: present at the "
               "end of the year; resettlement_arrivals, naturalisations: in the year; "
               "refugee_returns: in the year, to the origin; conflict_deaths: deaths in organised "
               "violence in the origin.", allowed=MEASURES),
        Column("unit", "string", "What is counted; units are never added.", allowed=RATE_UNITS),
        Column("decision_level", "string", "Level or authority of the decisions in UNHCR's code; "
               "all where the measure is no rate."),
        Column("year", "integer", "Calendar year.", minimum=1951, maximum=2100),
        Column("is_newest", "boolean", "True for the newest year of the measure, unit and level in "
               "the corridor."),
        _count("figure", "The figure; of a rate the positive decisions; null where none is known.",
               nullable=True),
        _count("decisions_on_substance", "Recognised, other protection and rejected together; "
               "null where the measure is no rate.", nullable=True),
        _share("rate", "figure over decisions_on_substance; null under the floor, or where the "
               "measure is no rate."),
        SOURCE_ID,
        _day("as_of_date", "Date of the release; null where there is no figure."),
        Column("words", "string", "The row in a sentence."),
    ),
    ("destination_iso3", "origin_iso3", "protection_measure", "unit", "decision_level", "year"),
    caveats=(
        "Decisions of a year are on claims of earlier years: a rate is not the chance of a claim "
        "lodged now.",
        "Levels and authorities stand apart and are never added: one person can be decided on by "
        "several.",
        "Stocks (refugees, pending) are never summed over years or added to flows.",
        "A measure without a row was not reported for that corridor; it is not zero.",
        "Regular pathways other than resettlement (family, work, study, sponsorship outside "
        "resettlement) are in none of the sources.",
    ),
)  # fmt: skip

TABLES = (CORRIDORS, UPSTREAM, CORRIDOR_PROTECTION)
