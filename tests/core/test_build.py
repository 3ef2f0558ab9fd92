"""Every vintage once: latest, history, and any past release from the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fcm_migration import store
from fcm_migration.archive.model import Incoming
from fcm_migration.archive.releases import usable_releases
from fcm_migration.core.build import revised
from fcm_migration.core.reading import core_stamp
from fcm_migration.core.vintages import accumulate, history_rows, rows_as_of
from fcm_migration.errors import LayoutError
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.settling import settle_source
from fcm_migration.sources.base import Parsed, ReleaseFile, Source
from tests.making import read_as_of
from tests.toy import ROLLING, TABLE, TOY, write_release

RELEASES = {
    "2024-03-01": [("2024-01", "Chad", "5"), ("2024-01", "Peru", "7")],
    "2024-04-01": [("2024-01", "Chad", "6"), ("2024-01", "Peru", "7"), ("2024-02", "Peru", "-")],
    "2024-05-01": [("2024-01", "Chad", "5"), ("2024-02", "Peru", "2")],
}

# a source whose incomplete periods are told by the publisher's names of the files
NAMED = replace(TOY, incomplete=lambda _table, _releases: [])


def load(context: Context, tmp_path: Path) -> None:
    for day, rows in RELEASES.items():
        ingest(context, TOY, [write_release(tmp_path, day, rows)])


def test_latest_is_the_newest_release_with_its_provenance(context: Context, tmp_path: Path) -> None:
    load(context, tmp_path)
    stored = settle_source(context, TOY).stored
    latest = pl.read_parquet(stored["core.toy_claims"].path)
    assert latest.get_column("claims_persons").to_list() == [5, 2]
    assert set(latest.get_column("as_of_date")) == {date(2024, 5, 1)}
    assert set(latest.get_column("obtained")) == {"inbox"}


def test_history_reproduces_every_release_exactly(context: Context, tmp_path: Path) -> None:
    load(context, tmp_path)
    history = pl.read_parquet(settle_source(context, TOY).stored["history.toy_claims"].path)
    days = [date.fromisoformat(day) for day in RELEASES]
    for day, rows in RELEASES.items():
        found = rows_as_of(history, days, date.fromisoformat(day))
        expected = {
            (date.fromisoformat(f"{m}-01"), o, None if c == "-" else int(c)) for m, o, c in rows
        }
        assert set(found.iter_rows()) == expected
    assert rows_as_of(history, days, date(2024, 2, 1)).is_empty()
    # 5 then 6 then 5 again is three runs, not one
    chad = history.filter(pl.col("origin") == "Chad").get_column("claims_persons").to_list()
    assert chad == [5, 6, 5]


@pytest.mark.parametrize("source", [TOY, NAMED], ids=["toy", "named"])
def test_an_unchanged_source_is_not_built_again(
    context: Context, tmp_path: Path, source: Source
) -> None:
    """The stamp is written last, also where the tables turn out as they were."""
    load(context, tmp_path)
    path = settle_source(context, source).stored["core.toy_claims"].path
    releases = usable_releases(context.home, context.archive, source)
    revised(context.home, source, TABLE, releases)
    stamps = [core_stamp(context.home, source), *context.home.core.glob("revisions/*.json")]
    before = [made.stat().st_mtime_ns for made in (path, *stamps)]
    settle_source(context, source)
    revised(context.home, source, TABLE, releases)
    assert len(stamps) == 2
    assert [made.stat().st_mtime_ns for made in (path, *stamps)] == before


def test_a_home_that_kept_histories_among_the_core_tables_is_built_again(
    context: Context, tmp_path: Path
) -> None:
    """As an older version wrote it: ``core/<table>_history.parquet``, with the same inputs."""
    load(context, tmp_path)
    stored = settle_source(context, TOY).stored
    history = stored["history.toy_claims"]
    assert history.path == context.home.root / "history" / "toy_claims.parquet"
    former = context.home.core / "toy_claims_history.parquet"
    history.path.rename(former)
    assert settle_source(context, TOY).stored == stored
    assert not former.exists()


def test_a_rolling_window_keeps_what_only_older_releases_hold(
    context: Context, tmp_path: Path
) -> None:
    for day, rows in {
        "2024-03-01": [("2024-01", "Chad", "5"), ("2024-01", "Peru", "7")],
        "2024-04-01": [("2024-02", "Peru", "8")],
    }.items():
        ingest(context, ROLLING, [write_release(tmp_path, day, rows)])
    latest = pl.read_parquet(settle_source(context, ROLLING).stored["core.toy_claims"].path)
    kept = latest.select("origin", "claims_persons", "as_of_date").rows()
    assert kept == [("Chad", 5, date(2024, 3, 1)), ("Peru", 8, date(2024, 4, 1))]
    # on the day of the second release Chad stands as the first one printed it
    for when, values in ((date(2024, 3, 31), [5, 7]), (date(2024, 4, 1), [5, 8])):
        standing = read_as_of(context.home, ROLLING, TABLE, when).sort("origin")
        assert standing.get_column("claims_persons").to_list() == values


def test_two_windows_brought_on_one_day_are_both_kept(context: Context, tmp_path: Path) -> None:
    for number, rows in enumerate(
        ([("2024-01", "Chad", "5")], [("2024-02", "Peru", "8")], [("2024-02", "Peru", "9")])
    ):
        path = write_release(tmp_path / str(number), "2024-03-01", rows)
        later = replace(context, now=context.now + timedelta(minutes=number))
        ingest(later, ROLLING, [path])
    stored = settle_source(context, ROLLING).stored
    latest = pl.read_parquet(stored["core.toy_claims"].path).select("origin", "claims_persons")
    assert latest.rows() == [("Chad", 5), ("Peru", 9)]
    history = pl.read_parquet(stored["history.toy_claims"].path)
    assert sorted(history.get_column("claims_persons")) == [5, 9]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["a", "b", "NA"]), st.one_of(st.none(), st.integers(0, 2))),
        min_size=1,
        max_size=6,
    )
)
def test_any_sequence_of_releases_is_reproduced(releases: list[dict[str, int | None]]) -> None:
    schema = {"origin": pl.String, "claims_persons": pl.Int64}
    frames = [
        (
            date(2024, 1, 1 + index),
            pl.DataFrame(
                {"origin": list(rows), "claims_persons": list(rows.values())}, schema=schema
            ),
        )
        for index, rows in enumerate(releases)
    ]
    for rolling_by in (None, "origin"):
        standing = accumulate(frames, rolling_by)
        history = history_rows(standing)
        for day, frame in standing:
            found = rows_as_of(history, [day for day, _ in frames], day)
            assert set(found.iter_rows()) == set(frame.iter_rows())
            assert found.height == frame.height
    assert accumulate(frames, None) == frames


def test_a_history_grows_with_what_changed_and_not_with_the_releases() -> None:
    """A hundred releases of a thousand rows, each changing one: 1,099 rows, not 100,000."""
    keys = list(range(1_000))
    frames = [
        (
            date(2020, 1, 1) + timedelta(days=day),
            pl.DataFrame({"key": keys, "value": [day if key == day else -1 for key in keys]}),
        )
        for day in range(100)
    ]
    assert history_rows(frames).height == 1_000 + 99 + 99  # the row, changed, and changed back


def test_a_part_of_a_window_may_come_alone(context: Context, tmp_path: Path) -> None:
    """CBP's file by area without that by state: the other table stands as it stood."""
    other = replace(TABLE, name="toy_others")

    def parse(files: Sequence[ReleaseFile]) -> Parsed:
        parsed = TOY.parse(files)
        frame = parsed.tables[TABLE.name]
        chad = pl.col("origin") == "Chad"
        return Parsed({TABLE.name: frame.filter(chad), "toy_others": frame.filter(~chad)})

    both = replace(ROLLING, tables=(TABLE, other), parse=parse)
    for day, rows in {
        "2024-03-01": [("2024-01", "Chad", "5")],
        "2024-04-01": [("2024-01", "Chad", "5"), ("2024-01", "Peru", "7")],
        "2024-05-01": [("2024-01", "Chad", "6")],
    }.items():
        assert ingest(context, both, [write_release(tmp_path, day, rows)]).outcome == "ok"
    stored = settle_source(context, both).stored
    assert {name: item.rows for name, item in stored.items()} == {
        "core.toy_claims": 1,
        "history.toy_claims": 2,
        "core.toy_others": 1,
        "history.toy_others": 1,
    }
    releases = usable_releases(context.home, context.archive, both)
    summary, _ = revised(context.home, both, other, releases)
    assert summary.select("added", "appeared", "vanished").rows() == [(1, 0, 0), (0, 0, 0)]
    nothing = write_release(tmp_path, "2024-06-01", [])
    with pytest.raises(LayoutError, match="no rows were found"):
        ingest(context, both, [nothing])


