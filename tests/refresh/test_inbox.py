"""The inbox: no link is followed, and nothing outside it is read or moved."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fcm_migration.cli import main
from fcm_migration.errors import UsageError
from fcm_migration.refresh import remarks
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest, obtain, take_inbox
from tests.toy import TOY, write_release

ROWS = [("2024-01", "Chad", "5"), ("2024-02", "Chad", "-")]
DAY = "2024-03-01"


@pytest.fixture
def inbox(context: Context) -> Path:
    made = context.home.inbox / "toy"
    made.mkdir(parents=True)
    return made


def said(context: Context) -> list[str]:
    """The sentences below the table of a refresh."""
    return [
        *remarks.files_left_in_the_inbox(context, None),  # type: ignore[arg-type]
        *remarks.misnamed_inboxes(context, None),  # type: ignore[arg-type]
    ]


def outside(tmp_path: Path) -> Path:
    """A release that lies where no source may take it."""
    return write_release(tmp_path / "outside", DAY, ROWS)


@pytest.mark.parametrize("linked", ["inbox", "inbox/toy", "inbox/_taken", "inbox/_refused/toy"])
def test_nothing_is_taken_through_a_linked_folder(
    context: Context, tmp_path: Path, linked: str
) -> None:
    """As root on a whole machine, a link to a system folder once had that folder emptied."""
    path = outside(tmp_path)
    place = context.home.root / linked
    place.parent.mkdir(parents=True)
    if linked.startswith("inbox/_"):
        write_release(context.home.inbox / "toy", DAY, ROWS)
    elif linked == "inbox":
        path = write_release(path.parent / "toy", DAY, ROWS)
    place.symlink_to(tmp_path / "outside")
    (outcome,) = take_inbox(context, TOY)
    assert (outcome.outcome, outcome.snapshot_id) == ("not_taken", None)
    assert "a link, or no folder" in outcome.detail
    assert path.exists()
    assert context.archive.snapshots("toy") == []
    assert any("a link, or no folder" in line for line in said(context))


def test_links_pipes_and_odd_names_stay_and_the_rest_is_taken(
    context: Context, inbox: Path, tmp_path: Path
) -> None:
    """One release of the inbox is good; the five other things are left, and each is named."""
    path = outside(tmp_path)
    good = write_release(inbox, DAY, ROWS)
    (inbox / "linked.csv").symlink_to(path)
    (inbox / "second_name.csv").hardlink_to(path)
    os.mkfifo(inbox / "pipe.csv")
    names = [b"\xff\x1b[2J.csv", b"n" * 251 + b".csv"]
    for name in names:
        Path(os.fsdecode(os.fsencode(inbox) + b"/" + name)).write_bytes(good.read_bytes())
    assert obtain(context, TOY).outcome == "offline"
    assert len(context.archive.snapshots("toy")) == 1
    assert not good.exists()
    assert len(list(inbox.iterdir())) == 5
    lines = said(context)
    assert len(lines) == 5
    assert all(line.startswith("toy: not_taken: left in the inbox: ") for line in lines)
    for words in ("got a link", "got a pipe", "hard link", "is not UTF-8", "is too long"):
        assert len([line for line in lines if words in line]) == 1
    assert not any("\x1b" in line or "\udcff" in line for line in lines)
    logged = [a.outcome for a in context.archive.attempts("toy")]
    assert logged.count("not_taken") == 5


def test_a_file_that_changes_while_it_is_read_stays(
    context: Context, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_release(inbox, DAY, ROWS)

    def ingest_slowly(*given: object, **how: object) -> object:
        path.write_text(path.read_text() + "2024-01,Peru,9\n")
        return ingest(*given, **how)  # type: ignore[arg-type]

    monkeypatch.setattr("fcm_migration.refresh.obtain.ingest", ingest_slowly)
    (outcome,) = take_inbox(context, TOY)
    assert "changed while it was read" in outcome.detail
    monkeypatch.undo()
    (outcome,) = take_inbox(context, TOY)
    assert outcome.outcome == "ok"
    assert list(inbox.iterdir()) == []


def test_a_name_taken_before_is_kept_beside_the_first(context: Context, inbox: Path) -> None:
    for count in ("5", "6"):
        write_release(inbox, DAY, [("2024-01", "Chad", count)])
        take_inbox(context, TOY)
    taken = context.home.inbox / "_taken" / "toy"
    assert [path.name for path in sorted(taken.iterdir())] == [
        "20240615T120000-toy_2024-03-01.csv",
        "toy_2024-03-01.csv",
    ]
    assert list(context.home.downloads.iterdir()) == []


def test_a_file_named_by_a_person_may_be_a_link_but_no_pipe(
    context: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = tmp_path / "toy_2024-03-01.csv"
    link.symlink_to(outside(tmp_path))
    assert ingest(context, TOY, [link]).outcome == "ok"
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(SystemExit) as ended:
        main(["ingest", "toy", str(tmp_path / "pipe.csv")], given=context)
    assert ended.value.code == 2
    assert "not a regular file" in capsys.readouterr().err
    odd = tmp_path / os.fsdecode(b"\xff.csv")
    odd.write_text("x")
    with pytest.raises(UsageError, match="not UTF-8"):
        ingest(context, TOY, [odd])
