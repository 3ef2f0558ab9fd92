"""The page on how good the alerts have been: a Markdown text made of one record.

The record is written by ``fcm alerts skill`` (see :mod:`fcm_migration.refresh.alert_skill`); every
figure of the page stands in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fcm_migration.reports.skill.markdown import table
from fcm_migration.studies.alerts.evaluation import SPLIT

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
INTRODUCTION = """# How good the alerts have been

Written by `fcm alerts skill` on {date}; do not edit. Every alert is replayed as it would have been
raised then: each period judged by itself and earlier ones alone, calibrated on earlier years alone.

How it is counted (docs/decisions/alerts.md has the reasons):

- A **surge** is found afterwards, by rule, in every series: the year after is at least three times
  the year before and at least as large as stated. Its onset (T0) is the first month at twice the
  level before that holds.
- An **episode** opens with an alert and is issued again after half a year. Only its first period
  counts: from half a year before T0 to a quarter after it has found the surge (hit); later, up to
  the peak, it repeats; otherwise it has grown if the next half-year is half as high again, and is
  false if it is not. Episodes with less than a quarter after them are left out.
- **Recall** is the share of surges found; **surge precision** hits among hits, grown and false;
  **confirmed** the share that was not false; **false per 100** in a hundred periods of active
  series. "By usual publication" counts from the day a figure is public by its publisher's usual
  lag, in whole periods.
- **Labelled events** (data/reference/labelled_events.csv) decide what became of an episode beside
  the surges found by rule; one row shows ALERT without them. They are listed apart.
- **Headlined** counts only what is not listed under a common alert: while a whole route rises,
  at most three of its origins a period.
- **Chance** is the same number of episodes of each series, at random among its active periods:
  read it first, because in years in which everything rises everybody is right.
- All rules share the size floor and the rule of activity. Intervals in brackets are 95 %, series
  drawn with replacement; they do not cover that many surges began in one year.
- Nothing here says that an alert foretells further growth: at the time of an alert nothing that
  was measured does.
"""


def skill_page(record: Mapping[str, Any]) -> str:
    """The page."""
    parts = [INTRODUCTION.format(date=record["measured_date"])]
    for stretch in record["stretches"]:
        parts += _stretch(stretch)
    parts += _totals(record["labelled_totals"])
    if record["power"]:
        parts += _power(record["power"])
    parts += _kinds(record["track_record"])
    parts.append(_sources(record["as_of"]))
    return "\n".join(parts).rstrip() + "\n"


def _stretch(stretch: Mapping[str, Any]) -> list[str]:
    lines = [
        f"## {stretch['words']}\n",
        f"Periods {_month(stretch['first_period'])} to {_month(stretch['last_period'])}; surges of "
        f"at least {stretch['surge_size']:,.0f} in their first year.\n",
    ]
    for own in stretch["sets"]:
        lines += _set(own)
    return lines


def _set(own: Mapping[str, Any]) -> list[str]:
    lines = [
        f"### `{own['set']}`\n",
        f"{own['series']} series, {own['active_periods']:,} periods of active series, "
        f"{own['surges']} surges.\n",
        *table(
            ["rule", *(label for _, label in SHOWN)],
            (
                [entry["rule"], *(_interval(entry["figures"][name]) for name, _ in SHOWN)]
                for entry in own["rules"]
                if entry["span"] == "all"
            ),
        ),
    ]
    split = [entry for entry in own["rules"] if entry["span"] != "all"]
    if split and {"boom", "quiet"} <= {entry["span"] for entry in split}:
        lines += [
            "Boom years (at least one surge begun in 100 active periods) and quiet ones:\n",
            *table(
                ["rule", "years", "surges", *(label for _, label in SHOWN)],
                (
                    [
                        entry["rule"],
                        entry["span"],
                        f"{entry['counts']['surges']:.0f}",
                        *(_interval(entry["figures"][name]) for name, _ in SHOWN),
                    ]
                    for entry in split
                    if entry["rule"] in SPLIT
                ),
            ),
        ]
    lines += _leads(own)
    lines += _ranking(own)
    lines += _events(own)
    lines += _failures(own)
    return lines


def _leads(own: Mapping[str, Any]) -> list[str]:
    first = next(entry for entry in own["rules"] if entry["span"] == "all")
    peak, onset = first["periods_to_peak"], first["periods_from_onset"]
    if peak is None:
        return []
    return [
        f"{first['rule']}: periods from alert to peak, median {peak['median']:.0f} (quartiles "
        f"{peak['quarter']:.0f} and {peak['three_quarters']:.0f}); from onset to alert, median "
        f"{onset['median']:.0f} (quartiles {onset['quarter']:.0f} and "
        f"{onset['three_quarters']:.0f}).\n"
    ]


def _ranking(own: Mapping[str, Any]) -> list[str]:
    if len(own["ranking"]) < 2:
        return []
    rows = (
        [
            curve["rule"] if curve["rule"] != "ALERT" else "score of the alerts",
            _interval(curve["area"]),
            "" if number == 0 else _interval(curve["first_minus_this"], signed=True),
        ]
        for number, curve in enumerate(own["ranking"])
    )
    return [
        "Area under the curve of surge precision over recall as the threshold of each rule's score "
        "falls, and how far the score of the alerts is above it:\n",
        *table(["score", "area", "score of the alerts minus this"], rows),
    ]


def _events(own: Mapping[str, Any]) -> list[str]:
    if not own["labelled"]:
        return []
    rows = (
        [
            event["event_id"],
            _month(event["onset"]),
            _month(event["peak"]),
            "not found" if event["alert"] is None else _month(event["alert"]),
            "" if event["alert"] is None else str(event["periods_to_peak"]),
            "yes" if event["is_fresh"] else "no",
        ]
        for event in own["labelled"]
    )
    head = ["event", "onset", "peak", "alert", "periods to peak", "in time"]
    return ["Labelled events (ALERT):\n", *table(head, rows)]


def _totals(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Labelled events of whole routes and destinations."""
    if not events:
        return []
    rows = (
        [
            event["event_id"],
            f"`{event['series_id']}`",
            _month(event["onset"]),
            _month(event["peak"]),
            "not found" if event["alert"] is None else _month(event["alert"]),
            "yes" if event["is_fresh"] else "no",
        ]
        for event in events
    )
    head = ["event", "series", "onset", "peak", "alert", "in time"]
    return ["## Labelled events of whole routes and destinations\n", *table(head, rows)]


