"""OHSS monthly tables: labels in the publisher's words and the core tables."""

from __future__ import annotations

from collections.abc import Mapping

from fcm_migration.catalog.model import Column, Table

ALL = "All"
NAMED = 10
"""How many citizenships have a column of their own, as the notes below each sheet say."""

NATIONWIDE, SOUTHWEST = "Nationwide", "Southwest Border"
REFERRED, COMPLETED = "Referred", "Completed"
RESULTS = ("Positive Fear", "Negative Fear", "Administrative Closure")
AGENCIES = ("CBP", "ICE")

REPATRIATIONS_TOTAL, TITLE_8 = "Total Repatriations", "Total Title 8 Repatriations"
ENFORCEMENT, EXPULSIONS = "Title 8 Enforcement Repatriations", "Title 42 Expulsions"
REMOVALS, ENFORCEMENT_RETURNS = "Total Removals", "Total Enforcement Returns"
ADMINISTRATIVE_RETURNS = "Total Administrative Returns"
_REMOVALS, _RETURNS = "DHS Removals", "DHS Enforcement Returns"
_ADMINISTRATIVE = "DHS Administrative Returns"
# Heading over the columns and label of the column, both without the number of their footnote, and
# the type of repatriation: two columns are called Withdrawals.
TYPES: Mapping[tuple[str, str], str] = {
    (REPATRIATIONS_TOTAL, REPATRIATIONS_TOTAL): REPATRIATIONS_TOTAL,
    (REPATRIATIONS_TOTAL, TITLE_8): TITLE_8,
    (REPATRIATIONS_TOTAL, ENFORCEMENT): ENFORCEMENT,
    (REPATRIATIONS_TOTAL, EXPULSIONS): EXPULSIONS,
    (_REMOVALS, REMOVALS): REMOVALS,
    (_REMOVALS, "Expedited Removals"): "Expedited Removals",
    (_REMOVALS, "Reinstatements of Removal Orders"): "Reinstatements of Removal Orders",
    (_REMOVALS, "Other Removals"): "Other Removals",
    (_RETURNS, ENFORCEMENT_RETURNS): ENFORCEMENT_RETURNS,
    (_RETURNS, "Withdrawals"): "Enforcement Withdrawals",
    (_RETURNS, "Voluntary Returns"): "Voluntary Returns",
    (_RETURNS, "Voluntary Departures"): "Voluntary Departures",
    (_RETURNS, "Other Enforcement Returns"): "Other Enforcement Returns",
    (_ADMINISTRATIVE, ADMINISTRATIVE_RETURNS): ADMINISTRATIVE_RETURNS,
    (_ADMINISTRATIVE, "Withdrawals"): "Administrative Withdrawals",
    (_ADMINISTRATIVE, "Crew Members Detained"): "Crew Members Detained",
}

FISCAL_YEAR = Column(
    "fiscal_year",
    "integer",
    "US federal fiscal year: October of the year before to September.",
    minimum=2014,
    maximum=2100,
)
MONTH_START = Column("month_start_date", "date", "First day of the calendar month.")
CITIZENSHIP = Column(
    "citizenship",
    "string",
    "Citizenship as DHS names it: the ten with most in the last twelve months of the release, and "
    "Other (All Other) for the rest; All where not broken down by it.",
)
CAVEATS = (
    "Each figure is rounded to 10 by the publisher, so parts do not sum exactly to wholes, and 0 "
    "stands for 0 to 4.",
    "The ten citizenships named change from release to release, each time over all months. One "
    "that is no longer named has not fallen to zero: it is in Other (All Other), and its older "
    "figures stay in the history table.",
    "Fiscal years' totals are not held: they are compared with the sum of the months.",
)
REPATRIATIONS = Table(
    "core",
    "us_ohss_monthly_repatriations",
    "Removals, returns and Title 42 expulsions from the United States by calendar month.",
    "breakdown, month, type of repatriation, citizenship and arresting agency",
    (
        Column(
            "breakdown",
            "string",
            "Sheet family the row is from; totals stand in each.",
            allowed=("type", "citizenship", "arresting_agency"),
        ),
        FISCAL_YEAR,
        MONTH_START,
        Column(
            "repatriation_type",
            "string",
            "Type in the publisher's words; withdrawals are told apart by the kind of return.",
            allowed=tuple(TYPES.values()),
        ),
        CITIZENSHIP,
        Column(
            "arresting_agency",
            "string",
            "Agency of the first arrest; All where not broken down by it. Other and unknown "
            "agencies are in All only.",
            allowed=(ALL, *AGENCIES),
        ),
        Column(
            "repatriations_events",
            "integer",
            "Removals, returns or expulsions; null where the publisher says not applicable (X).",
            unit="events",
            nullable=True,
            minimum=0,
        ),
    ),
    ("breakdown", "month_start_date", "repatriation_type", "citizenship", "arresting_agency"),
    source_id="us_ohss_monthly",
    caveats=(
        "Movements out of the country, not persons: who is repatriated twice counts twice.",
        "Types contain one another: Total Repatriations are Total Title 8 Repatriations and Title "
        "42 Expulsions; the former are Title 8 Enforcement Repatriations (removals, enforcement "
        "returns) and administrative returns. Never add a total to its parts.",
        "Administrative returns are mostly ships' crews kept aboard. Withdrawals among them are "
        "printed for fiscal years 2018 to 2023 only.",
        *CAVEATS,
    ),
    period="month_start_date",
)
CREDIBLE_FEAR = Table(
    "core",
    "us_ohss_monthly_credible_fear",
    "Credible fear screenings in the United States: referred and completed, by calendar month.",
    "breakdown, month, region, stage, result and citizenship",
    (
        Column(
            "breakdown",
            "string",
            "Sheet family the row is from: referrals by citizenship, completions by result.",
            allowed=("citizenship", "result"),
        ),
        FISCAL_YEAR,
        MONTH_START,
        Column(
            "region",
            "string",
            "Nationwide, or the part that began with an encounter at the southwest border.",
            allowed=(NATIONWIDE, SOUTHWEST),
        ),
        Column(
            "stage",
            "string",
            "Referred to USCIS (by the day the case was created) or completed (by its day).",
            allowed=(REFERRED, COMPLETED),
        ),
        Column(
            "result",
            "string",
            "Result of a completed screening; All where not broken down by it.",
            allowed=(ALL, *RESULTS),
        ),
        CITIZENSHIP,
        Column(
            "screenings_cases",
            "integer",
            "Credible fear cases, counted by the publisher on unique applicants.",
            unit="cases",
            minimum=0,
        ),
    ),
    ("breakdown", "month_start_date", "region", "stage", "result", "citizenship"),
    source_id="us_ohss_monthly",
    caveats=(
        "Nationwide contains the southwest border: never add the two.",
        "Cases referred and cases completed in a month are not the same cases: no rate of the one "
        "to the other.",
        "Referrals from the southwest border have no total of all citizenships.",
        *CAVEATS,
    ),
    period="month_start_date",
)
