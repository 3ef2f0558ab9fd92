"""The command ``fcm``: the whole job without Dagster.

Exit codes: 0 done; 1 a bug; 2 wrong usage; 3 a source's data refused; 4 a critical check failed;
5 another refresh is running; 6 the published edition is missing or damaged.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fcm_migration.config import home as find_home
from fcm_migration.errors import FcmError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from fcm_migration.config import Home
    from fcm_migration.refresh.context import Context

GIVEN = "fcm_migration.context"


def main(argv: Sequence[str] | None = None, *, given: Context | None = None) -> None:
    """Run the command line; a typed error becomes one sentence and its exit code.

    ``given`` stands in for this checkout's own home, sources and reference data.
    """
    try:
        cli.main(argv, standalone_mode=False, obj=given)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Abort:
        sys.exit(130)
    except FcmError as error:
        click.echo(f"fcm: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # whoever read has hung up, which is no error; the flush at exit must not meet it again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--home",
    "home_dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Working home (default: FCM_HOME, else data/ of the checkout).",
)
@click.version_option(package_name="fcm-migration")
@click.pass_context
def cli(ctx: click.Context, home_dir: Path | None) -> None:
    """Irregular movement into the five countries: ingest, check, forecast, publish, query.

    \b
    Example:
      fcm refresh && fcm query "SELECT * FROM meta.sources"
    """
    given: Context | None = ctx.obj
    ctx.meta[GIVEN] = given
    ctx.obj = find_home(home_dir) if given is None or home_dir else given.home


def _context(home: Home, *, offline: bool = False, report: Any = None) -> Context:
    from fcm_migration.refresh.context import Context
    from fcm_migration.sources import SOURCES

    extra = {} if report is None else {"report": report}
    given: Context | None = click.get_current_context().meta[GIVEN]
    if given is not None:
        return replace(given, home=home, offline=offline or given.offline, **extra)
    now = datetime.now(UTC).replace(microsecond=0)
    return Context(home, now, SOURCES, offline=offline, **extra)


@contextmanager
def _progress(title: str) -> Iterator[tuple[Console, Any]]:
    """A spinner naming the current stage on a terminal; nothing in a pipe."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield console, None
        return
    with console.status(title) as status:
        yield console, lambda message: status.update(f"{title}: {message}")


@cli.command()
@click.option("--offline", is_flag=True, help="Ask no publisher; work with what is here.")
@click.pass_obj
def refresh(home: Home, offline: bool) -> None:
    """Fetch, check, forecast and publish, then say what came of it.

    \b
    Example:
      fcm refresh --offline
    """
    from fcm_migration.refresh.report import print_summary
    from fcm_migration.refresh.run import refresh as run

    with _progress("refresh") as (_, report):
        context = _context(home, offline=offline, report=report)
        summary = run(context)
    print_summary(context, summary)


@cli.command()
@click.argument("source_id")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Release date, if you know it.")
@click.option("--note", default="", help="Where the file came from; kept beside it.")
@click.pass_obj
def ingest(
    home: Home, source_id: str, files: tuple[Path, ...], as_of: datetime | None, note: str
) -> None:
    """Take a hand-obtained release of SOURCE_ID through the same path as a download.

    All FILES together are one release (the pages of one download); give separate releases in
    separate calls.

    \b
    Example:
      fcm ingest uk_small_boats 24_April_2026_Small_boats_-_time_series.ods
    """
    from fcm_migration.lock import refresh_lock
    from fcm_migration.refresh.obtain import ingest as take

    context = _context(home)
    source = _source(context, source_id)
    stated: date | None = as_of.date() if as_of else None
    with refresh_lock(home.root, holder=f"fcm ingest {source_id}"):
        outcome = take(context, source, files, as_of=stated, note=note)
    click.echo(f"{source_id}: {outcome.outcome}: {outcome.detail}; run `fcm refresh` to publish it")


def _source(context: Context, source_id: str) -> Any:
    try:
        return context.source(source_id)
    except KeyError:
        known = ", ".join(source.source_id for source in context.sources)
        raise UsageError("no such source", got=source_id, expected=known) from None


