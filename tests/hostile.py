"""A published file of every type and of texts that other programs misread."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.columns import SOURCE_ID
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.catalog.model import Column, Table
from fcm_migration.metadata.tables import SOURCES
from fcm_migration.publish import publish
from fcm_migration.publish.views import View

NOW = datetime(2024, 6, 15, 12, tzinfo=UTC)
FORMULAS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.org","x")',
    "+1+SUM(1)",
    "-1+SUM(1)",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\0=1+1",
    "\uff1d1+1",
)
TEXTS = (
    *FORMULAS,
    "",
    "NA",
    "N/A",
    "null",
    "NULL",
    "nan",
    "\\N",
    "true",
    "007",
    "1e5",
    "2024-01-01",
    "-23.8, 32",
    "'",
    "'=1+1",
    " before and after ",
    "a,b;c\td",
    'says "no"',
    "two\nlines",
    "two\r\nlines",
    "one\rline",
    "inner\0nul",
    "<b>bold</b><script>alert(1)</script>",
    "[red]not red[/red] :smile:",
    "\u202eturned\u202c \u200fright",
    "T\u00fcrkiye \u4e2d\u6587 e\u0301",
)
LABELS = Table(
    "mart",
    "labels",
    "Labels that other programs misread.",
    "label",
    (
        Column("number", "integer", "Place.", minimum=0),
        Column("label", "string", "The label."),
        Column("perhaps", "string", "The label, or null.", nullable=True),
        Column("share", "number", "Of all.", unit="share", nullable=True),
        Column("is_known", "boolean", "Whether it is known.", nullable=True),
        Column("first_date", "date", "First day.", nullable=True, minimum=date(1900, 1, 1)),
        Column("seen_at", "timestamp", "When (UTC).", nullable=True),
        replace(SOURCE_ID, nullable=True),
    ),
    ("number",),
)
SECRET = Table(
    "core",
    "secret",
    "A table of one source.",
    "row",
    (Column("people_persons", "integer", "People.", unit="persons"),),
    ("people_persons",),
    source_id="closed",
)
EMPTY = Table("trend", "nothing", "A table without rows.", "row", LABELS.columns, ("number",))
VIEW = View(
    "main",
    "known",
    "Which labels are known?",
    "SELECT label, sum(number) AS total, max(seen_at) AS seen_at, 'x' AS \"fixed\" "
    "FROM mart.labels WHERE is_known GROUP BY label ORDER BY label",
    (("label", "The label."), ("total", "Sum of places.")),
)
# the text in it makes it pass for a view of stored rows, which nobody sorts before they are read
ENDLESS = View(
    "main",
    "endless",
    "Has no end.",
    "SELECT range AS n FROM range(9000000000000000000) WHERE 'FROM computed.' <> ''",
)
DECLARED = (LABELS, SECRET, EMPTY, SOURCES)


def rows() -> list[dict[str, Any]]:
    """Every text, each also as a null; numbers at their ends."""
    numbers = [0.1, -0.0, 1e-300, 1.7976931348623157e308, 123456789.123456, None]
    return [
        {
            "number": n,
            "label": text,
            "perhaps": None if n % 2 else text,
            "share": numbers[n % len(numbers)],
            "is_known": (True, False, None)[n % 3],
            "first_date": (date(1900, 1, 1), date(9999, 12, 31), None)[n % 3],
            "seen_at": (NOW, NOW.replace(microsecond=123456), None)[n % 3],
            "source_id": ("open", None)[n % 2],
        }
        for n, text in enumerate(TEXTS)
    ]


def _source(source_id: str, licence_id: str, day: date | None) -> dict[str, Any]:
    nothing = {c.name: None if c.nullable else "" for c in SOURCES.columns}
    return nothing | {
        "source_id": source_id,
        "title": f"Figures that are {source_id}",
        "publisher": "Office <b>of</b> figures",
        "landing_url": f"https://example.org/{source_id}",
        "licence_id": licence_id,
        "licence_title": f"Licence {licence_id}",
        "licence_url": "https://example.org/licence",
        "attribution": f"Source: {source_id}",
        "releases": 1 if day else 0,
        "as_of_date": day,
    }


def publish_hostile(home: Path, *more: View) -> Path:
    """Publish the tables in a home, and more views; return the published file."""
    sources = [
        _source("open", "ogl-uk-3.0", date(2024, 5, 1)),
        _source("closed", "au-unverified", date(2024, 4, 1)),
        _source("absent", "ogl-uk-3.0", None),
    ]
    frames = {
        LABELS: pl.DataFrame(rows(), schema=polars_schema(LABELS)),
        SECRET: pl.DataFrame({"people_persons": [7]}),
        EMPTY: pl.DataFrame(schema=polars_schema(EMPTY)),
        SOURCES: pl.DataFrame(sources, schema=polars_schema(SOURCES)),
    }
    paths = {}
    for table, frame in frames.items():
        paths[table] = home / "candidates" / f"{table.full_name}.parquet"
        store.write(frame, table, paths[table])
    publish(home / "published", paths, views=(VIEW, *more), now=NOW)
    return home / "published" / "fcm_migration.duckdb"
