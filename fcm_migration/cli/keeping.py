"""Commands that look after a home: status."""

from __future__ import annotations

import json
import sys

import click

from fcm_migration.cli.app import cli, make_context
from fcm_migration.config import Home
from fcm_migration.console import say
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
         little free space, a damaged file of the ledger
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
        say(json.dumps(found.as_json(), indent=1, ensure_ascii=True))
    else:
        for line in lines(found):
            say(line)
    sys.exit(found.exit_code)
