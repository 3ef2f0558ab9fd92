"""Every misbehaviour of a publisher against every source that downloads: no bad byte is accepted.

The good release is in the archive; the next day one answer is faulty: the first of a download, or
its last. Whatever it is, the look bears its own word in the log, the good release stays the only
one in use, what was archived beside it is in quarantine, and no file of the download is left.
"""

from __future__ import annotations

import io
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fcm_migration.archive.releases import usable_releases
from fcm_migration.catalog.model import Table
from fcm_migration.http import Request
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest, obtain
from fcm_migration.sources.base import Parsed, ReleaseFile, Source
from tests.downloads.publisher import FETCHED, Good, Publisher, answerer, good_home, routed
from tests.fault_server import PAGE

pytestmark = pytest.mark.slow

# Modes of the local server that fail each request alike, and the word of each.
FAILING = {
    "timeout": "timeout",
    "reset": "connection_lost",
    "slow_drip": "too_slow",
    "truncated": "truncated",
    "truncated_chunked": "truncated",
    "truncated_until_close": "truncated",
    "truncated_gzip": "truncated",
    "challenge": "challenge",
    "html_page": "html_instead",
    "403": "blocked",
    "404": "gone",
    "429": "rate_limited",
    "500": "server_error",
    "other_file_type": "wrong_type",
    "gzip_lie": "wrong_encoding",
    "redirect_loop": "redirect_loop",
    "redirect_private": "redirect_refused",
    "304": "not_modified",
    "empty": "empty",
}
RECOVERING = ("500_then_ok", "429_soon_then_ok")
# Short waits for the modes that are about waiting; a good answer takes milliseconds.
WAITS: dict[str, dict[str, float]] = {
    "timeout": {"read_seconds": 0.1, "attempts": 1},
    "slow_drip": {"total_seconds": 0.2, "attempts": 1},
}
TEXTS = ("csv", "json", "html", "xml")
# A file of another source is refused by its kind, its size, its first line, its layout or the
# declaration of its table.
REFUSED = {"wrong_type", "too_small", "layout_changed", "not_conform", "suspect", "unsafe_file"}
# The content API of the small boats and the feed of Sovereign Borders may fail in these ways: the
# page, or the usual addresses, serve instead.
PASSED_OVER = {
    "uk_small_boats": {"gone", "html_instead", "wrong_type"},
    "au_osb": {"gone", "html_instead", "wrong_type", "empty"},
}
# Sources where every table lacks a period: an older list cannot be told from a newer one.
TIMELESS = {"unhcr_countries"}
CELLS: Counter[str] = Counter()

EVERY = 4  # of the cells of a crossing, `make test` tries one in so many; the torture tries all

by_source = pytest.mark.parametrize("source_id", FETCHED)


def crossed(others: Sequence[str]) -> list[Any]:
    """Every source with every other thing; `make test` meets each of both several times."""
    return [
        pytest.param(
            source_id, other, marks=() if (row + column) % EVERY == 0 else pytest.mark.torture
        )
        for row, source_id in enumerate(FETCHED)
        for column, other in enumerate(others)
        if other != source_id
    ]


@pytest.fixture(scope="module")
def goods(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Good]:
    """The good release of each source, obtained when first asked for."""
    made: dict[str, Good] = {}

    def good(source_id: str) -> Good:
        if source_id not in made:
            made[source_id] = good_home(tmp_path_factory.mktemp(source_id), source_id)
        assert made[source_id].outcome.outcome == "ok", made[source_id].outcome.detail
        return made[source_id]

    return good


def attempt(
    good: Good, context: Context, publisher: Publisher, expected: set[str], **settings: float
) -> None:
    """One look at the publisher, and what has to hold after it."""
    held = {s.snapshot_id for s in context.archive.snapshots(good.source.source_id)}
    before = [r.snapshot.snapshot_id for r in usable(good.source, context)]
    with routed(publisher, context.home.downloads, **settings) as client:
        outcome = obtain(context, good.source, client)
    cell = f"{good.source.source_id} {publisher.faults or sorted(publisher.bodies)}"
    logged = context.archive.attempts(good.source.source_id)[-1]
    assert (logged.outcome, logged.detail) == (outcome.outcome, outcome.detail)
    assert outcome.outcome in expected, f"{cell}: {outcome.outcome}, {outcome.detail}"
    for snapshot in context.archive.snapshots(good.source.source_id):
        if snapshot.snapshot_id not in held:
            refusal = context.archive.refusal(snapshot)
            assert refusal is not None, cell
            assert refusal["outcome"] == outcome.outcome
    assert [r.snapshot.snapshot_id for r in usable(good.source, context)] == before, cell
    assert list(context.home.downloads.iterdir()) == [], cell
    CELLS[good.source.source_id] += 1


