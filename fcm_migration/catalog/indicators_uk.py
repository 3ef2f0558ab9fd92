"""Indicators of asylum in the United Kingdom after the claim, and of returns from there."""

from __future__ import annotations

from fcm_migration.catalog.model import Indicator

UNITED_KINGDOM: tuple[Indicator, ...] = (
    Indicator(
        "asylum_initial_decisions",
        "People given an initial decision on their asylum claim in the United Kingdom",
        "persons",
        "flow",
        "Grants and refusals at initial decision in the quarter, main applicants and dependants, "
        "from 2002; without withdrawals and administrative outcomes.",
        "Decisions of a quarter are on claims of earlier quarters: no share of the claims beside "
        "them. Contains asylum_initial_grants; never added to the same decisions counted in cases.",
    ),
    Indicator(
        "asylum_initial_decisions_cases",
        "Initial decisions on asylum claims in the United Kingdom, counted in cases",
        "cases",
        "flow",
        "As asylum_initial_decisions, main applicants only: one count per case, from 2001.",
        "Never added to persons. Contains asylum_initial_grants_cases.",
    ),
    Indicator(
        "asylum_initial_grants",
        "People granted protection or other leave at initial decision in the United Kingdom",
        "persons",
        "flow",
        "Grants of protection and of other leave in the quarter, main applicants and dependants.",
        "Part of asylum_initial_decisions, by which it is divided for the grant rate at initial "
        "decision; grants after appeal are not in it.",
    ),
    Indicator(
        "asylum_initial_grants_cases",
        "Grants of protection or other leave at initial decision in the United Kingdom, in cases",
        "cases",
        "flow",
        "As asylum_initial_grants, main applicants only: one count per case.",
        "Part of asylum_initial_decisions_cases. Never added to persons.",
    ),
    Indicator(
        "asylum_initial_protection",
        "People granted protection at initial decision in the United Kingdom",
        "persons",
        "flow",
        "Refugee permission, temporary refugee permission and humanitarian protection in the "
        "quarter, main applicants and dependants.",
        "Part of asylum_initial_grants. Wider than recognition as UNHCR counts it, which leaves "
        "out humanitarian protection; UNHCR's figure takes in all levels of decision.",
    ),
    Indicator(
        "asylum_initial_protection_cases",
        "Grants of protection at initial decision in the United Kingdom, counted in cases",
        "cases",
        "flow",
        "As asylum_initial_protection, main applicants only: one count per case.",
        "Part of asylum_initial_grants_cases. Never added to persons.",
    ),
    Indicator(
        "asylum_withdrawals",
        "People whose asylum claim was withdrawn before an initial decision in the United Kingdom",
        "persons",
        "flow",
        "Explicit, implicit and other withdrawals in the quarter, main applicants and dependants.",
        "No part of asylum_initial_decisions. Many are treated as withdrawn by the authority: a "
        "rise can be a rule, not a choice.",
    ),
    Indicator(
        "refugees_resettled",
        "People resettled or relocated to the United Kingdom, as the Home Office counts them",
        "persons",
        "flow",
        "One count per person arriving in the quarter under a scheme of resettlement, from 2010, "
        "or of relocation from Afghanistan, from 2021.",
        "A regular pathway: never added to irregular arrivals, to claims or to decisions. UNHCR "
        "counts part of the same people as resettlement_arrivals.",
    ),
    Indicator(
        "asylum_awaiting_decision",
        "People whose asylum claim awaits an initial decision in the United Kingdom",
        "persons",
        "stock",
        "Main applicants and dependants at the last day of the quarter; without further reviews.",
        "A stock: never summed over quarters, never added to claims or decisions, nor to the same "
        "claims counted in cases. UNHCR's asylum_seekers_pending can also count appeals.",
    ),
    Indicator(
        "asylum_awaiting_decision_cases",
        "Asylum claims awaiting an initial decision in the United Kingdom, counted in cases",
        "cases",
        "stock",
        "As asylum_awaiting_decision, main applicants only: one count per case.",
        "A stock: never summed over quarters. Never added to persons.",
    ),
    Indicator(
        "asylum_support",
        "People receiving asylum support in the United Kingdom",
        "persons",
        "stock",
        "People supported under Sections 95, 98 or 4 at the last day of the quarter, dependants "
        "included, in accommodation or with money only.",
        "A stock: never summed over quarters, never added to people awaiting a decision, most of "
        "whom it counts again. By nationality incomplete before December 2022.",
    ),
    Indicator(
        "returns_enforced",
        "Enforced returns from the United Kingdom",
        "events",
        "flow",
        "One count per removal by the authorities in the quarter, whether or not asylum was "
        "claimed.",
        "Counts returns, not persons. Never added to departures after entry was refused, which are "
        "no returns from the country.",
    ),
    Indicator(
        "returns_voluntary",
        "Voluntary returns from the United Kingdom",
        "events",
        "flow",
        "One count per assisted, controlled or later verified departure in the quarter.",
        "Counts returns, not persons. The newest quarters grow as departures are verified.",
    ),
    Indicator(
        "refused_entry_departures",
        "Departures after entry was refused at a port of the United Kingdom",
        "events",
        "flow",
        "One count per passenger refused entry at a port, or at a control in France or Belgium, "
        "who then departed, in the quarter.",
        "Mostly travellers, not people who entered: never added to returns or to arrivals.",
    ),
)
