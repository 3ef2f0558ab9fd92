"""Every attempt to obtain a release is recorded, and the last good one stays in use."""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fcm_migration import store
from fcm_migration.archive.releases import usable_releases
from fcm_migration.errors import DateError, LayoutError, SuspectError, UsageError
from fcm_migration.refresh.bundle import write_bundle
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import Outcome, ingest, obtain
from fcm_migration.sources.base import Fetched, Get, Parsed, ReleaseFile
from tests.sources.fake_get import FakeGet
from tests.toy import TOY, write_release

ROWS = [("2024-01", "Chad", "5"), ("2024-02", "Chad", "-"), ("2024-01", "Peru", "7")]


def test_a_hand_obtained_release_is_archived_byte_for_byte(
    context: Context, tmp_path: Path
) -> None:
    path = write_release(tmp_path, "2024-03-01", ROWS)
    outcome = ingest(context, TOY, [path], note="from a colleague")
    assert outcome.outcome == "ok"
    (snapshot,) = context.archive.snapshots("toy")
    assert (snapshot.as_of, snapshot.as_of_basis) == (date(2024, 3, 1), "publisher")
    assert (snapshot.obtained, snapshot.note) == ("inbox", "from a colleague")
    (file,) = context.archive.release_files(snapshot)
    assert file.path.read_bytes() == path.read_bytes()
    (release,) = usable_releases(context.home, context.archive, TOY)
    assert (release.rows, release.marks) == ({"toy_claims": 3}, {"-": 1})


def test_the_same_bytes_are_one_release(context: Context, tmp_path: Path) -> None:
    path = write_release(tmp_path, "2024-03-01", ROWS)
    ingest(context, TOY, [path])
    assert ingest(context, TOY, [path]).outcome == "unchanged"
    assert len(context.archive.snapshots("toy")) == 1


def test_a_changed_layout_is_quarantined_and_the_last_good_release_stays(
    context: Context, tmp_path: Path
) -> None:
    ingest(context, TOY, [write_release(tmp_path, "2024-03-01", ROWS)])
    bad = write_release(tmp_path, "2024-04-01", ROWS)
    bad.write_text(bad.read_text().replace("count", "number"))
    with pytest.raises(LayoutError, match="another header"):
        ingest(context, TOY, [bad])
    usable = usable_releases(context.home, context.archive, TOY)
    assert [r.snapshot.as_of for r in usable] == [date(2024, 3, 1)]
    refused = context.archive.refusal(context.archive.snapshots("toy")[-1])
    assert refused is not None
    assert refused["outcome"] == "layout_changed"
    assert [a.outcome for a in context.archive.attempts("toy")] == ["ok", "layout_changed"]


def test_a_newer_parser_takes_a_release_out_of_quarantine(context: Context, tmp_path: Path) -> None:
    bad = write_release(tmp_path, "2024-04-01", ROWS)
    bad.write_text(bad.read_text().replace("count", "number"))
    with pytest.raises(LayoutError):
        ingest(context, TOY, [bad])

    def lenient(files):  # type: ignore[no-untyped-def]
        text = files[0].path.read_text().replace("number", "count")
        mended = tmp_path / "mended.csv"
        mended.write_text(text)
        return TOY.parse([dataclasses.replace(files[0], path=mended)])

    newer = dataclasses.replace(TOY, parse=lenient, module="tests.toy_home")
    assert len(usable_releases(context.home, context.archive, newer)) == 1
    assert context.archive.refusal(context.archive.snapshots("toy")[0]) is None


def test_what_a_parser_did_not_foresee_refuses_one_release_only(
    context: Context, tmp_path: Path
) -> None:
    with pytest.raises(LayoutError, match="the parser failed on this release: ValueError"):
        ingest(context, TOY, [write_release(tmp_path, "2024-03-01", [("2024-01", "Chad", "x")])])


def test_a_release_from_the_future_is_refused(context: Context, tmp_path: Path) -> None:
    with pytest.raises(DateError, match="dated in the future"):
        ingest(context, TOY, [write_release(tmp_path, "2031-01-01", ROWS)])
    assert context.archive.snapshots("toy") == []


