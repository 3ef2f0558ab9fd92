"""The dictionary of harmonised indicators: one unit each, and what it may be compared with."""

from __future__ import annotations

from fcm_migration.catalog.indicators_context import CONTEXT
from fcm_migration.catalog.indicators_uk import UNITED_KINGDOM
from fcm_migration.catalog.indicators_us import UNITED_STATES
from fcm_migration.catalog.model import Indicator

INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "border_encounters",
        "Encounters by US Border Patrol between ports of entry",
        "events",
        "flow",
        "One event per apprehension or Title 42 expulsion; the same person can count twice.",
        "Comparable over time within one source; not with claims or with counts of persons. "
        "Title 42 (March 2020 to May 2023) raised repeat encounters.",
    ),
    Indicator(
        "land_border_encounters",
        "Encounters at the US southwest land border, Border Patrol and ports of entry",
        "events",
        "flow",
        "An event: somebody apprehended between crossings or found inadmissible at one (Title 8), "
        "or expelled (Title 42). A person met twice counts twice.",
        "Contains the southwest Border Patrol part of border_encounters: never add the two.",
        total_route=None,
    ),
    Indicator(
        "small_boat_arrivals",
        "People detected arriving in the UK by small boat",
        "persons",
        "flow",
        "One count per person detected arriving across the English Channel.",
        "Provisional operational figures; the quarterly release is the authoritative one.",
        total_route="english_channel",
    ),
    Indicator(
        "small_boats",
        "Small boats detected arriving in the UK",
        "boats",
        "flow",
        "One count per boat whose people were detected arriving.",
        "Divide arrivals by boats for persons per boat; never add boats to persons.",
        total_route="english_channel",
    ),
    Indicator(
        "small_boat_preventions",
        "People prevented from crossing the Channel, as reported by French authorities",
        "persons",
        "flow",
        "One count per person prevented per attempt; a person may be prevented repeatedly.",
        "Weekly from May 2024 only; revised more often than arrivals.",
        total_route="english_channel",
    ),
    Indicator(
        "small_boat_prevention_events",
        "Events in which a small-boat crossing was prevented",
        "events",
        "flow",
        "One count per event; each can involve many people.",
        "Weekly from May 2024 only.",
        total_route="english_channel",
    ),
    Indicator(
        "asylum_claims",
        "Asylum claims lodged, as the national authority counts them",
        "persons",
        "flow",
        "One count per person claiming, in the month (United Kingdom: quarter; New Zealand: "
        "financial year) of the claim.",
        "Canada: rounded to 5, 1 to 5 suppressed; New Zealand: July to June, below 5 suppressed; "
        "United Kingdom: exact, main applicants alone are what the Home Office calls applications; "
        "not comparable with UNHCR's annual figure to the unit, nor with applications counted in "
        "cases.",
    ),
    Indicator(
        "asylum_applications_new",
        "New asylum applications reported to UNHCR, counted in persons",
        "persons",
        "flow",
        "First-instance applications (types N, V, NR, NA) where UNHCR marks the row as persons.",
        "A country that switches from persons to cases leaves this series for that of cases: a "
        "gap is a change of unit, not of migration.",
    ),
    Indicator(
        "asylum_applications_new_cases",
        "New asylum applications reported to UNHCR, counted in cases",
        "cases",
        "flow",
        "First-instance applications (types N, V, NR, NA) where UNHCR marks the row as cases.",
        "A case can hold several persons: never added to or compared with persons.",
    ),
    Indicator(
        "asylum_decisions_recognized",
        "Decisions recognising refugee status, counted in persons",
        "persons",
        "flow",
        "All decision levels together where UNHCR marks the row as persons.",
        "Levels and authorities differ between countries.",
    ),
    Indicator(
        "asylum_decisions_total",
        "Substantive and otherwise closed asylum decisions, counted in persons",
        "persons",
        "flow",
        "UNHCR's own total of decisions, where it marks the row as persons.",
        "UNHCR's total is not always the sum of its parts.",
    ),
    Indicator(
        "asylum_decisions_recognized_cases",
        "Decisions recognising refugee status, counted in cases",
        "cases",
        "flow",
        "As asylum_decisions_recognized, where UNHCR marks the row as cases.",
        "Never added to persons.",
    ),
    Indicator(
        "asylum_decisions_total_cases",
        "Substantive and otherwise closed asylum decisions, counted in cases",
        "cases",
        "flow",
        "As asylum_decisions_total, where UNHCR marks the row as cases.",
        "Never added to persons.",
    ),
    Indicator(
        "refugees",
        "Refugees and people in refugee-like situations, at the end of the year",
        "persons",
        "stock",
        "People present at 31 December (or mid-year in a mid-year release).",
        "A stock: never summed over years.",
    ),
    Indicator(
        "asylum_seekers_pending",
        "Asylum-seekers whose claims are pending, at the end of the year",
        "persons",
        "stock",
        "People with a pending claim at 31 December (or mid-year in a mid-year release).",
        "A stock: never summed over years, never added to applications.",
    ),
    Indicator(
        "nationwide_encounters",
        "Encounters by US Customs and Border Protection, nationwide, all components",
        "events",
        "flow",
        "An event: somebody apprehended between crossings or found inadmissible at one (Title 8), "
        "or expelled (Title 42). A person met twice counts twice.",
        "Contains land_border_encounters and border_encounters: never add them to it.",
    ),
    Indicator(
        "irregular_arrivals",
        "People detected entering the UK irregularly, by any detected method of entry",
        "persons",
        "flow",
        "One count per detection of a person by small boat, inadequately documented air "
        "arrival, at a port or in the country.",
        "The authoritative quarterly figures; contain the small-boat arrivals that "
        "small_boat_arrivals counts provisionally. Detections depend on enforcement, above all "
        "inside the country.",
    ),
    Indicator(
        "claims_referred",
        "Claims referred to Canada's Refugee Protection Division, by country of alleged "
        "persecution",
        "persons",
        "flow",
        "One count per claimant referred in the period, returned and re-opened cases included.",
        "Later than asylum_claims by the time from claim to referral; country of alleged "
        "persecution, not citizenship.",
    ),
    Indicator(
        "claims_accepted",
        "Claims accepted by Canada's Refugee Protection Division",
        "persons",
        "flow",
        "One count per claimant accepted in the period.",
        "Divide by claims_finalized for a share; not by claims referred in the same period.",
    ),
    Indicator(
        "claims_finalized",
        "Claims finalised by Canada's Refugee Protection Division, whatever the outcome",
        "persons",
        "flow",
        "Accepted, rejected, abandoned, withdrawn and other, in the period.",
        "Decisions of a period are on claims of earlier periods.",
    ),
    Indicator(
        "claims_pending",
        "Claims pending before Canada's Refugee Protection Division",
        "persons",
        "stock",
        "One count per claimant pending at the end of the period.",
        "A stock: never summed over periods.",
    ),
    Indicator(
        "irregular_maritime_arrivals",
        "People arriving irregularly by boat in Australia",
        "persons",
        "flow",
        "One count per person arriving by boat without a visa, crew left out.",
        "The annual series ends with 2013: from 2014 its table counts people on boats turned back "
        "or returned, which are maritime_returns. The monthly updates go on counting arrivals, "
        "almost all of them zero.",
        total_route="sea",
    ),
    Indicator(
        "irregular_boats",
        "Irregular boats arriving in Australia",
        "boats",
        "flow",
        "One count per boat arriving, to 2013.",
        "Never add boats to persons; from 2014 the table counts maritime_return_boats.",
        total_route="sea",
    ),
    Indicator(
        "maritime_returns",
        "People on boats bound for Australia that were turned back or returned",
        "persons",
        "flow",
        "One count per person turned back, taken back or returned; crew left out.",
        "Not arrivals, and never put after them. By year from 2014 as the table of boat arrivals "
        "seems to count since then (inferred, not stated); by month as the monthly update states, "
        "where a month that says nothing is no zero.",
        total_route="sea",
    ),
    Indicator(
        "maritime_return_boats",
        "Boats bound for Australia that were turned back or returned",
        "boats",
        "flow",
        "One count per boat, by year from 2014.",
        "Not arrivals; never add boats to persons.",
        total_route="sea",
    ),
    Indicator(
        "protection_applications",
        "Applications for an onshore protection visa in Australia (subclass 866)",
        "persons",
        "flow",
        "One count per applicant lodging in the month.",
        "Lawful arrivals in the main; leaves out the temporary visas 785 and 790.",
    ),
    Indicator(
        "protection_grants",
        "Onshore protection visas granted in Australia (subclass 866)",
        "persons",
        "flow",
        "One count per applicant granted in the month.",
        "Grants of a month are on applications of earlier months.",
    ),
    Indicator(
        "protection_on_hand",
        "Onshore protection applications on hand in Australia (subclass 866, primary stage)",
        "persons",
        "stock",
        "One count per applicant without a primary decision at the end of the month.",
        "A stock: never summed over months.",
    ),
    Indicator(
        "claims_approved",
        "Refugee and protection claims approved in New Zealand",
        "persons",
        "flow",
        "One count per claimant approved in the financial year.",
        "Decisions of a year are on claims of earlier years.",
    ),
    Indicator(
        "resettlement_arrivals",
        "Refugees resettled to the country, as UNHCR reports them",
        "persons",
        "flow",
        "One count per refugee resettled in the year, with or without UNHCR's help.",
        "A regular pathway: never added to irregular arrivals or to claims.",
    ),
    Indicator(
        "naturalisations",
        "Refugees naturalised in the country of asylum",
        "persons",
        "flow",
        "One count per refugee given the nationality in the year.",
        "Reported by few countries; an absent figure is no zero.",
    ),
    Indicator(
        "refugee_returns",
        "Refugees returned to the country of origin",
        "persons",
        "flow",
        "One count per refugee returning in the year.",
        "By country of asylum returned from.",
    ),
    *UNITED_KINGDOM,
    *UNITED_STATES,
    *CONTEXT,
)
