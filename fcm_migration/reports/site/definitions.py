"""The page of definitions: what figures count, what our words mean, what can be queried."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fcm_migration.config import shipped
from fcm_migration.reports.site.around import Site

if TYPE_CHECKING:
    from markupsafe import Markup

EVERY = """
SELECT i.*, count(x.series_id) AS series,
       string_agg(DISTINCT c.country_name, ', ' ORDER BY c.country_name) AS countries
FROM meta.indicators i LEFT JOIN mart.series_index x USING (indicator)
LEFT JOIN meta.countries c
    ON c.country_code = x.destination_iso3 AND x.destination_iso3 IN (
        SELECT DISTINCT destination_iso3 FROM brief.main_series)
GROUP BY ALL ORDER BY i.title
"""
VIEWS = """
SELECT view_name, comment FROM duckdb_views()
WHERE schema_name = 'main' AND NOT internal AND comment IS NOT NULL ORDER BY view_name
"""
UNITS = {
    "persons": "People",
    "events": "Events: one person may be counted several times",
    "cases": "Cases: a family or a file may be one",
}
LINE = re.compile(r"\| (?P<term>.+?) \| (?P<meaning>.+) \|")
MARK = re.compile(r"`(?P<code>[^`]+)`|\*(?P<stressed>[^*]+)\*")


def definitions_page(site: Site, navigation: Markup) -> str:
    """Return the page."""
    by_unit: dict[str, list[dict[str, Any]]] = {unit: [] for unit in UNITS}
    for row in site.connection.sql(EVERY).iter_rows(named=True):
        by_unit.setdefault(row["unit"], []).append(row)
    return site.page(
        "definitions.html",
        navigation,
        groups={UNITS.get(unit, unit): rows for unit, rows in by_unit.items() if rows},
        terms=[(_marked(term), _marked(meaning)) for term, meaning in glossary()],
        views=site.connection.sql(VIEWS).rows(named=True),
    )


def glossary(path: Path | None = None) -> list[tuple[str, str]]:
    """Return terms and what they mean, in the order of the project's glossary."""
    text = (path or shipped("glossary")).read_text(encoding="utf-8")
    lines = (LINE.fullmatch(line) for line in text.splitlines())
    rows = [(found["term"], found["meaning"]) for found in lines if found]
    return rows[1:]  # the first is the table's head


def _marked(text: str) -> Markup:
    """Return a text of the glossary with its names and stressed words marked, all else escaped."""
    from markupsafe import Markup, escape

    parts, end = [], 0
    for found in MARK.finditer(text):
        parts.append(escape(text[end : found.start()]))
        tag = "code" if found["code"] else "em"
        parts.append(Markup("<{0}>{1}</{0}>").format(tag, found["code"] or found["stressed"]))
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])
