"""Commands that write files from the home: backtest, bundle, brief, site, coverage, skill, docs."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from fcm_migration.cli.app import (
    OutFile,
    OutFolder,
    cli,
    find_source,
    make_context,
    progress,
    scheduler_option,
)
from fcm_migration.config import Home
from fcm_migration.console import say, write_for_programs


@cli.command()
@click.option("--source", "source_id", help="Only series of this source.")
@click.option("--indicator", help="Only series of this indicator.")
@click.option(
    "--frequency",
    type=click.Choice(["M", "Q", "A"]),
    default="M",
    show_default=True,
    help="Months, quarters or years.",
)
@click.option(
    "--origins",
    required=True,
    metavar="YYYY-MM:YYYY-MM",
    help="First months of the first and last origin period.",
)
@click.option(
    "--horizon", type=click.IntRange(1, 24), default=12, show_default=True, help="Periods ahead."
)
@click.option("--out", required=True, type=OutFile(), help="Parquet file.")
@scheduler_option
@click.pass_obj
def backtest(
    home: Home,
    source_id: str | None,
    indicator: str | None,
    frequency: str,
    origins: str,
    horizon: int,
    out: Path,
    scheduler: str | None,
) -> None:
    """Forecast the past as it would have been forecast then, and write every quantile.

    Columns: series_id, origin, horizon, target_period, model, quantile, value, observed. The
    model `published` is what would have been published at that origin.

    \b
    Example:
      fcm backtest --source us_ohss_usbp --origins 2021-09:2023-08 --horizon 6 --out b.parquet
    """
    from fcm_migration.studies.backtest import backtest_to_file

    with progress("backtest") as (_, report):
        rows = backtest_to_file(
            make_context(home, scheduler=scheduler, report=report),
            source_id=source_id,
            indicator=indicator,
            frequency=frequency,
            origins=origins,
            horizon=horizon,
            out=out,
        )
    say(f"{rows} rows written to {out}")


@cli.command()
@click.argument("folder", type=OutFolder(), required=False)
@click.option("--source", "source_ids", multiple=True, help="Only this source (repeatable).")
@click.pass_obj
def bundle(home: Home, folder: Path | None, source_ids: tuple[str, ...]) -> None:
    """Write the bundled edition from this home: the newest release of every source, tidy.

    \b
    Example:
      fcm bundle data/bundled
    """
    from fcm_migration.config import SHIPPED, in_checkout
    from fcm_migration.refresh.bundle import write_bundle

    target = folder or in_checkout(SHIPPED["bundled"], option="FOLDER")
    context = make_context(home)
    chosen = tuple(find_source(context, name) for name in source_ids) or context.sources
    for line in write_bundle(replace(context, sources=chosen), target):
        say(line)


@cli.command()
@click.argument("country", required=False)
@click.option(
    "--out",
    type=OutFile(),
    help="HTML file (default: brief_CAN.html, or brief_five_countries.html, in this folder).",
)
@click.option("--pdf", "is_pdf", is_flag=True, help="Print it, too, into a PDF file beside it.")
@click.pass_obj
def brief(home: Home, country: str | None, out: Path | None, is_pdf: bool) -> None:
    """Write a brief of COUNTRY, or of all five, as one HTML page.

    COUNTRY is a name or a code: Canada, CAN, UK. The page says how old its figures are, gives
    sentences to read out, and shows arrivals with their forecast, origins, protection and what
    followed policies. It has no script and loads nothing, so it can be sent as it is. --pdf needs
    Chromium or Chrome.

    \b
    Example:
      fcm brief Canada --out canada.html --pdf
    """
    from fcm_migration.outfile import check_out
    from fcm_migration.reports.brief import brief_file, write_brief

    target = out or brief_file(home.published, country)
    check_out(target, home)
    for path in write_brief(home.published, country, target, is_pdf=is_pdf):
        say(f"{path} written")


@cli.command()
@click.option("--out", required=True, type=OutFolder(), help="Folder of the site.")
@click.pass_obj
def site(home: Home, out: Path) -> None:
    """Write pages of the published edition into a folder, to be opened or served as it is.

    The six briefs, how good forecasts and alerts have been, sources, definitions, what changed, and
    files for other tools with their licences. The folder is replaced as a whole where an earlier
    site lies there; a folder of anything else is left alone.

    \b
    Example:
      fcm site --out public
    """
    from fcm_migration.reports.site import write_site

    with progress("site") as (_, report):
        made = write_site(home.published, out, report=report)
    for line in made.lines:
        say(line)


@cli.command()
@click.option("--out", type=OutFile(), help="Write to a file.")
@click.pass_obj
def coverage(home: Home, out: Path | None) -> None:
    """Write what the published edition covers, and what it does not, as a Markdown page.

    \b
    Example:
      fcm coverage --out docs/coverage.md
    """
    from fcm_migration.marts.coverage import coverage_page
    from fcm_migration.outfile import write_text
    from fcm_migration.publish.query import Connection

    with Connection(home.published) as connection:
        page = coverage_page(
            connection.sql("FROM meta.coverage"),
            connection.sql("FROM meta.gaps"),
        )
    if out is None:
        write_for_programs(page, sys.stdout)
    else:
        write_text(out, page)


@cli.command()
@click.option("--out", required=True, type=OutFile(), help="Markdown file.")
@click.option(
    "--pictures",
    type=OutFolder(),
    help="Folder of the pictures (default: pictures, beside the page).",
)
@click.option(
    "--benchmark",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Record of benchmarks.forecast (default: benchmarks/results/forecast.json).",
)
@click.pass_obj
def skill(home: Home, out: Path, pictures: Path | None, benchmark: Path | None) -> None:
    """Write how good the published forecasts are, against whom, and where they fail.

    A Markdown page with tables and pictures, all from the published file.

    \b
    Example:
      fcm skill --out docs/forecast_skill.md
    """
    from fcm_migration.reports.skill import RECORD, write_skill

    for path in write_skill(home.published, out, pictures, benchmark or RECORD):
        say(f"{path} written")


@cli.command()
@click.argument("series", nargs=-1)
@click.option("--out", required=True, type=OutFile(), help="Markdown file.")
@click.pass_obj
def pictures(home: Home, series: tuple[str, ...], out: Path) -> None:
    """Draw published forecasts: of the SERIES named, else of ten of the edition.

    Writes a Markdown page, and its pictures into the folder pictures beside it: past figures, the
    fan of 50, 80 and 95 % intervals, and how good such forecasts have been.

    \b
    Example:
      fcm pictures --out docs/forecast_pictures.md
    """
    from fcm_migration.reports.pictures.gallery import write_pictures

    for path in write_pictures(home.published, out, series):
        say(f"{path} written")


@cli.command()
@click.argument("folder", type=OutFolder(), required=False)
@click.option("--check", is_flag=True, help="Write nothing; exit 2 if a page is out of date.")
def docs(folder: Path | None, check: bool) -> None:
    """Write the data dictionary and datapackage.json from the declarations.

    \b
    Example:
      fcm docs docs
    """
    from fcm_migration.config import in_checkout
    from fcm_migration.reports.dictionary import write_docs

    for line in write_docs(folder or in_checkout("docs", option="FOLDER"), check=check):
        say(line)
