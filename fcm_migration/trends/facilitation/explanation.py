"""The sentences of the proxies of facilitation: each value with its figures and other causes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fcm_migration.trends.facilitation.settings import FEW_BEFORE

Row = Mapping[str, Any]
BOAT_REASONS = (
    "Boats also carry more people where craft are larger or scarcer, policing and supply of boats "
    "change, crossings concentrate on calm days, or departures move to another coast."
)
DAY_REASONS = (
    "Arrivals also bunch because of weather and tides, of the season, of patrols, or because "
    "boats grow larger and fewer."
)
PLACE_REASONS = (
    "Places also change with enforcement and barriers, visa and transit rules, parole programmes, "
    "weather, or where people already have relatives."
)
FIRST_REASONS = (
    "Several origins also appear together after visa or transit changes, a common route or caravan "
    "through other countries, a conflict, reopened travel, better recording, or because the whole "
    "route grows."
)


def explain_boats(row: Row, first: Row, base: float | None) -> str:
    """Return the sentence on persons per boat.

    Args:
        row: persons and boats of the period.
        first: the same of the first comparable period.
        base: persons per boat a year before; None without figures.
    """
    start = first["persons"] / first["boats"]
    return (
        f"{row['persons']:,} persons in {row['boats']:,} boats: "
        f"{row['persons'] / row['boats']:.1f} a boat{_year_before(base)}; {start:.1f} in the first "
        f"comparable period ({first['period']})."
    )


def explain_days(top: int, total: int, number: int, base: float | None) -> str:
    """Return the sentence on ``top`` of ``total`` persons who arrived on the busiest days.

    Args:
        top: persons on the busiest days.
        total: persons of the year.
        number: busiest days.
        base: their share in percent a year before; None without figures.
    """
    return (
        f"{top:,} of {total:,} persons arrived on "
        f"the busiest {number} days: {100.0 * top / total:.1f}%{_year_before(base)}."
    )


def explain_switch(row: Row) -> str:
    """Return the sentence on the share of one part, now and a year before."""
    return (
        f"{row['part'].replace('_', ' ')}: {row['value']:.1f}% of {row['size']:,}, a year before "
        f"{row['before']:.1f}%; concentration {row['hhi']:.2f}, before {row['hhi_before']:.2f}."
    )


def explain_switched(origins: Sequence[str], persons: int, total: int) -> str:
    """Return the sentence on the origins whose dominant region changed."""
    names = ", ".join(sorted(origins)) or "none"
    return (
        f"Origins that changed region ({names}): {persons:,} of {total:,}, "
        f"{100.0 * persons / total:.1f}%."
    )


def explain_appearances(origins: Sequence[str], unit: str, base: float | None) -> str:
    """Return the sentence on the origins that appear, and their usual number before."""
    names = f" ({', '.join(sorted(origins))})" if origins else ""
    usual = "" if base is None else f"; before, {base:.2f} in three months on average"
    return (
        f"{len(origins)} origins{names} appear within three months after at most "
        f"{FEW_BEFORE} {unit} in two years{usual}."
    )


def explain_disagreement(boats: Row, days: Row) -> str:
    """Return the sentence on boats and days that moved in opposite directions; empty if not."""
    if boats["compared_value"] is None or days["compared_value"] is None:
        return ""
    more = boats["proxy_value"] - boats["compared_value"]
    bunched = days["proxy_value"] - days["compared_value"]
    if more * bunched >= 0:
        return ""
    return (
        f"Persons per boat {'rose' if more > 0 else 'fell'} from {boats['compared_value']:.1f} to "
        f"{boats['proxy_value']:.1f} while the share on the busiest days "
        f"{'rose' if bunched > 0 else 'fell'} from {days['compared_value']:.1f}% to "
        f"{days['proxy_value']:.1f}%: the two do not agree."
    )


def _year_before(base: float | None) -> str:
    return "" if base is None else f", a year before {base:.1f}"
