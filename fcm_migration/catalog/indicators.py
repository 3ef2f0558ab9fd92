"""The dictionary of harmonised indicators: one unit each, and what it may be compared with."""

from __future__ import annotations

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
        "Title 8 apprehensions and inadmissibles plus Title 42 expulsions; events, not persons.",
        "Contains the southwest Border Patrol part of border_encounters: never add the two.",
    ),
    Indicator(
        "small_boat_arrivals",
        "People detected arriving in the UK by small boat",
        "persons",
        "flow",
        "One count per person detected arriving across the English Channel.",
        "Provisional operational figures; the quarterly release is the authoritative one.",
    ),
    Indicator(
        "small_boats",
        "Small boats detected arriving in the UK",
        "boats",
        "flow",
        "One count per boat whose people were detected arriving.",
        "Divide arrivals by boats for persons per boat; never add boats to persons.",
    ),
    Indicator(
        "small_boat_preventions",
        "People prevented from crossing the Channel, as reported by French authorities",
        "persons",
        "flow",
        "One count per person prevented per attempt; a person may be prevented repeatedly.",
        "Weekly from May 2024 only; revised more often than arrivals.",
    ),
    Indicator(
        "small_boat_prevention_events",
        "Events in which a small-boat crossing was prevented",
        "events",
        "flow",
        "One count per event; each can involve many people.",
        "Weekly from May 2024 only.",
    ),
    Indicator(
        "asylum_claims",
        "Asylum claims lodged, as the national authority counts them",
        "persons",
        "flow",
        "One count per person claiming, in the month of the claim.",
        "Canada: rounded to 5, 1 to 5 suppressed; not comparable with UNHCR's annual figure to "
        "the unit, nor with applications counted in cases.",
    ),
    Indicator(
        "asylum_applications_new",
        "New asylum applications reported to UNHCR, counted in persons",
        "persons",
        "flow",
        "First-instance applications (types N, V, NR, NA) where UNHCR marks the row as persons.",
        "A country that switches between cases and persons leaves this series for "
        "asylum_applications_new_cases: a gap is a change of unit, not of migration.",
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
        "Publisher's dec_total where UNHCR marks the row as persons.",
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
)

BY_ID: dict[str, Indicator] = {item.indicator: item for item in INDICATORS}
