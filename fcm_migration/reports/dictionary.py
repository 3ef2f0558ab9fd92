"""Documents derived from the declarations: the data dictionary and ``datapackage.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fcm_migration.catalog import frictionless
from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.catalog.model import Column, Table
from fcm_migration.config import REFERENCE_DIR
from fcm_migration.errors import UsageError
from fcm_migration.marts.reviewed import read_reviewed
from fcm_migration.outfile import write_text
from fcm_migration.publish.brief_evidence_views import BRIEF_ENTRIES
from fcm_migration.publish.entry_views import ENTRIES, Entry
from fcm_migration.publish.tables import TABLES as OWN_TABLES
from fcm_migration.sources import SOURCES

PATHS_WORDS = (
    "The Parquet files of a refresh. Paths are relative to the working home (docs/operations.md "
    "tells where that is: data/ in a checkout), not to the folder of this file: copy it into the "
    "home before a program reads it. The published file published/fcm_migration.duckdb holds the "
    "same tables, and {names}, which have no Parquet file."
)


def write_docs(folder: Path, *, check: bool = False) -> Iterator[str]:
    """Write the generated documents below ``folder``; yield a line for each.

    Raises:
        UsageError: with ``check``, a document does not say what the declarations say.
    """
    made = {
        "data_dictionary.md": dictionary(),
        "datapackage.json": datapackage(),
        "inbox.md": inbox_page(),
        "breaks.md": breaks_page(),
    }
    for name, text in made.items():
        path = folder / name
        if check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                raise UsageError("out of date", where=name, remedy="run: fcm docs")
        else:
            folder.mkdir(parents=True, exist_ok=True)
            write_text(path, text)
        yield f"{name}: {'up to date' if check else 'written'}"


def _tables() -> list[Table]:
    from fcm_migration.refresh.tables import published_declarations

    return published_declarations(SOURCES)


def inbox_page() -> str:
    """Return the page on files obtained by hand: how, and in what layout, source by source."""
    lines = [
        "# Files obtained by hand",
        "",
        "Written by `fcm docs` from the sources' own words; do not edit by hand.",
        "",
        "A file put into `inbox/<source_id>/` of the working home is taken at the next refresh; "
        "`fcm ingest SOURCE FILE...` takes it at once. Either way it goes through the same parser, "
        "checks and archive as a download. State the release date with `--as-of` where the file "
        "does not print it, and where you got it with `--note`. Put the file itself there, since a "
        "link is not taken.",
        "",
    ]
    for source in SOURCES:
        if not source.by_hand and source.fetch is not None:
            continue
        way = "" if source.fetch is not None else " (through the inbox only)"
        lines += [f"## {source.source_id}{way}", "", f"{source.title}. <{source.landing_url}>", ""]
        lines += [source.by_hand.strip(), ""]
    return "\n".join(lines)


def breaks_page() -> str:
    """Return the page of definition breaks and standing rules, out of the reviewed table."""
    breaks = read_reviewed(REFERENCE_DIR, "breaks.csv")
    lines = [
        "# Where a series changes meaning, not level",
        "",
        "Written by `fcm docs` from `data/reference/breaks.csv`; do not edit by hand. The same is "
        "`meta.breaks` of the published file, and `meta.series_breaks` by series. *cut*: models do "
        "not use what lies before it or inside its window; *window* and *split*: used, and not to "
        "be judged or compared across; *note*: to be named beside the figure.",
        "",
        "| what | from | to | kind | treatment | sources | evidence |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['words']} | {row['break_first_date'] or 'throughout'} | "
        f"{row['break_last_date'] or ''} | {row['break_kind']} | {row['treatment']} | "
        f"{row['source_id_selector'].replace('|', ', ')} | {row['evidence']} |"
        for row in breaks.iter_rows(named=True)
    ]
    return "\n".join(lines) + "\n"


def dictionary() -> str:
    """Return the data dictionary in Markdown: entry views, sources, indicators, every table."""
    lines = [
        "# Data dictionary",
        "",
        "Written by `fcm docs` from the declarations in `fcm_migration`; do not edit by hand.",
        *_view_lines(),
        "",
        "## Sources",
        "",
        "| source_id | what | publisher | licence | cadence | revisions |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {s.source_id} | {s.title} | [{s.publisher}]({s.landing_url}) | {s.licence.title} | "
        f"{s.cadence.words} | {s.revision_habit} |"
        for s in SOURCES
    ]
    lines += [
        "",
        "## Indicators",
        "",
        "| indicator | unit | kind | what counts | comparability |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {i.indicator} | {i.unit} | {i.kind} | {i.title}. {i.counting_rule} | "
        f"{i.comparability} |"
        for i in INDICATORS
    ]
    for table in _tables():
        lines += ["", f"## {table.full_name}", "", *_table_lines(table)]
    return "\n".join(lines) + "\n"


def _view_lines() -> list[str]:
    """Return the lines on the views that people read: those to begin with and a brief's."""
    return [
        "",
        "## Views to begin with",
        "",
        "`SHOW TABLES` in a fresh client lists these, named for the question they answer. The "
        "tables behind them, in schemas of their own, follow below.",
        *(line for entry in ENTRIES for line in _entry_lines(entry)),
        "",
        "## Views of a brief",
        "",
        "What `fcm brief` lays out, in the schema `brief`: `FROM brief.sentences`.",
        *(line for entry in BRIEF_ENTRIES for line in _entry_lines(entry, "brief.")),
    ]


