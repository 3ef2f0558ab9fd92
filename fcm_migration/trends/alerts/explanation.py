"""The explanation of an alert in sentences; every figure in them is one of the tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from fcm_migration.catalog.wording import TOTAL, country_words, measure_words
from fcm_migration.periods import period_words
from fcm_migration.trends.alerts.record import ALL, records_of
from fcm_migration.trends.detection.settings import RULES

# a record of fewer judged alerts is replaced by that of all kinds, then of all record groups
FEWEST_JUDGED = 20
KIND_EXPLANATIONS = {
    "common": "The route or destination as a whole moves",
    "own": "The movement of the route as a whole does not explain it",
    "own_weak": "The movement of the route as a whole explains only a part of it",
    "tide": "It moves with the route as a whole",
    "new_origin": f"There were fewer than {RULES.new_sum:.0f} in the two years before",
    "build_up": "It is a large series that grows slowly",
    "definition": "The comparison year uses another definition; this may not be a real change",
}
OUTCOME_EXPLANATIONS = {
    "hit": "a surge",
    "repeat": "within a known surge",
    "grow": "it stayed at least half as high again",
    "false": "it did not last",
    "open": "too early to say",
}
CAVEAT = {
    "surge": "The score says how likely the rise is to be real, not how much more will come.",
    "drop": "The score says how likely the fall is to be real, not how long it will last.",
}
MOVE = {"surge": "rise", "drop": "fall"}


def explanations(
    rows: pl.DataFrame,
    precedents: pl.DataFrame,
    record: pl.DataFrame,
    names: Mapping[str, str],
) -> pl.Series:
    """Return the explanation of each row, in their order.

    Args:
        rows: alerts with every column of ``trend.alerts`` but the explanation, their record group
            in ``pool``, and the date of the source's newest release in ``newest_release``.
        precedents: rows of ``trend.precedents``.
        record: rows of ``trend.track_record``.
        names: names of countries by code, as in ``meta.countries``.
    """
    known = dict(records_of(record))
    named = {
        row["alert_id"]: row
        for row in rows.filter("opens_episode").iter_rows(named=True)
    }  # fmt: skip
    similar: dict[str, list[dict[str, Any]]] = {}
    for row in precedents.iter_rows(named=True):
        similar.setdefault(row["alert_id"], []).append(row)
    texts = [
        _text(row, record_of(row, known), similar.get(row["alert_id"], ()), named, names)
        for row in rows.iter_rows(named=True)
    ]
    return pl.Series("explanation", texts, dtype=pl.String)


def _text(
    row: Mapping[str, Any],
    record: Mapping[str, Any] | None,
    similar: Iterable[Mapping[str, Any]],
    named: Mapping[str, Mapping[str, Any]],
    names: Mapping[str, str],
) -> str:
    return " ".join(
        part
        for part in (
            _figures(row, names),
            _dates(row),
            f"Known causes: {row['causes']}" if row["causes"] else "",
            _newer(row),
            _revised(row),
            _right(row, record),
            _alike(similar, named, names),
            CAVEAT[row["direction"]],
        )
        if part
    )


def _figures(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    rises = row["direction"] == "surge"
    tier = "Strong alert" if row["tier"] == "strong" else "Alert"
    bound = f"{'up to' if rises else 'down to'} {count(row['bound'])}"
    what = measure_words(
        row["indicator"],
        destination=row["destination_iso3"],
        origin=row["origin_iso3"],
        route=row["route"],
        place=row["place"],
        names=names,
    )
    return (
        f"{tier} of a {MOVE[row['direction']]}, score {row['score']:.0f} of 100. {what} "
        f"({row['indicator']} of {row['source_id']}): {count(row['observed'])} {row['unit']} "
        f"{period_words(row['period'], row['frequency'])}. The mean of the year before was "
        f"{count(row['expected'])}, and {bound} would not be unusual. {_level(row)}. {_within(row)}"
        f"{KIND_EXPLANATIONS[row['kind']]} (kind {row['kind']}){_listed(row)}."
    )


def _within(row: Mapping[str, Any]) -> str:
    """Return the reason of an alert whose figure is within the bound; empty if it is beyond."""
    rises = row["direction"] == "surge"
    if row["observed"] > row["bound"] if rises else row["observed"] < row["bound"]:
        return ""
    return (
        f"The figure alone is within that bound ({100 * row['p_value']:.0f}% of quiet periods "
        f"were at least as surprising): the alert rests on the {MOVE[row['direction']]} of the "
        "recent level. "
    )


def _level(row: Mapping[str, Any]) -> str:
    """Return the recent level beside the year before and, for parts of a route, beside the whole.

    Falls are told in percent: a tenth of a level would be "0.1 times", a hundredth "0.0 times".
    """
    rises = row["direction"] == "surge"
    ratio, own = row["ratio"], row["own_ratio"]
    change = f"{ratio:.1f} times" if rises else f"down {100 * (1 - ratio):.0f}% on"
    said = f"The recent level is {change} that of the year before"
    if row["kind"] == "common":
        return said
    share = f"{own:.1f} times" if rises else f"{100 * own:.0f}% of"
    return f"{said} and {share} what the movement of the route as a whole explains"


def _listed(row: Mapping[str, Any]) -> str:
    if row["same_movement_as"] is not None:
        return f"; alert {row['same_movement_as']} reports the same movement and is headlined"
    listed = row["common_alert_id"] is not None and not row["is_headlined"]
    return "; it is listed under the common alert" if listed else ""


def _dates(row: Mapping[str, Any]) -> str:
    rests = ", by its publisher's usual lag" if row["is_lag_usual"] else ""
    since = period_words(row["episode_start"], row["frequency"])
    return (
        f"The episode began {since} and was public from {row['first_public_from'].isoformat()}; "
        f"this figure was public from {row['public_from'].isoformat()}{rests}."
    )


def _newer(row: Mapping[str, Any]) -> str:
    """Return the newest figure known since; empty where the alert is about it."""
    if row["newer_period"] is None:
        return ""
    when = period_words(row["newer_period"], row["frequency"])
    partial = ", a period not over or not fully reported" if row["newer_is_partial"] else ""
    return f"Newest figure: {count(row['newer_value'])} {row['unit']} {when}{partial}."


def _revised(row: Mapping[str, Any]) -> str:
    """Return until when a revision is likely; empty once the newest release is later than that."""
    until = row["revised_until"]
    if until is None or row["newest_release"] > until:
        return ""
    return f"Its publisher usually revises such a figure until about {until.isoformat()}."


def record_of(
    row: Mapping[str, Any], known: Mapping[tuple[str, str, str], Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """Return the narrowest record with enough judged alerts, or None.

    Args:
        row: an alert with its record group in ``pool``.
        known: rows of ``trend.track_record`` by record group, tier and kind.
    """
    for pool, kind in ((row["pool"], row["kind"]), (row["pool"], ALL), (ALL, row["kind"])):
        found = known.get((pool, row["tier"], kind))
        if found is not None and found["judged"] >= FEWEST_JUDGED:
            return found
    found = known.get((ALL, row["tier"], ALL))
    return found if found is not None and found["judged"] >= FEWEST_JUDGED else None


def _right(row: Mapping[str, Any], record: Mapping[str, Any] | None) -> str:
    if row["direction"] == "drop":
        return "Alerts of falls are not scored yet."
    if record is None:
        return f"Fewer than {FEWEST_JUDGED} such alerts are old enough to be judged."
    tier = "strong alerts" if record["tier"] == "strong" else "alerts below the strong tier"
    kind = "of any kind" if record["alert_kind"] == ALL else f"of kind {record['alert_kind']}"
    where = "in all sources" if record["pool"] == ALL else f"in {record['pool']}"
    right = record["judged"] - record["false_alarms"]
    return (
        f"Record, as of this edition: {right} of {record['judged']} {tier} {kind} {where} have "
        f"proved right (95% interval {100 * record['confirmed_lower']:.0f} to "
        f"{100 * record['confirmed_upper']:.0f}%)."
    )


def _alike(
    similar: Iterable[Mapping[str, Any]],
    named: Mapping[str, Mapping[str, Any]],
    names: Mapping[str, str],
) -> str:
    told = []
    for item in similar:
        other = named[item["other_alert_id"]]
        later = "year" if other["frequency"] == "A" else "half-year"
        after = "unknown" if item["level_after"] is None else count(item["level_after"])
        outcome = f"; {OUTCOME_EXPLANATIONS[other['outcome']]}" if other["outcome"] else ""
        told.append(
            f"{_whose(other, names)} {period_words(other['period'], other['frequency'])} (mean "
            f"{count(item['level_before'])} before, {after} in the {later} after{outcome})"
        )
    if not told:
        return "No earlier episode resembles it."
    return f"Most similar earlier episodes: {'; '.join(told)}."


def _whose(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    origin = row["origin_iso3"]
    who = "all origins" if origin == TOTAL else country_words(origin, names)
    where = [row[name].replace("_", " ") for name in ("route", "place") if row[name] != "all"]
    return f"{who} to {country_words(row['destination_iso3'], names)}" + "".join(
        f", {part}" for part in where
    )


def count(value: float) -> str:
    """Return a count to the unit, with thousands apart."""
    return f"{value:,.0f}"
