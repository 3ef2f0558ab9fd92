"""The campaigns in small: a few readers through publications, a few killed refreshes."""

from __future__ import annotations

from pathlib import Path

import pytest

from fcm_migration.refresh.context import Context
from tests.torture import kill, readers

pytestmark = pytest.mark.slow

TOY_FCM = ("-m", "tests.torture.toy_fcm")


@pytest.mark.parametrize(
    ("many", "publishes"), [(2, 4), pytest.param(3, 6, marks=pytest.mark.torture, id="longer")]
)
def test_readers_meet_whole_editions_only(tmp_path: Path, many: int, publishes: int) -> None:
    figures = readers.campaign(tmp_path, readers=many, publishes=publishes, rows=2)
    assert figures["publications"] == publishes
    assert (figures["errors"], figures["torn"], figures["went_back"]) == (0, 0, 0)
    assert figures["opens"] >= figures["editions"] > figures["readers"]


def test_a_reader_counts_what_is_torn(tmp_path: Path) -> None:
    """The campaign would see a mixture: an edition of both kinds of row counts as torn."""
    from tests.small import publish_counts

    publish_counts(tmp_path / "published", [1, 2])
    stop = tmp_path / "stop"
    met = readers.read_on(tmp_path, stop, most=2)
    assert (met["opens"], met["torn"], met["errors"], met["went_back"]) == (2, 2, 0, 0)


@pytest.mark.parametrize(
    ("kills", "within"), [(1, 2.0), pytest.param(3, None, marks=pytest.mark.torture, id="longer")]
)
def test_killed_refreshes_leave_a_readable_edition_and_nothing_to_repair(
    own_home: Context, kills: int, within: float | None
) -> None:
    home = own_home.home.root
    figures = kill.campaign(home, kills=kills, seed=7, command=TOY_FCM, within=within)
    assert figures["killed while running"] == kills
