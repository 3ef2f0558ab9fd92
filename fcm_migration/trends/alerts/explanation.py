"""The sentence of an alert, in which every figure is one of the published tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from fcm_migration.periods import period_name
from fcm_migration.trends.alerts.record import ALL, records_of
from fcm_migration.trends.detection.settings import RULES

# a record of fewer judged alerts is replaced by that of all kinds, then of all record groups
FEWEST_JUDGED = 20
KIND_EXPLANATIONS = {
    "common": "the route or destination as a whole moves",
    "own": "not explained by the route as a whole",
    "own_weak": "only partly explained by the route as a whole",
    "tide": "moves with the route as a whole",
    "new_origin": f"fewer than {RULES.new_sum:.0f} in the two years before",
    "build_up": "a large series that grows slowly",
    "definition": "the comparison year uses another definition; this may not be a real change",
}
OUTCOME_EXPLANATIONS = {
    "hit": "a surge",
    "repeat": "within a known surge",
    "grow": "stayed half as high again",
    "false": "did not last",
    "open": "too early to say",
}
CAVEAT = {
    "surge": "The score ranks how real the rise is, not how much more will come.",
    "drop": "The score ranks how real the fall is, not how long it will last.",
}


def explanations(rows: pl.DataFrame, precedents: pl.DataFrame, record: pl.DataFrame) -> pl.Series:
    """Return the explanation of each row, in their order.

    Args:
        rows: alerts with every column of ``trend.alerts`` but the explanation, their record group
            in ``pool``, and the date of the source's newest release in ``newest_release``.
        precedents: rows of ``trend.precedents``.
        record: rows of ``trend.track_record``.
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
        _text(row, record_of(row, known), similar.get(row["alert_id"], ()), named)
        for row in rows.iter_rows(named=True)
    ]
    return pl.Series("explanation", texts, dtype=pl.String)


def _text(
    row: Mapping[str, Any],
    record: Mapping[str, Any] | None,
    similar: Iterable[Mapping[str, Any]],
    named: Mapping[str, Mapping[str, Any]],
) -> str:
    return " ".join(
        part
        for part in (
            _figures(row),
            _dates(row),
            f"Known: {row['causes']}" if row["causes"] else "",
            _newer(row),
            _revised(row),
            _right(row, record),
            _alike(similar, named),
            CAVEAT[row["direction"]],
        )
        if part
    )


def _figures(row: Mapping[str, Any]) -> str:
    side = "upper" if row["direction"] == "surge" else "lower"
    return (
        f"{row['direction'].capitalize()} ({row['tier']}, score {row['score']:.0f}): "
        f"{_what(row)}, {period_name(row['period'], row['frequency'])}: {count(row['observed'])} "
        f"{row['unit']}, expected {count(row['expected'])} (mean of the year before), {side} "
        f"bound {count(row['bound'])}; recent level {_level(row)}. "
        f"{_within(row)}Kind {row['kind']}: {KIND_EXPLANATIONS[row['kind']]}{_listed(row)}."
    )


def _within(row: Mapping[str, Any]) -> str:
    """Return what the alert rests on where its figure is within the bound; empty beyond it."""
    rises = row["direction"] == "surge"
    if row["observed"] > row["bound"] if rises else row["observed"] < row["bound"]:
        return ""
    return (
        "The figure alone is not beyond the bound (of quiet periods, "
        f"{100 * row['p_value']:.0f} % were at least as surprising): the alert rests on the "
        f"{'rise' if rises else 'fall'} of the recent level. "
    )


def _level(row: Mapping[str, Any]) -> str:
    """Return the recent level beside the year before and, for parts of a route, beside the whole.

    Falls are told in percent: a tenth of a level would be "0.1 times", a hundredth "0.0 times".
    """
    rises = row["direction"] == "surge"
    ratio, own = row["ratio"], row["own_ratio"]
    change = f"{ratio:.1f} times" if rises else f"down {100 * (1 - ratio):.0f} % on"
    if row["kind"] == "common":
        return f"{change} the year before"
    share = f"{own:.1f} times" if rises else f"{100 * own:.0f} % of"
    return f"{change} the year before, {share} what the route as a whole explains"


def _listed(row: Mapping[str, Any]) -> str:
    if row["same_movement_as"] is not None:
        return f"; the same movement as alert {row['same_movement_as']}, which is headlined"
    listed = row["common_alert_id"] is not None and not row["is_headlined"]
    return "; listed under the common alert" if listed else ""


def _what(row: Mapping[str, Any]) -> str:
    origin = "all origins" if row["origin_iso3"] == "total" else row["origin_iso3"]
    way = "" if row["route"] == "all" else f", {row['route']}"
    place = "" if row["place"] == "all" else f", {row['place']}"
    return (
        f"{row['indicator']} of {row['source_id']}, {origin} to {row['destination_iso3']}"
        f"{way}{place}"
    )


def _dates(row: Mapping[str, Any]) -> str:
    rests = " (publisher's usual lag)" if row["is_lag_usual"] else ""
    since = period_name(row["episode_start"], row["frequency"])
    return (
        f"Since {since} (public from {row['first_public_from'].isoformat()}); this figure was "
        f"public from {row['public_from'].isoformat()}{rests}."
    )


def _newer(row: Mapping[str, Any]) -> str:
    """Return the newest figure known since; empty where the alert is about it."""
    if row["newer_period"] is None:
        return ""
    when = period_name(row["newer_period"], row["frequency"])
    partial = ", a period not over or not all reported" if row["newer_is_partial"] else ""
    return f"Newest figure: {count(row['newer_value'])} {row['unit']} ({when}{partial})."


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
        return "No record of falls is kept."
    if record is None:
        return f"Fewer than {FEWEST_JUDGED} such alerts are old enough to be judged."
    kind = "any kind" if record["alert_kind"] == ALL else f"kind {record['alert_kind']}"
    where = "all sources" if record["pool"] == ALL else record["pool"]
    right = record["judged"] - record["false_alarms"]
    return (
        f"Record of such alerts as of this edition ({record['tier']}, {kind}, {where}): {right} of "
        f"{record['judged']} judged proved right (95 % interval "
        f"{100 * record['confirmed_lower']:.0f} to {100 * record['confirmed_upper']:.0f} %)."
    )


def _alike(
    similar: Iterable[Mapping[str, Any]],
    named: Mapping[str, Mapping[str, Any]],
) -> str:
    told = []
    for item in similar:
        other = named[item["other_alert_id"]]
        later = "year" if other["frequency"] == "A" else "half-year"
        after = "unknown" if item["level_after"] is None else count(item["level_after"])
        outcome = f"; {OUTCOME_EXPLANATIONS[other['outcome']]}" if other["outcome"] else ""
        told.append(
            f"{_whose(other)} {period_name(other['period'], other['frequency'])} "
            f"({count(item['level_before'])} before, {after} in the {later} after{outcome})"
        )
    return f"Most similar: {'; '.join(told)}." if told else "No similar episode before it."


def _whose(row: Mapping[str, Any]) -> str:
    names = [row["origin_iso3"] if row["origin_iso3"] != "total" else "all origins"]
    names += [row[name] for name in ("route", "place") if row[name] != "all"]
    return " ".join([*names, "to", row["destination_iso3"]])


def count(value: float) -> str:
    """Return a count to the unit, with thousands apart."""
    return f"{value:,.0f}"