def test_a_bundled_release_of_another_declaration_is_set_aside(
    context: Context, tmp_path: Path
) -> None:
    """A home keeps the bundle of the project's former version; its tables may have changed."""
    former = tmp_path / "bundle" / "toy_claims.parquet"
    former.parent.mkdir()
    pl.DataFrame({"month": ["2024-01"]}).write_parquet(former)
    old, _ = context.archive.admit(
        "toy",
        [Incoming(former.name, former)],
        as_of=date(2024, 1, 31),
        as_of_basis="publisher",
        obtained="bundled",
        obtained_at=context.now,
        licence_id="x",
    )
    load(context, tmp_path)
    stored = settle_source(context, TOY).stored
    assert stored["core.toy_claims"].rows == 2
    refusal = context.archive.refusal(old)
    assert refusal is not None
    assert refusal["outcome"] == "layout_changed"


def test_a_parsed_table_that_is_gone_is_made_again(context: Context, tmp_path: Path) -> None:
    load(context, tmp_path)
    settle_source(context, TOY)
    for path in (context.home.core / "releases").rglob("*.parquet"):
        path.unlink()
    (context.home.core / "toy.inputs.json").unlink()
    assert settle_source(context, TOY).stored["core.toy_claims"].rows == 2


def test_store_keeps_a_content_hash(context: Context, tmp_path: Path) -> None:
    load(context, tmp_path)
    stored = settle_source(context, TOY).stored["core.toy_claims"]
    assert stored.content_hash == store.facts(stored.path).content_hash
    assert TABLE.full_name == "core.toy_claims"
