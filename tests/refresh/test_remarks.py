"""The remarks of a summary: expected failures in a line each, faults by name, nothing twice."""

from __future__ import annotations

import dataclasses
import io
from datetime import date

import pytest

from fcm_migration import console as consoles
from fcm_migration.archive.releases import parser_of
from fcm_migration.archive.snapshots import Incoming, Snapshot
from fcm_migration.refresh import remarks, report
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import Outcome
from fcm_migration.refresh.run import Summary, refresh
from fcm_migration.sources.base import Parsed, set_aside
from tests.forging import rewrite
from tests.toy import TOY

ADDRESS = "https://publisher.example/a/very/long/address"


@pytest.fixture
def summary(own_home: Context) -> Summary:
    return refresh(own_home)


def outcomes(*words: str) -> tuple[Outcome, ...]:
    return tuple(
        Outcome(f"s{number}", word, f"{ADDRESS}: what happened", None)
        for number, word in enumerate(words)
    )


def told(remark: remarks.Remark, context: Context, summary: Summary, *words: str) -> list[str]:
    return list(remark(context, dataclasses.replace(summary, outcomes=outcomes(*words))))


def test_expected_failures_are_one_line_for_each_kind(own_home: Context, summary: Summary) -> None:
    words = ("ok", "unreachable", "blocked", "timeout", "challenge", "by_hand", "server_error")
    lines = told(remarks.expected_failures, own_home, summary, *words)
    assert lines == [
        "3 sources could not be reached: s1, s3, s6; `fcm sources SOURCE` tells more.",
        "2 sources refused to serve a program: s2, s4; `fcm sources SOURCE` tells more.",
        "1 source can only be obtained by hand: s5; `fcm sources SOURCE` tells more.",
    ]
    assert told(remarks.failures_to_look_at, own_home, summary, *words) == []


def test_without_a_network_no_source_is_named(own_home: Context, summary: Summary) -> None:
    words = ("unreachable", "timeout", "by_hand", "unreachable")
    lines = told(remarks.expected_failures, own_home, summary, *words)
    assert lines[0] == (
        "None of the 3 sources asked could be reached: is there a network? The last good releases "
        "stay in use."
    )
    assert len(lines) == 2
    assert told(remarks.expected_failures, own_home, summary, "offline", "offline") == []


@pytest.mark.parametrize("word", ["layout_changed", "suspect", "gone", "older_file", "too_small"])
def test_what_a_person_can_mend_has_a_line_of_its_own(
    own_home: Context, summary: Summary, word: str
) -> None:
    lines = told(remarks.failures_to_look_at, own_home, summary, "unreachable", word)
    assert lines == [f"s1: {word}: {ADDRESS}: what happened"]


def test_a_long_message_is_cut_and_says_where_the_rest_is(
    own_home: Context, summary: Summary
) -> None:
    long = dataclasses.replace(outcomes("layout_changed")[0], detail="expected " + "label " * 500)
    (line,) = remarks.failures_to_look_at(own_home, dataclasses.replace(summary, outcomes=(long,)))
    assert len(line) < 400
    assert line.endswith("see `fcm sources s0`")


def test_a_bundled_release_of_an_older_version_needs_nobody(
    own_home: Context, summary: Summary
) -> None:
    """Once the release that ships with this version stands in for it."""

    def bundled(day: int) -> Snapshot:
        path = own_home.home.root / f"{day}.csv"
        path.write_text(f"month,origin,count\n2024-0{day},Chad,1\n")
        snapshot, _ = own_home.archive.admit(
            "toy",
            [Incoming(path.name, path)],
            as_of=date(2020, 1, day),
            as_of_basis="publisher",
            obtained="bundled",
            obtained_at=own_home.now,
            licence_id="toy",
        )
        return snapshot

    known = own_home.archive.snapshots("toy")
    older = bundled(1)
    own_home.archive.refuse(
        older, outcome="layout_changed", detail="of another version", parser=parser_of(TOY)
    )
    assert len(list(remarks.releases_in_quarantine(own_home, summary))) == 1
    newer = replace_obtained(own_home, known[-1], "bundled")
    assert list(remarks.releases_in_quarantine(own_home, summary)) == []
    assert newer.obtained == "bundled"


def replace_obtained(context: Context, snapshot: Snapshot, how: str) -> Snapshot:
    """Make a release of the archive one that ships with the project."""
    path = context.home.archive / "snapshots" / "toy" / f"{snapshot.snapshot_id}.json"
    rewrite(path, lambda data: data.update(obtained=how))
    return context.archive.snapshots("toy")[-1]


def test_every_outcome_of_a_download_has_one_place() -> None:
    """None is told by two remarks, and none is left out: the rest is told by name."""
    from fcm_migration.http import OUTCOMES
    from fcm_migration.refresh.obtain import CALM

    expected = [word for words in remarks.EXPECTED.values() for word in words]
    assert len(expected) == len(set(expected))
    assert set(expected) - {"by_hand"} <= set(OUTCOMES)
    assert not set(OUTCOMES) & set(CALM)


def test_what_a_download_did_without_is_said(own_home: Context, summary: Summary) -> None:
    item = dataclasses.replace(outcomes("ok")[0], notes=("One page is gone.",))
    lines = remarks.downloads_without_a_part(
        own_home, dataclasses.replace(summary, outcomes=(item,))
    )
    assert list(lines) == ["s0: One page is gone."]


def test_what_a_parser_set_aside_is_said_at_every_refresh(own_home: Context) -> None:
    def parse(files: object) -> Parsed:
        parsed = TOY.parse(files)  # type: ignore[arg-type]
        notes = ("A remark.", set_aside("3 figures of Atlantis."))
        return dataclasses.replace(parsed, notes=notes)

    source = dataclasses.replace(TOY, parse=parse)
    context = dataclasses.replace(own_home, sources=(source,))
    for folder in (context.home.core / "releases").glob("*/*/*"):
        (folder / "parsed.json").unlink()
    for _ in range(2):
        lines = list(remarks.set_aside_by_parsers(context, refresh(context)))
        assert lines == ["toy: set aside: 3 figures of Atlantis."]


def test_a_sentence_is_one_line_in_a_pipe_and_wrapped_on_a_terminal(
    own_home: Context, summary: Summary
) -> None:
    many = dataclasses.replace(summary, outcomes=outcomes("ok", *["timeout"] * 60))
    (line,) = remarks.expected_failures(own_home, many)
    for is_terminal in (False, True):
        written = io.StringIO()
        console = consoles.console(file=written, pipe_width=140)
        console._force_terminal = is_terminal
        console.width = 80 if is_terminal else console.width
        report.say(console, line)
        lines = written.getvalue().splitlines()
        assert (len(lines) == 1) != is_terminal
        if is_terminal:
            assert max(map(len, lines)) <= 80


def test_no_line_of_the_table_ends_in_blanks(
    own_home: Context, summary: Summary, capsys: pytest.CaptureFixture[str]
) -> None:
    report.print_summary(own_home, summary)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line != line.rstrip()] == []
    assert not any("0.0 s" in line for line in lines)


def test_a_folder_of_the_inbox_without_a_source_is_named(
    own_home: Context, summary: Summary
) -> None:
    for folder in ("toy", "_taken", "tyo"):
        (own_home.home.inbox / folder).mkdir(parents=True)
    (line,) = told(remarks.misnamed_inboxes, own_home, summary)
    assert line.startswith("inbox/tyo is not taken: no source has that name")
