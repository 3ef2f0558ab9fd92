"""Earlier releases are those of the histories, and are left out where they cannot be right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from fcm_migration.config import Home
from fcm_migration.marts.splices import SPLICE_SOURCES
from fcm_migration.publish.query import Connection
from fcm_migration.refresh.context import Context
from fcm_migration.reports.explorer.encoding import content_of
from fcm_migration.reports.explorer.reading import read_edition
from fcm_migration.reports.explorer.releases import earlier_releases, said_on
from fcm_migration.sources import SOURCES
from tests.reports.explorer.test_encoding import keys_of
from tests.toy import TOY, flows
from tests.toy_home import FIRST

CHAD = "toy/asylum_claims/GBR/TCD/all/all/all/M"


@pytest.fixture(scope="module")
def content(revised: Context) -> dict[str, Any]:
    with Connection(revised.home.published) as connection:
        held = read_edition(connection)
        return content_of(held, connection.edition, earlier_releases(connection, held, [TOY]))


def test_a_release_says_what_it_said(content: dict[str, Any], published: Context) -> None:
    """What the page rebuilds of the first release is what its own edition published."""
    with Connection(published.home.published) as connection:
        then = content_of(read_edition(connection), connection.edition, {})
    (release,) = content["releases"].values()
    assert (release["days"], release["older"]) == ([FIRST], 0)
    (said,) = release["said"]
    keys, seen = keys_of(content), 0
    for number, (first, count, pairs) in said.items():
        newest = content["figures"][number]
        shift = first - content["series"]["first"][number]
        rebuilt = [
            newest[place + shift] if 0 <= place + shift < len(newest) else None
            for place in range(count)
        ]
        for place, code in zip(pairs[::2], pairs[1::2], strict=True):
            rebuilt[place] = code
        own = keys_of(then).index(keys[number])
        assert rebuilt == then["figures"][own], keys[number]
        assert first == then["series"]["first"][own]
        seen += 1
    assert seen == len(then["figures"])


def test_a_revision_is_a_difference(content: dict[str, Any]) -> None:
    (release,) = content["releases"].values()
    number = keys_of(content).index(CHAD)
    _first, count, pairs = release["said"][0][number]
    assert pairs == [count - 1, 2]
    assert content["figures"][number][-1] == 7


def test_releases_that_cannot_be_made_again_are_left_out(revised: Context) -> None:
    def other(tables: Any) -> pl.DataFrame:
        return flows(tables).with_columns(pl.col("value") + 1)

    with Connection(revised.home.published) as connection:
        held = read_edition(connection)
        told = earlier_releases(connection, held, [replace(TOY, flows=other)])
    (release,) = told.values()
    assert "said" not in release
    assert release["lacks"] == "its figures rest on several releases at once"


def test_releases_that_find_no_room_are_left_out(revised: Context) -> None:
    with Connection(revised.home.published) as connection:
        held = read_edition(connection)
        (release,) = earlier_releases(connection, held, [TOY], most=0).values()
    assert release == {"lacks": "they would make it too large"}


def test_every_source_is_made_again_from_the_histories(bundled_home: Home) -> None:
    """The newest release of each source, from its history, gives the figures of the edition."""
    with Connection(bundled_home.published) as connection:
        held = read_edition(connection)
        days = connection.sql("SELECT source_id, as_of_date FROM meta.sources")
        newest = dict(days.drop_nulls().iter_rows())
        present = set(held.index.get_column("source_id"))
        checked = 0
        for source in SOURCES:
            if source.source_id in present:
                said = said_on(connection, held, source, newest[source.source_id])
                assert all(row is not None and row[2] == [] for row in said.values())
                checked += len(said)
        spliced = held.index.filter(pl.col("source_id").is_in(SPLICE_SOURCES)).height
        assert checked == held.index.height - spliced


def test_a_bundled_release_is_that_of_the_history(bundled_home: Home) -> None:
    """Encounters of a month as the release of November 2023 printed them."""
    day, month = "2023-11-14", date(2023, 9, 1)
    with Connection(bundled_home.published) as connection:
        held = read_edition(connection)
        told = earlier_releases(connection, held, SOURCES)
        content = content_of(held, connection.edition, told)
        then = connection.sql(f"FROM core.us_cbp_nationwide_states_as_of(DATE '{day}')")
    printed = then.filter(month_start_date=month)["encounters_events"].sum()
    key = "us_cbp_nationwide/nationwide_encounters/USA/total/all/all/all/M"
    number = keys_of(content).index(key)
    release = content["releases"][str(content["series"]["source"][number])]
    first, count, pairs = release["said"][release["days"].index(day)][number]
    changed = dict(zip(pairs[::2], pairs[1::2], strict=True))
    place = 12 * 2023 + 8 - first
    assert place == count - 1
    newest = content["figures"][number][place + first - content["series"]["first"][number]]
    assert changed.get(place, newest) == printed


def test_one_release_has_no_earlier_one(published: Context) -> None:
    with Connection(published.home.published) as connection:
        assert earlier_releases(connection, read_edition(connection), [TOY]) == {}