def _entry_lines(entry: Entry, schema: str = "") -> list[str]:
    return [
        "",
        f"### {schema}{entry.name}",
        "",
        entry.comment,
        "",
        "| column | meaning |",
        "|---|---|",
        *(f"| {name} | {meaning} |" for name, meaning in entry.columns.items()),
    ]


def _table_lines(table: Table) -> list[str]:
    head = [table.title, "", f"One row: {table.grain}. Key: {', '.join(table.key)}."]
    head += [line for caveat in table.caveats for line in ("", caveat)]
    head += ["", "| column | type | unit | null | meaning |", "|---|---|---|---|---|"]
    return head + [
        f"| {c.name} | {c.dtype} | {c.unit or ''} | {'yes' if c.nullable else ''} | {_meaning(c)} |"
        for c in table.columns
    ]


def _meaning(column: Column) -> str:
    text = column.description.replace("|", "\\|")
    if column.allowed is not None:
        text += f" One of: {', '.join(column.allowed)}."
    return text


def datapackage() -> str:
    """Return the Frictionless data package descriptor of the tables' Parquet files.

    The tables that publication itself writes into the DuckDB file have no Parquet file, so they
    are no resources.
    """
    own = {table.full_name for table in OWN_TABLES}
    tables = [table for table in _tables() if table.full_name not in own]
    licences = {s.licence.licence_id: s.licence for s in SOURCES}.values()
    package = {
        "name": "fcm-migration",
        "title": "Irregular movement into the five countries",
        "description": PATHS_WORDS.format(names=", ".join(sorted(own))),
        "licenses": [frictionless.licence(item) for item in licences],
        "sources": [frictionless.source(s.publisher, s.title, s.landing_url) for s in SOURCES],
        "resources": [_resource(table) for table in tables],
    }
    return json.dumps(package, indent=1, ensure_ascii=False) + "\n"


def _resource(table: Table) -> dict[str, Any]:
    return {
        "name": f"{table.layer}-{table.name}".replace("_", "-"),
        "path": f"{table.layer}/{table.name}.parquet",
        "format": "parquet",
        "title": table.title,
        "description": f"One row: {table.grain}.",
        # Parquet has a null of its own, and an empty text is a value
        "schema": frictionless.table_schema(table.columns, table.key, missing=()),
    }
