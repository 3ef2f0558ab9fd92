"""Context indicators: neighbouring countries, estimates, deaths on routes, and drivers."""

from __future__ import annotations

from fcm_migration.catalog.model import Indicator

CONTEXT: tuple[Indicator, ...] = (
    Indicator(
        "asylum_applications_monthly",
        "Asylum applications by month as UNHCR's retired monthly export gave them",
        "applications",
        "flow",
        "Applications in persons or cases, as each country reported; 1 to 4 withheld in later "
        "releases.",
        "Ends in 2017 or 2018; the United States is two authorities that may count differently "
        "and are never added; suppression began at different dates.",
    ),
    Indicator(
        "refugees_nowcast",
        "Refugees, nowcast by UNHCR for the current month",
        "persons",
        "stock",
        "UNHCR's own estimate of people present, by country of asylum.",
        "An estimate, replaced every month; never beside the reported stock as if it were one.",
    ),
    Indicator(
        "asylum_seekers_nowcast",
        "Asylum-seekers with a pending claim, nowcast by UNHCR for the current month",
        "persons",
        "stock",
        "UNHCR's own estimate of pending claimants, by country of asylum.",
        "An estimate, replaced every month.",
    ),
    Indicator(
        "eu_border_detections",
        "Detections of illegal border-crossing at the external border of the European Union",
        "events",
        "flow",
        "One count per detection; the same person can be detected on several routes.",
        "Detections, not persons; leaves out the United Kingdom and the Channel. Upstream of "
        "claims in the five countries, never added to them.",
    ),
    Indicator(
        "transit_entries",
        "Irregular entries on a transit route, before any of the five countries",
        "events",
        "flow",
        "One count per entry that the transit country's migration service registered; it does not "
        "say that someone who enters again is left out.",
        "Entries, not persons. Many who pass are met at the border of the United States weeks "
        "later: upstream of encounters, never added to them.",
        total_route="darien",
    ),
    Indicator(
        "asylum_applicants",
        "Asylum applicants in European countries, repeat applicants included",
        "persons",
        "flow",
        "One count per applicant in the month, rounded to 5.",
        "All applicants contain the first-time ones: never add the two.",
    ),
    Indicator(
        "asylum_applicants_first_time",
        "First-time asylum applicants in European countries",
        "persons",
        "flow",
        "One count per person applying for the first time in that country, rounded to 5.",
        "Part of asylum_applicants.",
    ),
    Indicator(
        "first_instance_decisions",
        "First-instance decisions on asylum applications in European countries",
        "persons",
        "flow",
        "One count per person decided on in the quarter, rounded to 5.",
        "Decisions of a quarter are on applications of earlier quarters.",
    ),
    Indicator(
        "first_instance_positive",
        "Positive first-instance decisions in European countries",
        "persons",
        "flow",
        "Refugee status, subsidiary or humanitarian protection in the quarter, rounded to 5.",
        "Part of first_instance_decisions; humanitarian status exists in some countries only.",
    ),
    Indicator(
        "asylum_applicants_pending",
        "People with a pending asylum application in European countries",
        "persons",
        "stock",
        "People whose application is under consideration by the authorities at the last day of the "
        "month, rounded to 5.",
        "A stock: never summed over months, never added to applicants or decisions. UNHCR's "
        "asylum_seekers_pending counts the same people at the end of each half-year.",
    ),
    Indicator(
        "temporary_protection_beneficiaries",
        "People under temporary protection in European countries",
        "persons",
        "stock",
        "People under temporary protection at the last day of the month, nearly all of them from "
        "Ukraine, rounded to 5.",
        "A stock: never summed over months. Granted without an asylum procedure: never added to "
        "applicants, pending applications or decisions. UNHCR counts these people among refugees.",
    ),
    Indicator(
        "migrant_deaths",
        "People dead or missing on migration routes",
        "deaths",
        "flow",
        "Dead and missing of every incident that IOM recorded, by month of the incident.",
        "A minimum: many deaths are never recorded, and recording improved over the years.",
    ),
    Indicator(
        "conflict_events",
        "Events of organised violence in the country",
        "events",
        "flow",
        "Every event of state-based, non-state and one-sided violence, those with a best estimate "
        "of no death included, by month of its start.",
        "A driver, not a movement. Candidate events of the newest months are revised.",
    ),
    Indicator(
        "conflict_deaths",
        "Deaths in organised violence in the country, best estimate",
        "deaths",
        "flow",
        "Best estimate of deaths in every event, by month of its start.",
        "A driver, not a movement. Candidate events of the newest months are revised.",
    ),
)
