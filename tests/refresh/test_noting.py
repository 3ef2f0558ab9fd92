"""Every refresh notes its start and its end, and people are told once of each change of state."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.archive.lock import holder_of, refresh_lock
from fcm_migration.config import Home
from fcm_migration.errors import BusyError, CheckFailedError, DiskError
from fcm_migration.notify import REFRESH_MEMORY_NAME, SETTINGS_NAME
from fcm_migration.publish import known
from fcm_migration.publish.standing import standing
from fcm_migration.refresh import journal, ledger_files
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.ledger import COLUMNS
from fcm_migration.refresh.noting import noted, tell_state
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.run import refresh
from fcm_migration.refresh.state import KILLED, state_of
from tests.mail_server import Hook
from tests.toy import TOY, write_release
from tests.toy_home import rows

NOW = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
Raise = Callable[[], None]


def fail(home: Home, now: datetime, error: BaseException) -> None:
    with pytest.raises(type(error)), refresh_lock(home.root, holder="test"), noted(home, now, "t"):
        raise error


def told(hook: Hook) -> list[str]:
    return [body["event"] for body in hook.received]


@pytest.fixture
def hooked(own_home: Context) -> Iterator[tuple[Context, Hook]]:
    """A published home whose channel is a web hook."""
    with Hook() as hook:
        text = f'[[webhook]]\nname = "h"\nurl = "{hook.url()}"\ntimeout_seconds = 2\n'
        (own_home.home.root / SETTINGS_NAME).write_text(text)
        yield own_home, hook


def test_a_refresh_notes_its_start_its_edition_and_its_end(published: Context) -> None:
    (run,) = journal.runs(published.home)
    edition = standing(published.home)
    assert edition.is_whole
    assert (run.started_at, run.holder) == (published.now, "fcm refresh")
    assert (run.outcome, run.detail) == ("done", "")
    assert (run.edition_id, run.sequence) == (edition.edition_id, 1)
    assert run.ended_at is not None
    assert run.ended_at >= run.started_at
    assert state_of(published.home, published.now, 3).word == "well"


@pytest.mark.parametrize(
    ("error", "outcome", "detail"),
    [
        (CheckFailedError("a check failed"), "failed", "a check failed"),
        (OSError(28, "No space left on device"), "failed", "OSError: No space left on device"),
        (ValueError("may hold anything"), "failed", "ValueError"),
        (SystemExit(143), "failed", "SystemExit"),
        (KeyboardInterrupt(), "interrupted", ""),
    ],
)
def test_however_it_ends_it_is_noted(
    empty_home: Home, error: BaseException, outcome: str, detail: str
) -> None:
    fail(empty_home, NOW, error)
    (run,) = journal.runs(empty_home)
    assert (run.outcome, run.detail) == (outcome, detail)
    assert state_of(empty_home, NOW, 3).word == ("failed" if outcome == "failed" else "well")


def test_a_killed_refresh_has_begun_and_never_ended(empty_home: Home) -> None:
    script = (
        "import os, signal, sys\nfrom datetime import UTC, datetime\nfrom pathlib import Path\n"
        "from fcm_migration.archive.lock import refresh_lock\n"
        "from fcm_migration.config import Home\n"
        "from fcm_migration.refresh.noting import noted\n"
        "home = Home(Path(sys.argv[1]))\n"
        "with refresh_lock(home.root, holder='x'), noted(home, datetime.now(UTC), 'x'):\n"
        "    print(flush=True), sys.stdin.readline(), os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(empty_home.root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdout.readline()
    holder = holder_of(empty_home.root)
    assert holder is not None
    assert (holder.holder, holder.pid) == ("x", child.pid)
    assert state_of(empty_home, NOW, 3).word == "well"  # it goes on
    child.communicate(b"\n")
    assert holder_of(empty_home.root) is None
    state = state_of(empty_home, NOW, 3)
    assert (state.word, state.detail) == ("failed", KILLED)
    assert (empty_home.root / "refresh.holder.json").exists()


def test_who_only_looks_does_not_take_the_lock(empty_home: Home) -> None:
    with refresh_lock(empty_home.root, holder="one"):
        assert holder_of(empty_home.root) is not None
    note = {"holder": "one", "pid": os.getpid(), "since": NOW.isoformat()}
    (empty_home.root / "refresh.holder.json").write_text(json.dumps(note))
    assert holder_of(empty_home.root) is None
    (empty_home.root / "refresh.holder.json").write_text("{")
    assert holder_of(empty_home.root) is None
    with refresh_lock(empty_home.root, holder="two"):
        (empty_home.root / "refresh.holder.json").write_text("{")
        held = holder_of(empty_home.root)
        assert held is not None
        assert held.holder == "a holder whose note cannot be read"


def test_each_change_of_state_is_told_once(hooked: tuple[Context, Hook]) -> None:
    context, hook = hooked
    home, now = context.home, context.now
    for hours in range(1, 4):
        fail(home, now + timedelta(hours=hours), OSError(28, "No space left on device"))
    assert told(hook) == ["refresh_failed"]
    assert hook.received[0]["detail"] == "OSError: No space left on device"
    assert hook.received[0]["home"] == str(home.root)
    for days in (2, 4, 5):
        tell_state(home, now + days * DAY)
    fail(home, now + 6 * DAY, ValueError())
    assert told(hook) == ["refresh_failed", "refresh_stale"]
    with refresh_lock(home.root, holder="test"), noted(home, now + 7 * DAY, "t"):
        journal.note_published(
            home, replace(known(home.published_dir)[0], published_at=now + 7 * DAY)
        )
    tell_state(home, now + 8 * DAY)
    assert told(hook) == ["refresh_failed", "refresh_stale", "refresh_recovered"]
    context.home.published.unlink()
    for _ in range(2):
        tell_state(home, now + 8 * DAY)
    assert told(hook)[3:] == ["edition_damaged"]


def test_what_a_channel_did_not_take_is_told_at_the_next_call(
    hooked: tuple[Context, Hook],
) -> None:
    context, hook = hooked
    late = context.now + 4 * DAY
    hook.statuses.append(503)
    (first,) = tell_state(context.home, late)
    assert (first.told, first.due) == (0, 1)
    (second,) = tell_state(context.home, late)
    assert (second.told, second.due, second.error) == (1, 0, "")
    assert tell_state(context.home, late) == []


def test_the_settings_say_when_it_is_stale_and_whether_anybody_is_told(
    hooked: tuple[Context, Hook],
) -> None:
    context, hook = hooked
    path = context.home.root / SETTINGS_NAME
    text = path.read_text()
    path.write_text(f"{text}[refresh]\nstale_after_days = 10\n")
    assert tell_state(context.home, context.now + 9 * DAY) == []
    path.write_text(f"{text}[refresh]\ntell = false\n")
    assert tell_state(context.home, context.now + 11 * DAY) == []
    path.write_text(f"{text}[refresh]\ntell = 1\n")
    (outcome,) = tell_state(context.home, context.now + 11 * DAY)
    assert "tell is wrong" in outcome.error
    assert hook.received == []


def unreadable(path: Path, kind: str) -> None:
    path.unlink(missing_ok=True)
    if kind == "a folder":
        path.mkdir()
    elif kind == "a pipe":
        os.mkfifo(path)
    elif kind == "not UTF-8":
        path.write_bytes(b"\xff\xfe")
    elif kind == "deep":
        path.write_text("a = " + "[" * 5000)
    elif kind == "large":
        path.write_text("# " + "x" * 1_100_000)
    else:
        path.write_text("[[[")


@pytest.mark.parametrize("kind", ["a folder", "a pipe", "not UTF-8", "deep", "large", "no TOML"])
def test_settings_that_cannot_be_read_stop_nothing_and_are_named(
    own_home: Context, kind: str
) -> None:
    unreadable(own_home.home.root / SETTINGS_NAME, kind)
    (outcome,) = tell_state(own_home.home, own_home.now)
    assert (outcome.channel, outcome.told) == ("settings", 0)
    assert SETTINGS_NAME in outcome.error


def test_a_memory_that_cannot_be_read_is_begun_anew(hooked: tuple[Context, Hook]) -> None:
    context, hook = hooked
    for text in ("[1", "[1]", ""):
        (context.home.root / REFRESH_MEMORY_NAME).write_text(text)
        tell_state(context.home, context.now + 4 * DAY)
    assert told(hook) == ["refresh_stale"] * 3


def test_a_line_of_the_journal_that_was_changed_is_passed_over(own_home: Context) -> None:
    path = own_home.home.root / journal.NAME
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(
        b"".join([lines[0], lines[1].replace(b'"sequence": 1', b'"sequence": 7'), lines[2]])
    )
    (run,) = journal.runs(own_home.home)
    assert run.edition_id is None
    assert journal.last_sequence(own_home.home) == 0


def test_the_journal_stays_small_and_keeps_the_last_publication(
    own_home: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = own_home.home
    monkeypatch.setattr(journal, "LARGE", 10_000)
    monkeypatch.setattr(journal, "KEPT", 10)
    for number in range(100):
        begun = journal.begin(home, NOW + number * DAY, "test")
        journal.end(home, begun, "failed", "x" * 200)
    noted_runs = journal.runs(home)
    assert (home.root / journal.NAME).stat().st_size < 1.5 * journal.LARGE
    assert noted_runs[0].edition_id is not None
    assert journal.last_sequence(home) == 1


@pytest.mark.torture
def test_forecasts_published_by_a_refresh_that_died_reach_the_ledger(
    own_home: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one reads them from the edition, though the tables in the home are others then."""

    def dies(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    def release(context: Context, months: int) -> None:
        later = [(f"2023-{7 + n:02d}", "Chad", "1") for n in range(months)]
        path = write_release(tmp_path / "given", f"2024-0{1 + months}-15", [*rows(), *later])
        ingest(context, TOY, [path])

    second = replace(own_home, now=own_home.now + DAY)
    release(second, 1)
    with monkeypatch.context() as broken:
        broken.setattr(ledger_files, "add", dies)
        with pytest.raises(DiskError, match="the disk is full"):
            refresh(second)
    assert standing(own_home.home).sequence == 2
    third = replace(own_home, now=own_home.now + 2 * DAY)
    release(third, 2)
    refresh(third)
    kept = ledger_files.read(own_home.home, COLUMNS).rows
    assert kept is not None
    days = kept.group_by("made_date").agg(pl.col("origin_date").max()).sort("made_date").rows()
    assert [day for day, _ in days] == [(own_home.now + n * DAY).date() for n in range(3)]
    assert [origin.month for _, origin in days] == [6, 7, 8]


@pytest.mark.parametrize("where", ["the lock", "the journal", "the end", "the memory"])
def test_a_disk_that_is_full_to_the_last_byte_is_told(
    hooked: tuple[Context, Hook], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Where nothing at all can be written, telling it again is better than never."""
    context, hook = hooked

    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fcm_migration.refresh.run._refresh", full)
    if where == "the lock":
        monkeypatch.setattr("fcm_migration.refresh.run.refresh_lock", full)
    elif where == "the journal":
        monkeypatch.setattr(journal, "begin", full)
    elif where == "the end":
        monkeypatch.setattr(journal, "end", full)
    else:
        monkeypatch.setattr("fcm_migration.store.write_atomically", full)
    for hours in range(2):
        with pytest.raises(DiskError):
            refresh(replace(context, now=context.now + timedelta(hours=hours)))
    times = 2 if where == "the memory" else 1
    assert told(hook) == ["refresh_failed"] * times
    assert "the disk is full" in hook.received[0]["detail"]


def test_a_refresh_that_finds_another_running_is_no_failure(
    hooked: tuple[Context, Hook],
) -> None:
    context, hook = hooked
    with refresh_lock(context.home.root, holder="t"), pytest.raises(BusyError):
        refresh(context)
    assert (told(hook), len(journal.runs(context.home))) == ([], 1)