@cli.command()
@click.pass_obj
def sources(home: Home) -> None:
    """List the sources: newest release, how it was obtained, the last look and what it gave.

    \b
    Example:
      fcm sources
    """
    from fcm_migration.refresh.report import print_sources

    print_sources(_context(home))


@cli.command()
@click.argument("sql")
@click.option(
    "--format",
    "fmt",
    type=click.Choice(["table", "csv", "json", "parquet"]),
    default="table",
    show_default=True,
    help="Form of the answer; csv is safe to open in a spreadsheet.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to a file.")
@click.pass_obj
def query(home: Home, sql: str, fmt: str, out: Path | None) -> None:
    """Ask the published file one question in SQL (read-only; no files, network or settings).

    \b
    Example:
      fcm query "SELECT source_id, as_of_date, obtained FROM meta.sources" --format csv
    """
    from fcm_migration.query import run_query

    run_query(home.published, sql, fmt=fmt, out=out)


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
@click.argument("edition_id", required=False)
@click.pass_obj
def rollback(home: Home, edition_id: str | None) -> None:
    """Make a previous edition the published one again (default: the one before).

    \b
    Example:
      fcm rollback 3f2a9c1b7d4e
    """
    from fcm_migration.editions import rollback as back
    from fcm_migration.lock import refresh_lock

    with refresh_lock(home.root, holder="fcm rollback"):
        edition = back(home.published_dir, edition_id)
    click.echo(f"published again: edition {edition.edition_id} (sequence {edition.sequence})")


@cli.command()
@click.pass_obj
def verify(home: Home) -> None:
    """Read every table of the published file and of the previous editions; exit 6 on damage.

    \b
    Example:
      fcm verify
    """
    from fcm_migration.editions import verify as check

    click.echo(check(home.published_dir).text)


@cli.command()
@click.option("--source", "source_id", help="Only series of this source.")
@click.option("--indicator", help="Only series of this indicator.")
@click.option(
    "--origins", required=True, metavar="YYYY-MM:YYYY-MM", help="First and last origin month."
)
@click.option(
    "--horizon", type=click.IntRange(1, 24), default=12, show_default=True, help="Months ahead."
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Parquet file."
)
@click.pass_obj
def backtest(
    home: Home,
    source_id: str | None,
    indicator: str | None,
    origins: str,
    horizon: int,
    out: Path,
) -> None:
    """Forecast the past as it would have been forecast then, and write every quantile.

    Columns: series_id, origin, horizon, target_period, model, quantile, value, observed. The
    model `published` is what would have been published at that origin.

    \b
    Example:
      fcm backtest --source us_ohss_usbp --origins 2021-09:2023-08 --horizon 6 --out b.parquet
    """
    from fcm_migration.refresh.forecasting import backtest_to_file

    with _progress("backtest") as (_, report):
        rows = backtest_to_file(
            _context(home, report=report),
            source_id=source_id,
            indicator=indicator,
            origins=origins,
            horizon=horizon,
            out=out,
        )
    click.echo(f"{rows} rows written to {out}")


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.pass_obj
def bundle(home: Home, folder: Path | None) -> None:
    """Write the bundled edition from this home: the newest release of every source, tidy.

    \b
    Example:
      fcm bundle data/bundled
    """
    from fcm_migration.bundle import write_bundle
    from fcm_migration.config import BUNDLED_DIR

    for line in write_bundle(_context(home), folder or BUNDLED_DIR):
        click.echo(line)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--check", is_flag=True, help="Write nothing; exit 2 if a page is out of date.")
def docs(folder: Path | None, check: bool) -> None:
    """Write the data dictionary and datapackage.json from the declarations.

    \b
    Example:
      fcm docs docs
    """
    from fcm_migration.config import PROJECT_ROOT
    from fcm_migration.dictionary import write_docs

    for line in write_docs(folder or PROJECT_ROOT / "docs", check=check):
        click.echo(line)
