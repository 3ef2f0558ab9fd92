"""The headline of an alert: at most two sentences that can be read out, without a code.

The first says what moved, to which figure, in which period, and beside which level of the year
before. The second says how often such alerts have been right. Both figures of the first sentence
are ``observed`` and ``expected`` of the same row; the change is computed from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from fcm_migration.catalog.wording import measure_words
from fcm_migration.periods import period_words
from fcm_migration.trends.alerts.explanation import count, record_of
from fcm_migration.trends.alerts.record import records_of

LONGEST = 240  # characters
# a mean of the year before below this reads "almost none": its ratio would mean nothing
ALMOST_NONE = 1.0
# rises from this ratio on are given in times, smaller ones in per cent
IN_TIMES = 1.95
WHOLE_TIMES = 10
AVERAGE = {
    "M": "the monthly average of the year before",
    "Q": "the quarterly average of the year before",
    "A": "the year before",
}
UNSCORED_FALL = "Alerts of falls are not scored yet."


def headline_texts(
    rows: pl.DataFrame, record: pl.DataFrame, names: Mapping[str, str]
) -> pl.DataFrame:
    """Return the headline of each row and its sentence on the record alone, in their order.

    Args:
        rows: alerts with their record group in ``pool``.
        record: rows of ``trend.track_record``.
        names: names of countries by code, as in ``meta.countries``.

    Returns:
        ``headline`` and ``headline_record``. The headline ends with that sentence unless it would
        be longer than :data:`LONGEST` then; the sentence is null where too few alerts were judged.
    """
    known = dict(records_of(record))
    told = []
    for row in rows.iter_rows(named=True):
        right = _right(row, record_of(row, known))
        told.append((_headline(row, right, names), right))
    schema = {"headline": pl.String, "headline_record": pl.String}
    return pl.DataFrame(told, schema=schema, orient="row")


def _headline(row: Mapping[str, Any], right: str | None, names: Mapping[str, str]) -> str:
    what = measure_words(
        row["indicator"],
        destination=row["destination_iso3"],
        origin=row["origin_iso3"],
        route=row["route"],
        place=row["place"],
        names=names,
    )
    first = f"{what} {_change(row)}."
    both = first if right is None else f"{first} {right}"
    return both if len(both) <= LONGEST else first


def _change(row: Mapping[str, Any]) -> str:
    """Return the figure with its period, and the mean of the year before."""
    observed, expected, frequency = row["observed"], row["expected"], row["frequency"]
    when, average = period_words(row["period"], frequency), AVERAGE[frequency]
    before = f"{average} ({level(expected)})"
    if row["direction"] == "drop":
        if observed == 0:
            return f"fell to none {when}, after {level(expected)} {_each(frequency)}"
        down = _per_cent(1 - observed / expected)
        return f"fell to {count(observed)} {when}, down {down} on {before}"
    if expected < ALMOST_NONE:
        return f"reached {count(observed)} {when}, after almost none in the year before"
    ratio = observed / expected
    if ratio < IN_TIMES:
        return f"reached {count(observed)} {when}, up {_per_cent(ratio - 1)} on {before}"
    times = f"{ratio:.0f}" if ratio >= WHOLE_TIMES else f"{ratio:.1f}"
    return f"reached {count(observed)} {when}, {times} times {before}"


def _each(frequency: str) -> str:
    return {"M": "a month in the year before", "Q": "a quarter in the year before"}.get(
        frequency, "in the year before"
    )


def _per_cent(share: float) -> str:
    """Return a share in whole per cent; one short of the whole is not rounded up to it."""
    rounded = round(100 * share)
    return "more than 99%" if rounded == 100 and share < 1 else f"{rounded}%"


def level(value: float) -> str:
    """Return a mean: whole from ten on, with one decimal below."""
    return count(value) if round(value, 1) >= WHOLE_TIMES else f"{value:.1f}".removesuffix(".0")


def _right(row: Mapping[str, Any], record: Mapping[str, Any] | None) -> str | None:
    """Return how often such alerts have been right; None where too few were judged."""
    if row["direction"] == "drop":
        return UNSCORED_FALL
    if record is None:
        return None
    right = record["judged"] - record["false_alarms"]
    return f"{right} of {record['judged']} alerts of this kind have proved right."
