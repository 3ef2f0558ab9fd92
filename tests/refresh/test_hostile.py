"""One hostile file keeps nobody from anything: neither its source nor the others, nor tomorrow."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fcm_migration import limited
from fcm_migration.archive.releases import readable_releases
from fcm_migration.errors import SourceError, UnsafeFileError
from fcm_migration.limited import reading
from fcm_migration.refresh.obtain import ingest, obtain, take_inbox
from tests.limited.misbehaving import FILE, MISBEHAVING, PAGE, TIGHT
from tests.limited.test_process import Publisher
from tests.toy import TOY, write_release
from tests.toy_home import rows, toy_context

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context

pytestmark = [
    pytest.mark.usefixtures("limited_process"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc"),
]


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """An empty home of the source whose files misbehave."""
    return replace(toy_context(tmp_path), sources=(MISBEHAVING,))


def _tasks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every task given to the limited process from now on."""
    done: list[str] = []
    order = reading._order

    def noted(task: str, *rest: object) -> dict[str, object]:
        done.append(task)
        return order(task, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "_order", noted)
    return done


def test_a_file_that_kills_its_reader_is_quarantined_and_not_tried_again(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = context.home.inbox / "toy"
    inbox.mkdir(parents=True)
    (inbox / "a.csv").write_text("crash")
    (inbox / "b_2024-01-15.csv").write_text(
        write_release(context.home.root, "2024-01-15", rows()).read_text()
    )
    outcomes = take_inbox(context, MISBEHAVING)
    assert [outcome.outcome for outcome in outcomes] == ["unsafe_file", "ok"]
    reason = (context.home.inbox / "_refused" / "toy" / "a.csv.reason.txt").read_text()
    assert "SIGSEGV" in reason
    assert "at most 200,000,000 bytes of memory and 1 s of processor time" in reason

    tasks = _tasks(monkeypatch)
    assert obtain(context, MISBEHAVING).outcome == "offline"
    (release,) = readable_releases(context.home, context.archive, MISBEHAVING)
    assert release.snapshot.as_of.isoformat() == "2024-01-15"
    (inbox / "again.csv").write_text("crash")
    (outcome,) = take_inbox(context, MISBEHAVING)
    assert outcome.outcome == "unsafe_file"
    assert "SIGSEGV" in outcome.detail
    assert tasks == []


def test_a_file_that_kills_whoever_looks_for_its_date_is_not_read_as_well(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = _tasks(monkeypatch)
    path = context.home.root / "late.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("crash")
    for _again in range(2):
        with pytest.raises(SourceError, match="SIGSEGV") as caught:
            ingest(context, MISBEHAVING, [path])
        assert caught.value.outcome == "unsafe_file"
    assert readable_releases(context.home, context.archive, MISBEHAVING) == []
    assert tasks == ["look"]


def test_newer_code_tries_it_again(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    path = context.home.root / "a.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("crash")
    with pytest.raises(UnsafeFileError):
        ingest(context, MISBEHAVING, [path])
    tasks = _tasks(monkeypatch)
    monkeypatch.setattr("fcm_migration.archive.releases.parser_of", lambda _: "newer code")
    assert readable_releases(context.home, context.archive, MISBEHAVING) == []
    assert tasks == ["read"]


def test_a_file_beyond_the_cap_is_neither_copied_nor_read(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = _tasks(monkeypatch)
    path = context.home.root / "a.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(TIGHT.file_bytes + 1))
    with pytest.raises(UnsafeFileError, match="at most 10,000 bytes; got 10,001"):
        ingest(context, MISBEHAVING, [path])
    assert tasks == []
    assert context.archive.snapshots("toy") == []


def test_a_file_of_the_inbox_beyond_the_cap_is_put_away_without_a_copy(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file larger than the free space filled the disk before its size was looked at."""
    monkeypatch.setattr("fcm_migration.folders._copy", None)
    path = context.home.inbox / "toy" / "a.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(TIGHT.file_bytes + 1))
    (outcome,) = take_inbox(context, MISBEHAVING)
    assert outcome.outcome == "unsafe_file"
    assert "got 10,001" in outcome.detail
    assert [attempt.outcome for attempt in context.archive.attempts("toy")] == ["unsafe_file"]
    refused = context.home.inbox / "_refused" / "toy"
    assert sorted(p.name for p in refused.iterdir()) == ["a.csv", "a.csv.reason.txt"]


def test_a_download_is_cut_off_at_the_cap_of_its_source(context: Context) -> None:
    publisher = Publisher(context.home.downloads, {PAGE: "", FILE: "month,origin,count\n"})
    context.home.downloads.mkdir(parents=True)
    obtain(replace(context, offline=False), MISBEHAVING, publisher)  # type: ignore[arg-type]
    assert {request.max_bytes for request in publisher.asked} == {TIGHT.file_bytes}


def test_a_page_that_kills_its_reader_is_an_outcome(context: Context) -> None:
    publisher = Publisher(context.home.downloads, {PAGE: "crash"})
    context.home.downloads.mkdir(parents=True)
    outcome = obtain(replace(context, offline=False), MISBEHAVING, publisher)  # type: ignore[arg-type]
    assert outcome.outcome == "unsafe_file"


def test_an_unchanged_refresh_starts_no_process(
    own_home: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fcm_migration.refresh.run import refresh

    limited.end()
    tasks = _tasks(monkeypatch)
    refresh(own_home)
    assert tasks == []
    assert reading._RUNNING.server is None
    assert TOY in own_home.sources