def _failures(own: Mapping[str, Any]) -> list[str]:
    lines = []
    if own["missed"]:
        told = ", ".join(
            f"{_origin(item['series_id'])} {_month(item['onset'])} ({item['first_year']:,.0f})"
            for item in own["missed"][:15]
        )
        lines.append(f"Missed by ALERT (onset, first year): {told}{_more(own['missed'], 15)}.\n")
    if own["false_alarms"]:
        told = ", ".join(
            f"{_origin(item['series_id'])} {_month(item['period'])} ({item['observed']:,.0f})"
            for item in own["false_alarms"][:15]
        )
        lines.append(f"False alarms (figure): {told}{_more(own['false_alarms'], 15)}.\n")
    return lines


def _more(items: Sequence[object], shown: int) -> str:
    return f" and {len(items) - shown} more" if len(items) > shown else ""


def _origin(series_id: str) -> str:
    _, _, destination, origin, route, *_ = series_id.split("/")
    return f"{origin}-{destination}" + ("" if route == "all" else f" {route}")


def _power(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Share of ramps found, the rules side by side."""
    shown = [row for row in rows if row["factor"] > 1]
    lines = [
        "## How large a rise must be\n",
        "Ramps put into quiet stretches of US series before 2019: the factor is reached over so "
        "many months and held; found within the ramp and two months. Factor 1 is left out (what "
        "chance would find). Intervals: origins drawn with replacement.\n",
    ]
    for kind, words in (
        ("own", "Each rule at its own threshold:"),
        ("equal_false_alarms", "Each at one false episode per 100 series-months:"),
    ):
        own = [row for row in shown if row["threshold_kind"] == kind]
        rules = list(dict.fromkeys(row["rule"] for row in own))
        cells: dict[tuple[float, float, int], dict[str, str]] = {}
        for row in own:
            key = (row["mean_band"], row["factor"], row["ramp_months"])
            text = f"{row['detected']:.2f}"
            if row["rule"] == "ALERT":
                text += f" [{row['detected_low']:.2f}, {row['detected_high']:.2f}]"
            cells.setdefault(key, {})[row["rule"]] = text
        if not cells:
            continue
        body = (
            [f"{band:.0f}", f"x{factor:g}", str(ramp), *(found.get(rule, "") for rule in rules)]
            for (band, factor, ramp), found in cells.items()
        )
        lines += [f"{words}\n", *table(["mean", "factor", "months", *rules], body)]
    return lines


def _kinds(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The record by tier and kind, all sources together."""
    if not rows:
        return []
    body = (
        [
            row["tier"],
            row["alert_kind"],
            f"{row['episodes']:,}",
            f"{row['judged']:,}",
            f"{row['hits']:,}",
            f"{row['false_alarms']:,}",
            _interval([row["confirmed_precision"], row["confirmed_lower"], row["confirmed_upper"]]),
        ]
        for row in rows
    )
    head = ["tier of the opening alert", "kind", "episodes", "judged", "hits", "false", "confirmed"]
    return [
        "## By kind, all sources and years\n",
        "From `trend.track_record`, which has every source and the split into boom and quiet "
        "years.\n",
        *table(head, body),
    ]


def _sources(as_of: Mapping[str, str]) -> str:
    told = ", ".join(f"{name} ({day})" for name, day in sorted(as_of.items()))
    return f"Figures as of: {told}.\n"


def _interval(triple: Sequence[float | None], *, signed: bool = False) -> str:
    value, low, high = triple
    if value is None:
        return "-"
    form = "+.2f" if signed else ".2f"
    ends = "" if low is None or high is None else f" [{low:{form}}, {high:{form}}]"
    return f"{value:{form}}{ends}"


def _month(day: str) -> str:
    return day[:7]
