"""The command that writes the published edition for other tools."""

from __future__ import annotations

from pathlib import Path

import click

from fcm_migration.cli.app import OutFolder, cli, make_context, progress
from fcm_migration.config import Home
from fcm_migration.console import say


@cli.command()
@click.argument("folder", type=OutFolder())
@click.option(
    "--format",
    "fmt",
    type=click.Choice(["datapackage", "csv", "parquet"]),
    required=True,
    help="Form of the files; csv is for spreadsheets, the others are for programs.",
)
@click.option(
    "--table",
    "names",
    multiple=True,
    metavar="NAME",
    help="Only this table or view, such as mart.flows or newest_figures (repeatable).",
)
@click.option(
    "--all", "everything", is_flag=True, help="Every table and view: core, history and brief too."
)
@click.pass_obj
def export(home: Home, folder: Path, fmt: str, names: tuple[str, ...], everything: bool) -> None:
    """Write the published edition into FOLDER, one file for each table or view.

    By default: the views to begin with, and the schemas mart, forecast, trend and meta. README.txt
    says what the files hold, and names each source with its release, attribution and licence.

    \b
    csv          CSV for spreadsheets: a text that one would take for a formula
                 begins with an apostrophe, and UTF-8 has its mark
    parquet      one Parquet file each, for programs; texts as they are
    datapackage  a Frictionless data package for programs: CSV with the texts as
                 they are, and types, units, keys and licences in datapackage.json

    FOLDER lies outside the home. It is written whole or not at all; one that is there is replaced
    only if this command wrote it and nothing was added. Figures of publishers without an open
    licence are exported, too: the files say which may not be passed on.

    \b
    Example:
      fcm export fcm_data --format datapackage
    """
    from fcm_migration.publish.export import export as write
    from fcm_migration.refresh.tables import published_declarations

    with progress("export") as (_, report):
        done = write(
            home.published,
            folder,
            fmt=fmt,
            declared=published_declarations(make_context(home).sources),
            names=names,
            everything=everything,
            report=report,
        )
    files = "file" if done.tables == 1 else "files"
    size = f"{done.size / 1e6:,.1f} MB" if done.size >= 1e6 else f"{done.size / 1e3:,.0f} kB"
    say(f"{folder}: {done.tables} {files}, {size}, edition {done.edition_id}")
