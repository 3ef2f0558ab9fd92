"""The campaigns against the product: what each tries, and the record of its last full run.

A campaign writes its counts with :func:`record`; ``python -m tests.torture.page`` makes
docs/reliability.md of all records. A campaign that was not run at full length has no record, and
the page says so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from fcm_migration import store
from fcm_migration.config import PROJECT_ROOT
from fcm_migration.version import commit

FOLDER = PROJECT_ROOT / "benchmarks" / "results" / "reliability"


@dataclass(frozen=True)
class Campaign:
    """One way to attack the product.

    ``promise`` is what must hold, ``tries`` what one attempt does, ``command`` how to run it at
    full length, and ``before`` what it found that has been mended since.
    """

    name: str
    title: str
    promise: str
    tries: str
    command: str
    before: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """The counts of one run. ``failed`` is how often the promise was broken.

    ``healed`` counts attempts after which the product was whole again with no manual step,
    ``manual`` those that need one, which a message names. ``counts`` are the campaign's own.
    """

    campaign: str
    tried: int
    failed: int
    healed: int
    manual: int
    seconds: float
    counts: Mapping[str, int | float | str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def record(found: Record, folder: Path = FOLDER) -> Path:
    """Write down the counts of a run, with its day, commit and processors."""
    run = {
        "on": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "processors": os.cpu_count(),
    }
    path = folder / f"{found.campaign}.json"
    store.write_json(path, {**asdict(found), **run})
    return path


def record_if_full(found: Record, out: Path | None, *, is_full: bool) -> None:
    """Write down a run of full length, or any run to a folder that was asked for."""
    if is_full or out is not None:
        record(found, out or FOLDER)


def last(campaign: Campaign, folder: Path = FOLDER) -> dict[str, object] | None:
    """Return the record of a campaign's last full run; None where there is none."""
    path = folder / f"{campaign.name}.json"
    if not path.exists():
        return None
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return found


