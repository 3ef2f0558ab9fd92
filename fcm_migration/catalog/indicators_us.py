"""Indicators of repatriations from the United States, and of credible fear screenings there."""

from __future__ import annotations

from fcm_migration.catalog.model import Indicator

UNITED_STATES: tuple[Indicator, ...] = (
    Indicator(
        "repatriations",
        "Removals, returns and Title 42 expulsions from the United States",
        "events",
        "flow",
        "One count per confirmed movement out of the country; the same person can count twice.",
        "The sum of removals, enforcement_returns, administrative_returns and title_42_expulsions: "
        "never add it to them. Follows what is enforced and agreed with other countries.",
    ),
    Indicator(
        "removals",
        "Removals from the United States",
        "events",
        "flow",
        "One count per confirmed movement out of the country on an order of removal, by ICE or "
        "CBP.",
        "Most follow a first arrest by CBP. Low while people were expelled under Title 42 (March "
        "2020 to May 2023), which is no removal. Not comparable with returns_enforced of the "
        "United Kingdom, which take in other measures.",
    ),
    Indicator(
        "enforcement_returns",
        "Enforcement returns from the United States",
        "events",
        "flow",
        "One count per confirmed movement out of the country without an order of removal: "
        "withdrawn applications for admission, voluntary returns and departures.",
        "Contains travellers who withdrew their application at a port of entry, many of them from "
        "Canada, India or France: not only people who entered irregularly.",
    ),
    Indicator(
        "administrative_returns",
        "Administrative returns from the United States",
        "events",
        "flow",
        "One count per return at a port of entry without removal proceedings, mostly members of "
        "ships' crews kept aboard; withdrawn applications of fiscal years 2018 to 2023 only.",
        "Hardly migration: the Philippines, India and China lead.",
    ),
    Indicator(
        "title_42_expulsions",
        "Expulsions from the United States under Title 42",
        "events",
        "flow",
        "One count per expulsion under the public health order, 20 March 2020 to 11 May 2023.",
        "Each is an encounter too: never added to encounters. The other months have no figure, as "
        "the publisher calls them not applicable.",
    ),
    Indicator(
        "credible_fear_referrals",
        "Credible fear cases referred to US Citizenship and Immigration Services",
        "cases",
        "flow",
        "One count per case, by the day it was created; the publisher counts unique applicants. "
        "From the southwest border by citizenship only, without a total.",
        "People in expedited removal who fear return, not all who ask for asylum: no part of "
        "asylum applications, and not comparable with claims in other countries.",
    ),
    Indicator(
        "credible_fear_completed",
        "Credible fear cases completed in the United States",
        "cases",
        "flow",
        "One count per case decided or closed, by that day.",
        "The sum of credible_fear_positive, credible_fear_negative and credible_fear_closures: "
        "never add it to them. Not the cases referred in the same month.",
    ),
    Indicator(
        "credible_fear_positive",
        "Credible fear cases in which fear was found",
        "cases",
        "flow",
        "One count per case, by the day of the decision.",
        "Part of credible_fear_completed. It opens the way to a claim for asylum and grants "
        "nothing.",
    ),
    Indicator(
        "credible_fear_negative",
        "Credible fear cases in which no fear was found",
        "cases",
        "flow",
        "One count per case, by the day of the decision.",
        "Part of credible_fear_completed.",
    ),
    Indicator(
        "credible_fear_closures",
        "Credible fear cases closed without a decision",
        "cases",
        "flow",
        "One count per administrative closure, by its day.",
        "Part of credible_fear_completed.",
    ),
)
