"""Commands that obtain and publish: refresh, ingest, sources, review."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fcm_migration.cli.app import cli, find_source, make_context, progress, scheduler_option
from fcm_migration.config import Home
from fcm_migration.console import say, write_for_programs
from fcm_migration.errors import SourceError, UsageError

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context

# What is left to do after each outcome of an ingest; after the others nothing is.
NEXT = {
    "ok": "; run `fcm refresh` to publish it",
    "unchanged": "; run `fcm refresh` if it is not published yet",
}


@cli.command()
@click.option("--offline", is_flag=True, help="Ask no publisher; work with what is here.")
@scheduler_option
@click.pass_obj
def refresh(home: Home, offline: bool, scheduler: str | None) -> None:
    """Fetch, check, forecast and publish, then say how it went.

    Ends with code 3 where an edition was published but a release in use, or to be used, had to be
    set aside in this refresh.

    \b
    Example:
      fcm refresh --offline
    """
    from fcm_migration.refresh.report import print_summary
    from fcm_migration.refresh.run import refresh as run

    with progress("refresh") as (_, report):
        context = make_context(home, offline=offline, scheduler=scheduler, report=report)
        summary = run(context)
    print_summary(context, summary)
    if summary.set_aside:
        sys.exit(SourceError.exit_code)


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
    from fcm_migration.archive.lock import refresh_lock
    from fcm_migration.refresh.obtain import ingest as take

    context = make_context(home)
    source = find_source(context, source_id)
    stated: date | None = as_of.date() if as_of else None
    with refresh_lock(home.root, holder=f"fcm ingest {source_id}"):
        outcome = take(context, source, files, as_of=stated, note=note)
    say(f"{source_id}: {outcome.outcome}: {outcome.detail}{NEXT.get(outcome.outcome, '')}")


@cli.command()
@click.argument("source_id", required=False)
@click.option(
    "--format",
    "fmt",
    type=click.Choice(["table", "csv"]),
    default="table",
    show_default=True,
    help="Form of the list.",
)
@click.pass_obj
def sources(home: Home, source_id: str | None, fmt: str) -> None:
    """List the sources, or tell everything about SOURCE_ID.

    The list tells publisher, cadence, unit, licence, how fresh, and what the last look gave; of one
    source the last looks in full, remarks on its newest release, and how to bring one by hand.

    \b
    Example:
      fcm sources us_cbp_sbo
    """
    from fcm_migration.refresh.report import print_sources, source_rows

    context = make_context(home)
    if source_id is not None:
        from fcm_migration.refresh.source_page import print_source

        if fmt != "table":
            raise UsageError("one source is told in sentences; a CSV holds the list of all sources")
        print_source(context, find_source(context, source_id))
        return
    if fmt == "csv":
        import polars as pl

        from fcm_migration.publish.answers import safe_for_spreadsheets

        rows = safe_for_spreadsheets(pl.DataFrame(source_rows(context)))
        write_for_programs(rows.write_csv(), sys.stdout)
        return
    print_sources(context)


def _check_review(snapshot_id: str | None, doing: Mapping[str, bool], **given: object) -> None:
    """Raise UsageError for options that do not belong together: none is silently ignored."""
    if sum(doing.values()) > 1:
        raise UsageError("a release is accepted, withdrawn or discarded: only one of the three")
    if doing["accept"] and None in (snapshot_id, given["until"]):
        raise UsageError("--accept needs SNAPSHOT_ID, --by, --reason and --until")
    if doing["withdraw"] and snapshot_id is None:
        raise UsageError("--withdraw needs SNAPSHOT_ID, --by and --reason")
    if doing["discard"] and snapshot_id is None:
        raise UsageError("--discard needs SNAPSHOT_ID: which release?")
    if doing["withdraw"] and given["until"] is not None:
        raise UsageError("--until belongs to --accept; a withdrawal holds for good")
    ignored = [f"--{name}" for name in given if given[name]]
    if ignored and not (doing["accept"] or doing["withdraw"]):
        raise UsageError(
            "only --accept and --withdraw take a name, a reason and a day", got=", ".join(ignored)
        )


@cli.command()
@click.argument("snapshot_id", required=False)
@click.option("--accept", is_flag=True, help="Take the suspect release SNAPSHOT_ID for right.")
@click.option("--withdraw", is_flag=True, help="Set release SNAPSHOT_ID aside for good.")
@click.option("--discard", is_flag=True, help="Remove refused release SNAPSHOT_ID and its bytes.")
@click.option("--by", default="", help="Who says so.")
@click.option("--reason", default="", help="Why.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day the acceptance holds.")
@click.pass_obj
def review(
    home: Home,
    snapshot_id: str | None,
    accept: bool,
    withdraw: bool,
    discard: bool,
    by: str,
    reason: str,
    until: datetime | None,
) -> None:
    """List releases in quarantine; accept one that looks wrong but is right, withdraw or discard.

    Labels that nobody has reviewed are listed too, with the line that accepts each.

    Only a release refused as `suspect` or `failed_checks` can be accepted; one that cannot be read
    needs another file or a newer parser. A release taken under a wrong date is withdrawn and
    ingested again. One that nobody needs is discarded with its bytes.

    \b
    Example:
      fcm review 2026-11-20_4be1c0ffee12 --accept --by Ann --reason "withdrawn" --until 2027-06-30
    """
    context = make_context(home)
    doing = {"accept": accept, "withdraw": withdraw, "discard": discard}
    _check_review(snapshot_id, doing, by=by, reason=reason, until=until)
    if snapshot_id is not None and any(doing.values()):
        word = next(name for name in doing if doing[name])
        _settle(context, snapshot_id, word, by, reason, until.date() if until else None)
        return
    from fcm_migration.refresh.review_report import print_quarantine

    print_quarantine(context, snapshot_id)


def _settle(
    context: Context, snapshot_id: str, word: str, by: str, reason: str, until: date | None
) -> None:
    """Accept, withdraw or discard a release under the home's lock, and say what is left to do."""
    from fcm_migration.archive.lock import refresh_lock
    from fcm_migration.refresh import review as work

    with refresh_lock(context.home.root, holder="fcm review"):
        if until is not None:  # with --accept alone
            source, _ = work.accept(context, snapshot_id, by=by, reason=reason, until=until)
            done = f"accepted until {until}; run `fcm refresh` to publish it"
        elif word == "withdraw":
            source, _ = work.withdraw(context, snapshot_id, by=by, reason=reason)
            done = "withdrawn; run `fcm refresh` to publish without it"
        else:
            source = work.discard(context, snapshot_id)
            done = "discarded"
    say(f"{source.source_id}: release {snapshot_id} {done}")
