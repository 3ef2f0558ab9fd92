"""Surges found and missed, and false alarms, by name, for the page on skill."""

from __future__ import annotations

from typing import Any

from fcm_migration.studies.alerts.sets import Rule, Set, Windows
from fcm_migration.trends.scoring.outcomes import FALSE, episodes, reach


def labelled_surges(own: Set, rule: Rule, windows: Windows) -> list[dict[str, Any]]:
    """Return each labelled surge of the window with the alert that found it and its lead."""
    told = []
    for scope in own.scopes:
        inside = set(windows[scope.name])
        early, late = reach(scope.spec)
        events = [s for s in own.surges[scope.name] if s.event_id and s.onset in inside]
        opened = episodes(scope, rule.flags[scope.name], own.surges[scope.name], list(inside))
        for event in events:
            starts = [
                e.row for e in opened
                if e.series == event.series and event.onset - early <= e.row <= event.peak
            ]  # fmt: skip
            first = min(starts) if starts else None
            told.append(
                {
                    "event_id": event.event_id,
                    "series_id": scope.series[event.series],
                    "onset": scope.periods[event.onset].isoformat(),
                    "peak": scope.periods[event.peak].isoformat(),
                    "alert": None if first is None else scope.periods[first].isoformat(),
                    "periods_to_peak": None if first is None else event.peak - first,
                    "is_fresh": first is not None and first <= event.onset + late,
                }
            )
    return told


def missed(own: Set, rule: Rule, windows: Windows) -> list[dict[str, Any]]:
    """Return the surges of the window that no episode of the rule found, largest first."""
    told = []
    for scope in own.scopes:
        inside = set(windows[scope.name])
        early, late = reach(scope.spec)
        opened = episodes(scope, rule.flags[scope.name], own.surges[scope.name], inside)
        for surge in own.surges[scope.name]:
            found = any(
                e.series == surge.series and surge.onset - early <= e.row <= surge.onset + late
                for e in opened
            )
            if surge.onset in inside and not surge.event_id and not found:
                told.append(
                    {
                        "series_id": scope.series[surge.series],
                        "onset": scope.periods[surge.onset].isoformat(),
                        "first_year": surge.first_year,
                    }
                )
    return sorted(told, key=lambda item: -item["first_year"])


def false_alarms(own: Set, rule: Rule, windows: Windows) -> list[dict[str, Any]]:
    """Return the episodes of the rule that proved false alarms, oldest first."""
    told = [
        {
            "series_id": scope.series[episode.series],
            "period": scope.periods[episode.row].isoformat(),
            "observed": float(scope.values[episode.row, episode.series]),
        }
        for scope in own.scopes
        for episode in episodes(
            scope, rule.flags[scope.name], own.surges[scope.name], windows[scope.name]
        )
        if episode.outcome == FALSE
    ]
    return sorted(told, key=lambda item: (item["period"], item["series_id"]))