def test_a_stated_date_wins_and_says_so(context: Context, tmp_path: Path) -> None:
    path = write_release(tmp_path, "2024-03-01", ROWS)
    outcome = ingest(context, TOY, [path], as_of=date(2024, 3, 20))
    assert outcome.detail.endswith("(stated); the file itself says 2024-03-01")
    (snapshot,) = context.archive.snapshots("toy")
    assert (snapshot.as_of, snapshot.as_of_basis) == (date(2024, 3, 20), "stated")


def test_another_date_for_known_bytes_is_said_not_swallowed(
    context: Context, tmp_path: Path
) -> None:
    path = write_release(tmp_path, "2024-03-01", ROWS)
    ingest(context, TOY, [path], as_of=date(2024, 3, 20))
    again = ingest(context, TOY, [path], as_of=date(2024, 3, 27))
    assert again.outcome == "unchanged"
    assert "the date stated, 2024-03-27, was not taken" in again.detail


def test_a_missing_file_is_a_usage_error(context: Context, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        ingest(context, TOY, [tmp_path / "nowhere.csv"])


def test_the_inbox_is_emptied_one_release_a_file(context: Context) -> None:
    inbox = context.home.inbox / "toy"
    write_release(inbox, "2024-03-01", ROWS)
    bad = write_release(inbox, "2024-04-01", ROWS)
    bad.write_text("<!doctype html>")
    assert obtain(context, TOY).outcome == "offline"
    assert list(inbox.glob("*")) == []
    assert (context.home.inbox / "_taken" / "toy" / "toy_2024-03-01.csv").exists()
    reason = context.home.inbox / "_refused" / "toy" / "toy_2024-04-01.csv.reason.txt"
    assert "another header" in reason.read_text()
    outcomes = [a.outcome for a in context.archive.attempts("toy")]
    assert outcomes == ["ok", "layout_changed", "offline"]


def test_a_line_cut_short_by_a_crash_does_not_lose_the_log(
    context: Context, tmp_path: Path
) -> None:
    ingest(context, TOY, [write_release(tmp_path, "2024-03-01", ROWS)])
    log = context.home.archive / "attempts" / "toy.jsonl"
    log.write_text(log.read_text() + '{"source_id": "t')
    assert [a.outcome for a in context.archive.attempts("toy")] == ["ok"]


class Serving:
    """A client that answers every request with these bytes."""

    def __init__(self, folder: Path, body: bytes) -> None:
        self.get = FakeGet(folder, lambda _: body)


def looked(context: Context, tmp_path: Path, **facts: object) -> Outcome:
    """One look at a publisher whose download has these facts beside its good file."""

    def fetch(get: Get) -> Fetched:
        assert TOY.fetch is not None
        return dataclasses.replace(TOY.fetch(get), **facts)

    body = write_release(tmp_path, "2024-03-01", ROWS).read_bytes()
    online = dataclasses.replace(context, offline=False)
    (tmp_path / "down").mkdir()
    client = Serving(tmp_path / "down", body)
    return obtain(online, dataclasses.replace(TOY, fetch=fetch), client)  # type: ignore[arg-type]


def test_what_a_download_did_without_stands_in_the_log(context: Context, tmp_path: Path) -> None:
    outcome = looked(context, tmp_path, notes=("One page is gone.", "Another too."))
    assert outcome.outcome == "ok"
    assert outcome.notes == ("One page is gone.", "Another too.")
    assert outcome.detail.endswith("(publisher). One page is gone. Another too") or (
        outcome.detail.endswith("(obtained). One page is gone. Another too")
    )
    logged = context.archive.attempts("toy")[-1]
    assert (logged.outcome, logged.detail) == ("ok", outcome.detail)


def test_a_complaint_gives_the_look_its_word_and_the_release_is_used(
    context: Context, tmp_path: Path
) -> None:
    complaint = LayoutError("a newer file has another name", where="https://a.example/x.csv")
    outcome = looked(context, tmp_path, complaint=complaint)
    assert outcome.outcome == "layout_changed"
    assert "a newer file has another name" in outcome.detail
    (release,) = usable_releases(context.home, context.archive, TOY)
    assert release.snapshot.snapshot_id == outcome.snapshot_id
    logged = context.archive.attempts("toy")[-1]
    assert (logged.outcome, logged.snapshot_id) == ("layout_changed", outcome.snapshot_id)


def book(folder: Path, created: str, rows: list[tuple[str, str, str]] = ROWS) -> Path:
    """Write a toy release as a workbook: it says when it was created, its name does not."""
    path = folder / "toy.xlsx"
    moment = f"<dcterms:created>{created}T20:46:35Z</dcterms:created>"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("docProps/core.xml", moment)
        archive.writestr("toy.csv", write_release(folder, "of-the-book", rows).read_text())
    return path


def parse_book(files: Sequence[ReleaseFile]) -> Parsed:
    with zipfile.ZipFile(files[0].path) as archive, TemporaryDirectory() as folder:
        return TOY.parse(
            [dataclasses.replace(files[0], path=Path(archive.extract("toy.csv", folder)))]
        )


BOOK = dataclasses.replace(TOY, parse=parse_book)


def test_without_any_other_date_the_documents_own_is_taken_and_said(
    context: Context, tmp_path: Path
) -> None:
    outcome = ingest(context, BOOK, [book(tmp_path, "2024-05-16")])
    assert "release of 2024-05-16 (document): the day its document was last saved" in outcome.detail
    (snapshot,) = context.archive.snapshots("toy")
    assert (snapshot.as_of, snapshot.as_of_basis) == (date(2024, 5, 16), "document")


def test_a_document_of_tomorrow_dates_nothing(context: Context, tmp_path: Path) -> None:
    """A clock that was wrong somewhere: neither is believed, so a person has to look."""
    with pytest.raises(DateError, match="the document was created on 2024-07-01"):
        ingest(context, BOOK, [book(tmp_path, "2024-07-01")])


def test_a_stated_date_is_compared_with_the_documents(context: Context, tmp_path: Path) -> None:
    path = book(tmp_path, "2024-03-16", ROWS)
    with pytest.raises(DateError, match="created on 2024-03-16, after the date of the release"):
        ingest(context, BOOK, [path], as_of=date(2024, 3, 1))
    assert ingest(context, BOOK, [path], as_of=date(2024, 3, 20)).outcome == "ok"
    assert [s.as_of for s in context.archive.snapshots("toy")] == [date(2024, 3, 20)]


def test_the_bundled_edition_is_there_before_the_first_file(
    published: Context, context: Context, tmp_path: Path
) -> None:
    """A file is compared with what ships with the project, even before the first refresh."""
    list(write_bundle(published, tmp_path / "bundle"))
    fresh = dataclasses.replace(context, bundled_dir=tmp_path / "bundle")
    with pytest.raises(SuspectError, match="the release before it, 2024-01-15_"):
        ingest(fresh, TOY, [write_release(tmp_path, "2024-04-01", ROWS)])


def test_a_corrected_date_of_the_bundled_edition_reaches_homes_that_have_it(
    published: Context, context: Context, tmp_path: Path
) -> None:
    list(write_bundle(published, tmp_path / "bundle"))
    fresh = dataclasses.replace(context, bundled_dir=tmp_path / "bundle")
    obtain(fresh, TOY)
    (card,) = (tmp_path / "bundle").glob("toy/*/edition.json")
    facts = store.read_note(card, of="toy") or {}
    store.write_note(card, {**facts, "as_of": "2023-09-15"}, of="toy")
    obtain(fresh, TOY)
    (snapshot,) = fresh.archive.snapshots("toy")
    assert (snapshot.as_of, snapshot.obtained) == (date(2023, 9, 15), "bundled")
    assert len(usable_releases(fresh.home, fresh.archive, TOY)) == 1