KILLS = Campaign(
    "kills",
    "Refreshes killed at file operations and at random moments",
    "The published file opens every time and holds one whole edition; the next refresh succeeds "
    "with no manual step, gives the same edition and leaves no file of the killed run.",
    "A refresh of a simulated source is ended by SIGKILL: at the n-th file operation (open for "
    "writing, write, of which half is done, fsync, rename, link, unlink and so on, of Python, "
    "Polars and DuckDB alike), the n spread from the first to the last, or at a random moment. "
    "Every byte of all editions is read, a refresh runs to its end, and every byte is read again. "
    "The refreshes make all tables again, publish a new edition, or take a new release.",
    "python -m tests.torture.kill --kills 500",
    (
        "A kill while a file was copied into the archive left half of it beside the others for "
        "good: the next refresh did not know such files.",
    ),
)
PAIRS = Campaign(
    "pairs",
    "Two refreshes at the same moment",
    "Exactly one works. The other ends within two seconds with exit code 5 and names the process "
    "that holds the lock and since when.",
    "Two processes run `fcm refresh` on one home at the same moment; then every byte of the "
    "published editions is read.",
    "python -m tests.torture.pairs --pairs 20",
    (
        "All 20 pairs of the attack held. But between taking the lock and writing its name the "
        "holder was nobody, or the killed one before it, whose note still lay there; a note of a "
        "process that lives is waited for now, half a second long, and the lock is tried again.",
    ),
)
READERS = Campaign(
    "readers",
    "Readers during publication",
    "Every answer is of one complete edition, and no reader meets an edition older than its last.",
    "Processes open the published file, ask one question and close it, over and over, while "
    "editions take its place.",
    "python -m tests.torture.readers --readers 20 --publishes 10",
)
CHANGED_FILES = Campaign(
    "changed_files",
    "Publishers' files changed at random",
    "A changed file gives the same figures as before or is refused with a typed error; it never "
    "gives other figures.",
    "A good release of each source in the publisher's format is changed in one of the ways in "
    "which files have changed (a row lost, a column moved, a mark, an encoding, bytes cut off), "
    "and parsed.",
    "python -m tests.torture.mutate --files 10000",
)
CORRUPTIONS = Campaign(
    "corruptions",
    "Files of a home damaged at random",
    "No damage is published as a figure. A refresh makes again whatever it can make, with no "
    "manual step; an original that is damaged is named, never used, and listed by "
    "`fcm verify --archive` with what to do, which works. What an error says is done, and helps.",
    "One file of any kind (archived bytes and notes, logs, tables, stamps, seals, check reports, "
    "cached fits, editions and their facts, the bundled edition) has a bit flipped, is cut short, "
    "zeroed in part, emptied, filled with garbage, or exchanged with another of its kind; half of "
    "the time what stands between it and the figures is removed. A refresh runs, every row is "
    "compared with what was published before, and the messages are followed.",
    "python -m tests.torture.corrupt --tries 500 --record",
    (
        "Of 120 attempts, 29 stopped every further refresh (a check report, the ledger, a note of "
        "the archive, facts of an edition or a log of attempts that no longer parsed, or a table "
        "whose pages no longer decoded; one ended the process), 21 left the damage in place "
        "without a word, and 5 published other figures as if nothing had happened.",
        "In an earlier trial of 224 on two real sources, one flipped bit in a cached fit, a core "
        "table, a mart, a parsed release or an archived CSV gave other published figures in 20 of "
        "124 attempts, and `fcm verify` called six of these editions whole.",
    ),
)
HOSTILE = Campaign(
    "hostile",
    "Hostile files in place of a publisher's",
    "A hostile file is refused with a typed error within the limits of time and memory of its "
    "source; the refresh lives on and its memory does not grow; the next refresh does not read the "
    "file again and takes a good release.",
    "One file of a good release of each source, in each layout and of each kind (xlsx, ods, csv, "
    "tsv, html, json, parquet, zip), is replaced by a payload (bombs, nests, floods, damaged "
    "containers, disguises) and the release is brought; where a program asks the publisher, the "
    "payload is also the publisher's answer.",
    "python -m tests.torture.hostile",
    (
        "A Parquet file of 4 MB aborted the refresh (exit code 134), and every later one, because "
        "its release was noted before it was parsed.",
        'A worksheet with `<c r = "XFD1048576">` passed the check before the reader and took '
        "4.8 GB; a CSV of 200 MB took 6.8 GB; a page of 6 kB with nested tables took 30 seconds.",
        "An error nobody foresaw in a source's `fetch` (a page of another form) ended the refresh.",
    ),
)
SCHEDULED_RUNS = Campaign(
    "scheduled_runs",
    "Scheduled runs on a hurried clock",
    "Every run that a schedule starts succeeds; what runs leave behind reaches a plateau; the "
    "latest materialization of every asset stays; the edition is the one a refresh by hand gives.",
    "Dagster's scheduler is told that an hour has passed. It starts a look at the toy source every "
    "hour, a refresh of everything once a day, and the maintenance once a day. A newer release "
    "comes every 20 runs.",
    "python -m tests.torture.scheduled --runs 200",
    (
        "DAGSTER_HOME grew by 2.6 MB a run of one toy source and 3 MB of all sources, for ever; "
        "nothing was ever removed.",
        "What a killed run left in the home was removed by `fcm refresh` alone, never by a run of "
        "Dagster, so a home that only schedules refreshed kept it.",
    ),
)
DISK_FULL = Campaign(
    "disk_full",
    "Refreshes on a full disk",
    "The command ends with a typed error that says how much room there is and what may be deleted; "
    "the last edition stays; once there is room again, the next refresh succeeds with no manual "
    "step, gives the same figures and leaves no file of the failed one.",
    "Home, temporary files and caches lie on a small file system, on which only a part of the room "
    "that a refresh needs is left (from none to 95 %); everything derived is made again.",
    "python -m tests.torture.disk_full --record",
    (
        "7 of 8 such refreshes ended in a traceback and exit code 1, and did not say what to do.",
        "Where the end of a Parquet file had no room, the error spoke of a damaged file.",
    ),
)
# In the order of the page. Add a campaign here, and its command to `make torture`.
CAMPAIGNS = (KILLS, PAIRS, READERS, CORRUPTIONS, CHANGED_FILES, HOSTILE, DISK_FULL, SCHEDULED_RUNS)
