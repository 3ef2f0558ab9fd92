"""Commands that look after a home: status, backup, restore."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from fcm_migration.cli.app import cli, make_context, progress
from fcm_migration.config import Home
from fcm_migration.console import say, write_for_programs
from fcm_migration.status import KINDS


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document (version 1).")
@click.option("--notify", is_flag=True, help="Tell the channels of notify.toml what has changed.")
@click.option(
    "--ignore",
    type=click.Choice(KINDS),
    multiple=True,
    help="What alone is no reason for code 22 (repeatable).",
)
@click.pass_obj
def status(home: Home, as_json: bool, notify: bool, ignore: tuple[str, ...]) -> None:
    """Tell whether all is well: edition, last refresh, freshness, quarantine, disk.

    Nothing is fetched, parsed or waited for. The exit code says the gravest of:

    \b
      6  nothing is published, or it is not as it was published
     21  stale: nothing was published for the days notify.toml allows (3)
     20  failed: the last refresh failed or was killed
     22  attention: stale figures, labels or releases that wait for a person,
         little free space, damaged originals
      0  fine

    --notify is for a timer: it sends a message when refreshes fail, fail to come, or recover, once
    for each change.

    \b
    Example:
      fcm status --json --ignore figures
    """
    from fcm_migration.status import gather, lines

    context = make_context(home)
    found = gather(context, ignore=ignore)
    if notify:
        from fcm_migration.refresh.noting import tell_state

        for outcome in tell_state(home, context.now):
            say(f"notification: {outcome.words}", error=True)
    if as_json:
        write_for_programs(f"{json.dumps(found.as_json(), indent=1)}\n", sys.stdout)
    else:
        for line in lines(found):
            say(line)
    sys.exit(found.exit_code)


@cli.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--with-secrets", is_flag=True, help="Take notify.toml even if it holds secrets.")
@click.option("--replace", is_flag=True, help="Replace the file TARGET if it is there.")
@click.option(
    "--wait",
    type=click.IntRange(0),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for a refresh to end.",
)
@click.pass_obj
def backup(home: Home, target: Path, with_secrets: bool, replace: bool, wait: int) -> None:
    """Write what cannot be made again into one file: archive, ledger, inbox, own reference data.

    TARGET is the file, or a folder for a file named after the moment. It lies outside the home.
    Ends with code 10 where originals are damaged: the others are in the backup.

    \b
    Example:
      fcm backup /mnt/backups
    """
    from fcm_migration.archive.lock import refresh_lock
    from fcm_migration.backup import write_backup
    from fcm_migration.errors import BackupError, UsageError

    if not home.root.is_dir():
        raise UsageError("no such home", where=str(home.root), remedy="name it with --home")
    now = make_context(home).now
    with (
        progress("backup") as (_, report),
        refresh_lock(
            home.root,
            holder="fcm backup",
            wait_seconds=wait,
            report=report or (lambda words: say(words, error=True)),
        ),
    ):
        path, made = write_backup(
            home,
            target,
            now,
            with_secrets=with_secrets,
            replace=replace,
            report=report or (lambda _message: None),
        )
    say(f"{path}: {len(made.files):,} files, {made.size / 1e6:,.1f} MB")
    for words in made.left_out:
        say(f"left out: {words}", error=True)
    if made.damaged:
        raise BackupError(
            "the backup was written without originals that are damaged in the home",
            where=str(home.root),
            got=", ".join(made.damaged),
            remedy="keep the earlier backup: `fcm restore EARLIER --missing` puts them back",
        )


@cli.command()
@click.argument("backup", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--missing", is_flag=True, help="Put back only missing or damaged files.")
@click.pass_obj
def restore(home: Home, backup: Path, missing: bool) -> None:
    """Put a BACKUP into an empty home; `fcm refresh` then makes everything else again.

    Every file is compared with the manifest before the first one is put in place. In a home that is
    not empty, --missing puts back what is not there, and bytes of the archive or the ledger that
    are damaged; everything else stays as it is.

    \b
    Example:
      fcm restore /mnt/backups/fcm-backup-20261128T060000Z.tar
    """
    from fcm_migration.archive.lock import refresh_lock
    from fcm_migration.backup import restore as put_back

    with (
        progress("restore") as (_, report),
        refresh_lock(home.root, holder="fcm restore"),
    ):
        count, found = put_back(
            home, backup, missing=missing, report=report or (lambda _message: None)
        )
    say(f"{count:,} of {len(found.files):,} files put in place; now run `fcm refresh`")
    for words in (*found.left_out, *found.damaged):
        say(f"not in the backup: {words}", error=True)
