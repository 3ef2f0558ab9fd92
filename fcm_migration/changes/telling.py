"""What changed, as a text to read or a document for programs."""

from __future__ import annotations

import polars as pl

from fcm_migration.changes.compare import Changes
from fcm_migration.store import json_text

HEADINGS = {
    "software": "Software",
    "release_added": "Releases",
    "release_withdrawn": "Releases",
    "release_refused": "Releases",
    "new_period": "New figures",
    "completed": "Figures completed",
    "revised": "Revisions",
    "filled": "Figures filled in",
    "withdrawn": "Figures no longer there",
    "alert_opened": "Alerts",
    "alert_closed": "Alerts",
    "forecast_moved": "Forecasts",
    "forecast_begun": "Forecasts",
    "forecast_ended": "Forecasts",
    "check_failed": "Checks",
    "check_passed": "Checks",
    "check_declared": "Checks",
    "freshness": "Ages of sources",
    "other_tables": "Other tables",
    "not_compared": "Not compared",
}


def told(changes: Changes, form: str = "text") -> str:
    """Return changes as sentences under headings, or as JSON.

    Args:
        changes: what changed.
        form: text or json; JSON holds the rows of ``meta.changes`` and ``meta.changed_series``.
    """
    if form == "json":
        document = {
            "editions": changes.words,
            "changes": _rows(changes.lines),
            "changed_series": _rows(changes.series),
        }
        return json_text(document)
    return "\n".join([changes.words, "", *_text(changes.lines)]) + "\n"


def _rows(frame: pl.DataFrame) -> list[dict[str, object]]:
    """Return rows with days and moments in the ISO 8601 format."""
    as_text = frame.with_columns(
        pl.col(name).dt.to_string("iso:strict")
        for name, dtype in frame.schema.items()
        if dtype.is_temporal()
    )
    return as_text.to_dicts()


def _text(lines: pl.DataFrame) -> list[str]:
    said: list[str] = []
    heading = ""
    for row in lines.iter_rows(named=True):
        wanted = HEADINGS.get(row["kind"], "")
        if wanted != heading:
            said += ["", wanted] if said else [wanted]
            heading = wanted
        said.append(f"  {row['sentence']}" if wanted else row["sentence"])
    return said