def usable(source: Source, context: Context) -> list:  # type: ignore[type-arg]
    return usable_releases(context.home, context.archive, source)


def word(good: Good, mode: str, position: int) -> str:
    """What the log says of a failing mode; a source may know a way round a missing first page."""
    outcome = FAILING[mode]
    last = position == len(good.requests) - 1
    if position == 0 and outcome in PASSED_OVER.get(good.source.source_id, ()):
        return "unchanged"
    if good.source.source_id == "iom_missing_migrants" and last and outcome == "gone":
        return "suspect"  # taken for a running year that has no file yet, but it had one
    if good.source.source_id.startswith("uk_") and not last and outcome == "gone":
        return "layout_changed"  # no page is left that could link to the workbook
    if outcome == "html_instead" and good.requests[position].expect == "html":
        return "too_small" if good.requests[position].min_bytes > len(PAGE) else "layout_changed"
    return outcome


@pytest.mark.parametrize(("source_id", "mode"), crossed(tuple(FAILING)))
def test_a_failing_publisher(
    tmp_path: Path, goods: Callable[[str], Good], source_id: str, mode: str
) -> None:
    good = goods(source_id)
    for position in good.positions:
        publisher = Publisher(source_id)
        publisher.faults[position] = mode
        context = good.copy(tmp_path / str(position))
        attempt(good, context, publisher, {word(good, mode, position)}, **WAITS.get(mode, {}))


@by_source
def test_a_wrong_character_set(
    tmp_path: Path, goods: Callable[[str], Good], source_id: str
) -> None:
    """Text in UTF-16 is no text of ours; a wrong declaration of right bytes does no harm."""
    good = goods(source_id)
    for position in good.positions:
        request = good.requests[position]
        publisher = Publisher(source_id)
        publisher.faults[position] = "wrong_content_type"
        attempt(good, good.copy(tmp_path / f"{position}"), publisher, {"unchanged"})
        if request.expect in TEXTS:
            publisher = Publisher(source_id)
            publisher.bodies[position] = body(source_id, request).decode().encode("utf-16")
            passed = source_id in PASSED_OVER and position == 0
            expected = {"unchanged" if passed else "wrong_type"}
            attempt(good, good.copy(tmp_path / f"{position}-utf16"), publisher, expected)


@by_source
@pytest.mark.parametrize("mode", RECOVERING)
def test_a_publisher_that_recovers(
    tmp_path: Path, goods: Callable[[str], Good], source_id: str, mode: str
) -> None:
    """Each request fails once; the release is then the good one, byte for byte."""
    good = goods(source_id)
    context = good.copy(tmp_path, days=0)
    shutil.rmtree(context.home.archive)
    publisher = Publisher(source_id)
    publisher.faults = dict.fromkeys(range(len(good.requests)), mode)
    with routed(publisher, context.home.downloads) as client:
        outcome = obtain(context, good.source, client)
    assert (outcome.outcome, outcome.snapshot_id) == ("ok", good.outcome.snapshot_id)
    assert all(count == 2 for count in publisher.asked.values())
    assert list(context.home.downloads.iterdir()) == []
    CELLS[source_id] += 1


@by_source
def test_yesterdays_file(tmp_path: Path, goods: Callable[[str], Good], source_id: str) -> None:
    good = goods(source_id)
    attempt(good, good.copy(tmp_path), Publisher(source_id), {"unchanged"})


@by_source
def test_the_release_before_the_newest(
    tmp_path: Path, goods: Callable[[str], Good], source_id: str
) -> None:
    """The bytes of a release that is known, though a newer one is."""
    good = goods(source_id)
    context = good.copy(tmp_path / "later")
    newer = repacked(good, tmp_path)
    ingest(context, good.source, newer, as_of=context.today)
    later = replace(context, now=context.now + timedelta(days=1))
    attempt(good, later, Publisher(source_id), {"older_file"})
    assert usable(good.source, later)[-1].snapshot.as_of == context.today


