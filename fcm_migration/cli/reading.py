"""Commands that read the published file and its editions."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from fcm_migration.cli.app import OutFile, cli, make_context
from fcm_migration.cli.question import read_question
from fcm_migration.config import Home
from fcm_migration.console import say, write_for_programs
from fcm_migration.errors import EditionError


@cli.command()
@click.argument("sql", required=False)
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Read the question from this file, in UTF-8.",
)
@click.option(
    "--format",
    "fmt",
    type=click.Choice(["table", "vertical", "csv", "csv-plain", "json", "parquet"]),
    help="Form of the answer: vertical has one field a line, csv is for spreadsheets, csv-plain "
    "for programs (default: table; vertical on a terminal too narrow for it).",
)
@click.option("--out", type=OutFile(), help="Write to a file outside the home.")
@click.option(
    "--bom/--no-bom",
    default=None,
    help="Begin CSV with UTF-8's byte-order mark, as Excel wants it (default: csv with --out).",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Show core tables as they stood published on that day (core and meta only).",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="End the question when it takes longer; code 9.",
)
@click.pass_obj
def query(
    home: Home,
    sql: str | None,
    file: Path | None,
    fmt: str | None,
    out: Path | None,
    bom: bool | None,
    as_of: datetime | None,
    timeout: float,
) -> None:
    """Ask the published file one question in SQL (read-only; no files, network or settings).

    SQL may also come from a file (--file), or from standard input: where SQL is -, or is left out
    and standard input is no terminal.

    In the format csv a text that a spreadsheet would take for a formula begins with an apostrophe;
    csv-plain leaves every text as it is.

    What does not fit into memory goes to your cache folder, at most 4 GB, and is removed.

    \b
    Example:
      fcm query "SELECT source_id, as_of_date, obtained FROM meta.sources" --format csv
    """
    from fcm_migration.publish.answers import run_query

    question = read_question(sql, file)
    day = as_of.date() if as_of else None
    run_query(home.published, question, fmt=fmt, out=out, as_of=day, bom=bom, seconds=timeout)


@cli.command()
@click.pass_obj
def editions(home: Home) -> None:
    """List the published edition and the previous ones kept for rollback.

    \b
    Example:
      fcm editions
    """
    from fcm_migration.refresh.report import print_editions

    print_editions(home.published_dir)


@cli.command()
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option(
    "--format",
    "fmt",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Sentences, or all there is with the series that changed.",
)
@click.option("--out", type=OutFile(), help="Write to a file outside the home.")
@click.pass_obj
def diff(home: Home, old: str | None, new: str | None, fmt: str, out: Path | None) -> None:
    """Say what changed from the edition OLD to NEW: releases, figures, alerts, forecasts, checks.

    Each is an edition of `fcm editions`, by its name or sequence, or a DuckDB file (of a file's
    bytes nothing is known to check them by). NEW is the published edition if it is left out; OLD
    the newest kept one that has other figures, which is what the view `changes` of the published
    file tells, too.

    \b
    Example:
      fcm diff 3f2a9c1b7d4e
    """
    from fcm_migration.changes import compare, told
    from fcm_migration.outfile import write_text
    from fcm_migration.publish.editions import to_compare

    text = told(compare(*to_compare(home.published_dir, old, new)), fmt)
    if out is None:
        write_for_programs(text, sys.stdout)
    else:
        write_text(out, text)


@cli.command()
@click.argument("edition_id", required=False)
@click.pass_obj
def rollback(home: Home, edition_id: str | None) -> None:
    """Make a previous edition the published one again (default: the one before).

    \b
    Example:
      fcm rollback 3f2a9c1b7d4e
    """
    from fcm_migration.archive.lock import refresh_lock
    from fcm_migration.publish.editions import rollback as back

    with refresh_lock(home.root, holder="fcm rollback"):
        edition = back(home.published_dir, edition_id)
    say(f"published again: edition {edition.edition_id} (sequence {edition.sequence})")


@cli.command()
@click.option(
    "--archive", is_flag=True, help="Read the originals instead: archive, ledger, bundled edition."
)
@click.pass_obj
def verify(home: Home, archive: bool) -> None:
    """Read every table of the published file and of the previous editions; exit 6 on damage.

    What a refresh makes needs no such command: a refresh compares it and makes it again. Originals
    cannot be made again; --archive lists each that is damaged, with what to do.

    \b
    Example:
      fcm verify --archive
    """
    if archive:
        from fcm_migration.refresh.originals import damaged_originals

        damaged = [str(item) for item in damaged_originals(make_context(home))]
        for line in damaged or ["every original of the archive is as it was kept"]:
            say(line)
        if damaged:
            sys.exit(EditionError.exit_code)
        return
    from fcm_migration.publish.editions import verify as check

    say(check(home.published_dir).text)
