"""A label held back reaches the person: what, how many rows, since when, and how to accept it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from fcm_migration import config, store
from fcm_migration.marts.tables import HELD_BACK
from fcm_migration.metadata.tables import QUARANTINED_LABELS
from fcm_migration.publish.query import connect
from fcm_migration.refresh import labels, report
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.labels import label_lines
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.review_report import print_quarantine
from fcm_migration.refresh.run import refresh
from tests.toy import TOY, write_release
from tests.toy_home import MARKUP, QUOTED, rows, toy_context

ALIAS = "country_aliases/toy.csv"
IRAN = "Chad (Republic of)"  # the toy's Chad under another label


def relabelled(context: Context, folder: Path) -> None:
    """Bring a release in which Chad has a label of its own in the newest two months."""
    changed = [
        (month, IRAN if label == "Chad" and month > "2023-04" else label, count)
        for month, label, count in rows()
    ]
    ingest(context, TOY, [write_release(folder, "2024-05-01", changed)])


def test_refresh_and_review_say_what_to_do(
    own_home: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    relabelled(own_home, tmp_path / "given")
    summary = refresh(own_home)
    report.print_summary(own_home, summary)
    printed = capsys.readouterr().out
    print_quarantine(own_home, None)
    for text in (printed, capsys.readouterr().out):
        assert (
            f"toy: nobody has reviewed the label {IRAN!r}: 2 rows of the periods 2023-05-01 to "
            "2023-06-01 held back; there, an origin without a row is unknown, not zero"
        ) in text
        assert "  might be: Chad (TCD)\n" in text
        path = own_home.reference_dir / ALIAS
        assert f"  to accept it, add to {path} this line, then run `fcm refresh`:\n" in text
        assert f"    {IRAN},TCD,country,\n" in text
        assert repr(MARKUP) in text
    with connect(own_home.home.root) as fcm:
        held = fcm.sql("SELECT period_start, rows FROM meta.held_back WHERE label LIKE 'Chad%'")
        assert held.height == 2
        series = fcm.sql(
            "SELECT value, is_held_back FROM mart.series WHERE origin_iso3 = 'TCD' "
            "ORDER BY period_start DESC LIMIT 3"
        )
    assert series.rows() == [(None, True), (None, True), (0, False)]


def test_the_line_accepts_the_label(own_home: Context, tmp_path: Path) -> None:
    """A home's own file takes the place of the one that ships, and leaves that alone."""
    relabelled(own_home, tmp_path / "given")
    refresh(own_home)
    shipped = own_home.reference_dir / ALIAS
    before = shipped.read_bytes()
    line = next(text.strip() for text in label_lines(own_home) if text.startswith(f"    {IRAN}"))
    mine = own_home.home.reference / ALIAS
    mine.parent.mkdir(parents=True)
    mine.write_text(shipped.read_text() + f"{line}\n")
    assert own_home.reference(ALIAS) == mine
    assert own_home.reference("breaks.csv") == own_home.reference_dir / "breaks.csv"
    refresh(own_home)
    held = store.read(own_home.home.table("meta", "held_back"), HELD_BACK)
    assert IRAN not in held.get_column("label").to_list()
    series = pl.read_parquet(own_home.home.table("mart", "series"))
    assert series.filter(origin_iso3="TCD").get_column("value").null_count() == 0
    assert shipped.read_bytes() == before
    assert list(csv.reader(io.StringIO(line))) == [[IRAN, "TCD", "country", ""]]


def test_an_installed_copy_is_left_alone(
    own_home: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own files may belong to somebody else: a copy in the home is what a person changes."""
    monkeypatch.setattr(labels, "checkout", lambda: None)
    monkeypatch.setattr(labels, "REFERENCE_DIR", own_home.reference_dir)
    wanted = f"to {own_home.home.reference / ALIAS} and add to the copy this line"
    assert any(wanted in line for line in label_lines(own_home))
    assert config.shipped("reference").name == "reference"


def test_before_the_first_refresh_there_is_nothing_to_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = toy_context(tmp_path)
    assert list(label_lines(empty)) == []
    print_quarantine(empty, None)
    assert "no release is in quarantine" in capsys.readouterr().out


def test_a_label_like_none_says_so(own_home: Context) -> None:
    path = own_home.home.table("meta", "quarantined_labels")
    frame = store.read(path, QUARANTINED_LABELS).filter(label=QUOTED)
    store.write(
        frame.with_columns(closest=pl.lit(""), alias_line=pl.lit("")), QUARANTINED_LABELS, path
    )
    text = "\n".join(label_lines(replace(own_home)))
    assert "might be: no reviewed label is like it" in text
    assert ",ISO3,country," in text
