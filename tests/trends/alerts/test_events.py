"""Labelled events: the reviewed file, words of others, and what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.errors import UsageError
from fcm_migration.trends.alerts.events import COLUMNS, labelled, read_events, unmatched
from fcm_migration.trends.watch.panel import scopes, watched_panel
from tests.trends.panels import marts, one

HEAD = ",".join(COLUMNS)


def written(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "events.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def test_the_reviewed_events_are_in_order() -> None:
    events = read_events(REFERENCE_DIR / "labelled_events.csv")
    assert events.height >= 27
    assert events.get_column("event_id").is_unique().all()
    assert (events.get_column("peak") >= events.get_column("onset")).all()
    assert (events.get_column("evidence").str.len_chars() > 10).all()


def test_events_of_others_are_read_in_their_words(shared_data: Path) -> None:
    theirs = read_events(shared_data / "events" / "labelled_events.csv")
    ours = read_events(REFERENCE_DIR / "labelled_events.csv")
    dates = ["event_id", "onset", "peak"]
    assert theirs.select(dates).sort("event_id").equals(ours.select(dates).sort("event_id"))


def test_an_event_finds_its_series(tmp_path: Path) -> None:
    several = [
        one("HTI", [50] * 40),
        one("total", [90] * 40, source="uk_small_boats", indicator="small_boat_arrivals",
            unit="persons", destination="GBR", route="english_channel"),
    ]  # fmt: skip
    found = tuple(scopes(watched_panel(*marts(several))))
    events = read_events(
        written(
            tmp_path,
            "h,surge,us_ohss_usbp,border_encounters,USA,HTI,all,2020-03,2020-09,x",
            "b,surge,uk_small_boats,irregular_arrivals,GBR,,channel_small_boat,2020-04,2020-09,x",
            "n,surge,us_ohss_usbp,border_encounters,USA,CUB,all,2020-03,2020-09,x",
            "d,drop,us_ohss_usbp,border_encounters,USA,HTI,all,2020-03,2020-09,x",
            "late,surge,us_ohss_usbp,border_encounters,USA,HTI,all,2031-03,2031-09,x",
        )
    )
    by_scope = {name: surges for name, surges in labelled(found, events).items() if surges}
    haiti = by_scope["us_ohss_usbp/border_encounters/USA/all/M/origin"]
    assert [(s.event_id, s.onset, s.peak, s.first_year) for s in haiti] == [("h", 14, 20, 600.0)]
    boats = by_scope["uk_small_boats/small_boat_arrivals/GBR/all/M/route"]
    assert [s.event_id for s in boats] == ["b"]
    assert unmatched(found, events) == ["n", "late"]


@pytest.mark.parametrize(
    ("row", "head", "said"),
    [
        ("e,surge,s,i,USA,HTI,all,2020-13,2020-09,x", HEAD, "without a month"),
        ("e,wave,s,i,USA,HTI,all,2020-01,2020-09,x", HEAD, "unknown kind"),
        ("e,surge", "event_id,kind", "another header"),
    ],
)
def test_what_is_no_event_is_refused(tmp_path: Path, row: str, head: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_events(written(tmp_path, row, head=head))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="missing"):
        read_events(tmp_path / "none.csv")


def test_months_are_first_days(tmp_path: Path) -> None:
    row = "h,surge,us_ohss_usbp,border_encounters,USA,HTI,all,2020-03,2020-09,x"
    read = read_events(written(tmp_path, row))
    assert read.select("onset", "peak").row(0) == (date(2020, 3, 1), date(2020, 9, 1))
    assert isinstance(read, pl.DataFrame)
