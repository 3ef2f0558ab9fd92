"""The page docs/alert_skill.md: how good the alerts have been, made of one record.

The record is written by ``fcm alerts skill``; every figure of the page stands in it. This module
sorts it for the templates, which hold the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fcm_migration.reports.skill.rendering import render
from fcm_migration.studies.alerts.evaluation import CHANCE_HEADLINED, HEADLINED, SPLIT

SHOWN = (
    ("recall", "recall"),
    ("by_onset_and_one", "by T0+1"),
    ("two_before_peak", "2 m before peak"),
    ("two_before_peak_published", "same, by usual publication"),
    ("recall_large", "recall, 5,000 a year"),
    ("surge_precision", "surge precision"),
    ("confirmed_precision", "confirmed"),
    ("false_per_100", "false per 100"),
    ("alerts_per_100", "alerts per 100"),
)
# the figures and the rules by which the two stretches are compared
CONTRASTED = (
    ("recall", "surges found"),
    ("surge_precision", "alerts that found a surge"),
    ("confirmed_precision", "alerts that proved right"),
    ("false_per_100", "false alarms per 100 series-months"),
)
CONTRAST_RULES = ("ALERT", "STRONG", HEADLINED, "chance", CHANCE_HEADLINED)
LISTED = 15  # misses and false alarms named one by one

Record = Mapping[str, Any]


def alert_page(record: Record) -> str:
    """Return the page as Markdown."""
    text = render(
        "alert_skill.md.j2",
        day=record["measured_date"],
        shown=SHOWN,
        listed=LISTED,
        contrast=_contrast(record["stretches"]),
        stretches=[
            {**stretch, "sets": [_set(own) for own in stretch["sets"]]}
            for stretch in record["stretches"]
        ],
        totals=record["labelled_totals"],
        has_power=bool(record["power"]),
        power=_power(record["power"]),
        track_record=record["track_record"],
        as_of=sorted(record["as_of"].items()),
    )
    return text.rstrip() + "\n"


def _contrast(stretches: Sequence[Record]) -> dict[str, Any] | None:
    """Return the years of surges beside those after them, or None where one of them is missing.

    Compared is the first set of the years of surges; the years after them must have it too.
    """
    eras = {stretch.get("era"): stretch for stretch in stretches}
    if not {"surges", "after"} <= set(eras):
        return None
    first, after = eras["surges"], eras["after"]
    name = first["sets"][0]["set"]
    both = [
        {**stretch, **next(own for own in stretch["sets"] if own["set"] == name)}
        for stretch in (first, after)
    ]
    for own in both:
        own["by_rule"] = {entry["rule"]: entry for entry in own["rules"] if entry["span"] == "all"}
    return {
        "name": name,
        "shown": CONTRASTED,
        "rules": CONTRAST_RULES,
        "stretches": both,
        "headlines": [_headlines(own["by_rule"]) for own in both],
    }


def _headlines(by_rule: Mapping[str, Record]) -> dict[str, Any]:
    """Return the share of surges that headlined alerts find, beside two kinds of chance.

    ``own_chance`` draws as many alerts as were headlined, ``chance`` as many as ALERT has.
    ``is_better`` and ``is_better_than_all`` say whether headlines find more than the upper end of
    the 95 % interval of each.
    """
    recall = {rule: by_rule[rule]["figures"]["recall"] for rule in CONTRAST_RULES}
    found = recall[HEADLINED][0]
    own_chance, chance = recall[CHANCE_HEADLINED], recall["chance"]
    return {
        "found": found,
        "all": recall["ALERT"][0],
        "own_chance": own_chance[0],
        "chance": chance[0],
        "is_better": found > own_chance[2],
        "is_better_than_all": found > chance[2],
    }


def _set(own: Record) -> dict[str, Any]:
    """Return a set of series with its rules sorted: over all years, and boom beside quiet years."""
    whole = [entry for entry in own["rules"] if entry["span"] == "all"]
    split = [entry for entry in own["rules"] if entry["span"] != "all"]
    both = {"boom", "quiet"} <= {entry["span"] for entry in split}
    return {
        **own,
        "name": own["set"],
        "rules": whole,
        "split": [entry for entry in split if entry["rule"] in SPLIT] if both else None,
        "missed": [_place(item) for item in own["missed"]],
        "false_alarms": [_place(item) for item in own["false_alarms"]],
    }


def _place(item: Record) -> dict[str, Any]:
    """Return an item with its series in short: origin, destination and route."""
    _, _, destination, origin, route, *_ = item["series_id"].split("/")
    return {**item, "place": f"{origin}-{destination}" + ("" if route == "all" else f" {route}")}


def _power(rows: Sequence[Record]) -> list[dict[str, Any]]:
    """Return the share of ramps found, the rules side by side, by kind of threshold."""
    tables = []
    for kind in ("own", "equal_false_alarms"):
        shown = [row for row in rows if row["factor"] > 1 and row["threshold_kind"] == kind]
        ramps: dict[tuple[float, float, int], dict[str, Record]] = {}
        for row in shown:
            key = (row["mean_band"], row["factor"], row["ramp_months"])
            ramps.setdefault(key, {})[row["rule"]] = row
        if ramps:
            tables.append(
                {
                    "kind": kind,
                    "rules": list(dict.fromkeys(row["rule"] for row in shown)),
                    "ramps": [
                        {"mean": mean, "factor": f"{factor:g}", "months": months, "by": by}
                        for (mean, factor, months), by in ramps.items()
                    ],
                }
            )
    return tables
