"""The core table of initial decisions in the United Kingdom, and the labels it is parted by."""

from __future__ import annotations

from fcm_migration.catalog.columns import IS_SUPPRESSED
from fcm_migration.catalog.model import Column, Table
from fcm_migration.sources.uk_home_office.labels import APPLICANT_TYPES

ASYLUM, RESETTLEMENT = "Asylum Case", "Resettlement Case"
PROTECTION, OTHER_LEAVE = "Grant of Protection", "Grant of Other Leave"
REFUSED, WITHDRAWN, ADMINISTRATIVE = "Refused", "Withdrawn", "Administrative Outcome"
NO_HOST = "Asylum case - N/A"  # the host country of an asylum case
IN_EVERY_QUARTER = (PROTECTION, OTHER_LEAVE, REFUSED, WITHDRAWN)

TABLE = Table(
    "core",
    "uk_initial_decisions",
    "Initial decisions on asylum claims in the UK, and people resettled there, by quarter.",
    "quarter, nationality, case type, outcome, age, sex, applicant type, unaccompanied child or "
    "not, and country resettled from",
    (
        Column("quarter_start_date", "date", "First day of the quarter of the decision."),
        Column("nationality", "string", "Nationality as the Home Office names it."),
        Column("region", "string", "The Home Office's group of nationalities."),
        Column(
            "case_type",
            "string",
            "Asylum claim made in the UK, or person resettled there.",
            allowed=(ASYLUM, RESETTLEMENT),
        ),
        Column(
            "case_outcome_group",
            "string",
            "Group of outcomes.",
            allowed=(*IN_EVERY_QUARTER, ADMINISTRATIVE),
        ),
        Column(
            "case_outcome",
            "string",
            "Outcome, or scheme of resettlement; 'Total (pre-2010)' where not broken down.",
        ),
        Column("age_group", "string", "Age group; 'Total (pre-2009)' where not broken down."),
        Column("sex", "string", "Sex; 'Total (pre-2009)' where not broken down."),
        Column(
            "applicant_type",
            "string",
            "Main applicant, or dependant of one (from 2002); everybody resettled stands as a main "
            "applicant.",
            allowed=APPLICANT_TYPES,
        ),
        Column(
            "uasc",
            "string",
            "Whether an unaccompanied asylum-seeking child; 'Total (pre-2006)' where not broken "
            "down.",
        ),
        Column(
            "host_country",
            "string",
            "Country resettled from, from 2021; '... - N/A' where there is none.",
        ),
        Column(
            "outcomes_persons",
            "integer",
            "People whose claim had this outcome, or who were resettled; null where the publisher "
            "prints no figure.",
            unit="persons",
            nullable=True,
            minimum=0,
        ),
        IS_SUPPRESSED,
    ),
    (
        "quarter_start_date",
        "nationality",
        "region",
        "case_type",
        "case_outcome_group",
        "case_outcome",
        "age_group",
        "sex",
        "applicant_type",
        "uasc",
        "host_country",
    ),
    source_id="uk_initial_decisions",
    caveats=(
        "A combination that is absent counts zero.",
        "A row is not a decision in the narrow sense: what the Home Office calls initial decisions "
        "are grants and refusals of asylum cases, without withdrawals, administrative outcomes and "
        "resettlement.",
        "Decisions of a quarter are on claims of earlier quarters: they are no share of the claims "
        "of the same quarter. Outcomes after appeal are not in it.",
        "Main applicants alone are cases; with dependants they are people. 2001 has main "
        "applicants only. Everybody resettled stands as a main applicant: never a case.",
        "Administrative outcomes are told apart from 2023 and have no harmonised figure; "
        "withdrawals are broken down from 2010.",
        "Resettlement begins in 2010 here; the second and third quarter of 2020 have none, because "
        "it was suspended. A release that leaves it out takes it out of this table: the older "
        "figures stand in the history.",
        "'Total (pre-2006)', 'Total (pre-2009)' and 'Total (pre-2010)' are years without the "
        "breakdown, not sums of rows beside them; spellings of one label ('Under 18' and 'under "
        "18') stand as printed.",
    ),
    period="quarter_start_date",
)