@by_source
def test_an_older_release_never_seen(
    tmp_path: Path, goods: Callable[[str], Good], source_id: str
) -> None:
    """The release in use is of a year later; what comes ends earlier, or is dated earlier."""
    good = goods(source_id)
    context = good.copy(tmp_path / "later", days=400)
    shutil.rmtree(context.home.archive)
    shutil.rmtree(context.home.core)
    ahead = replace(good.source, parse=a_year_later(good.source))
    ingest(context, ahead, repacked(good, tmp_path), as_of=context.today)
    later = replace(context, now=context.now + timedelta(days=1))
    with routed(Publisher(source_id), later.home.downloads) as client:
        outcome = obtain(later, good.source, client)
    expected = "ok" if source_id in TIMELESS else "older_file" if good.is_dated else "suspect"
    assert outcome.outcome == expected, outcome.detail
    if source_id not in TIMELESS:
        assert usable(good.source, later)[-1].snapshot.as_of == context.today
    CELLS[source_id] += 1


@pytest.mark.parametrize(("source_id", "other_id"), crossed(FETCHED))
def test_another_sources_file(
    tmp_path: Path, goods: Callable[[str], Good], source_id: str, other_id: str
) -> None:
    """The file of another source of the same kind, in the place of the first and the last."""
    good = goods(source_id)
    for position in good.positions:
        request = good.requests[position]
        theirs = body_of_kind(goods(other_id), request.expect)
        if theirs is None or theirs == body(source_id, request):
            continue
        publisher = Publisher(source_id)
        publisher.bodies[position] = theirs
        passed = source_id == "uk_small_boats" and position == 0
        # Another page may link to an older file of ours, which this publisher has no more.
        expected = REFUSED | ({"unchanged"} if passed else set())
        expected |= {"gone"} if request.expect == "html" else set()
        attempt(good, good.copy(tmp_path / str(position)), publisher, expected)


def test_a_part_of_each_crossing_meets_every_source_and_every_mode() -> None:
    for others in (tuple(FAILING), FETCHED):
        quick = [cell.values for cell in crossed(others) if not cell.marks]
        assert {source_id for source_id, _ in quick} == set(FETCHED)
        assert {other for _, other in quick} == set(others)


@pytest.mark.torture
def test_the_campaign_is_whole(goods: Callable[[str], Good]) -> None:
    if set(CELLS) != set(FETCHED):
        pytest.skip("only some sources were tried")
    cells = CELLS.total()
    print(f"\n{cells} mode x source cells over {len(CELLS)} sources, 0 bad bytes accepted")  # noqa: T201
    assert cells >= len(FAILING) * sum(len(goods(name).positions) for name in FETCHED)


def body(source_id: str, request: Request) -> bytes:
    answer = answerer(source_id)(request)
    assert answer is not None
    return answer


def body_of_kind(good: Good, kind: str) -> bytes | None:
    """The last body of a kind among a source's answers."""
    found = [request for request in good.requests if request.expect == kind]
    return body(good.source.source_id, found[-1]) if found else None


def a_year_later(source: Source) -> Callable[[Sequence[ReleaseFile]], Parsed]:
    """The source's parser, with a year more in each table: what the next year's release holds."""

    def parse(files: Sequence[ReleaseFile]) -> Parsed:
        parsed = source.parse(files)
        tables = {table.name: _longer(parsed.tables[table.name], table) for table in source.tables}
        return replace(parsed, tables=tables)

    return parse


def _longer(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    if table.period is None:
        return frame
    period = pl.col(table.period)
    # Whole weeks, so that no two days fall on one another as leap days would.
    moved = period + 1 if frame.schema[table.period].is_integer() else period.dt.offset_by("371d")
    if table.period not in table.key:
        return frame.with_columns(moved)
    last = frame.get_column(table.period).max()
    return pl.concat([frame, frame.with_columns(moved).filter(period > last)])


def repacked(good: Good, folder: Path) -> list[Path]:
    """The good release's files with the same content, the first of them in other bytes."""
    context = good.context
    (snapshot,) = context.archive.snapshots(good.source.source_id)
    paths = []
    for file in context.archive.release_files(snapshot):
        path = folder / file.name
        content = file.path.read_bytes()
        path.write_bytes(other_bytes(content) if not paths else content)
        paths.append(path)
    return paths


def other_bytes(content: bytes) -> bytes:
    """ZIP members stored instead of deflated, other line ends, or a blank line at the end."""
    if not content.startswith(b"PK"):
        if content.lstrip()[:1] in (b"<", b"[", b"{"):
            return content + b"\n"
        lines = content.replace(b"\r\n", b"\n")
        return lines if lines != content else lines.replace(b"\n", b"\r\n")
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for member in old.infolist():
            new.writestr(zipfile.ZipInfo(member.filename), old.read(member))
    return packed.getvalue()
