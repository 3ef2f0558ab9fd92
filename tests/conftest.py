"""Fixtures shared by the whole suite."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.shared import run_folder

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from fcm_migration.config import Home
    from fcm_migration.refresh.context import Context

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files, so that the processes of a run end together and seldom wait for a home.

    First one file that makes the bundled home, then the slow ones that need none, beside which it
    is made, then the others that read it, then the rest. The order within a file stays.
    """
    reads, slow = set[Path](), set[Path]()
    for item in items:
        if "bundled_home" in getattr(item, "fixturenames", ()):
            reads.add(item.path)
        if item.get_closest_marker("slow") is not None:
            slow.add(item.path)
    # a second file of this kind would only wait until the home is made
    maker = min(reads & slow, default=None)

    def rank(item: pytest.Item) -> int:
        if item.path in reads:
            return 0 if item.path == maker else 2
        return 1 if item.path in slow else 3

    items.sort(key=rank)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The publishers' real files; a test that asks for them skips, visibly, without them."""
    if not SHARED.is_dir():
        pytest.skip(f"the publishers' real files are not at {SHARED.name}/ beside the project")
    return SHARED


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection but to this machine: the suite is offline by construction."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None
        if host is not None and host not in {"127.0.0.1", "::1", "localhost"}:
            raise OSError(f"a test tried to reach {host}")
        real(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def _read_here(request: pytest.FixtureRequest) -> Iterator[None]:
    """Read releases in this process: most tests are of what is read, and bring their own parsers.

    A test of the limited process asks for the fixture ``limited_process``.
    """
    from tests.reading_here import reading_here

    if "limited_process" in request.fixturenames:
        yield
        return
    with reading_here():
        yield


@pytest.fixture
def limited_process() -> None:
    """Read releases as a refresh does, in the limited process."""


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Context:
    """The toy source, refreshed and published once a test run; read it only."""
    from tests.toy_home import published_toy

    return published_toy(run_folder(tmp_path_factory, worker_id))


@pytest.fixture(scope="session")
def bundled_home(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Home:
    """A home that stands on the bundled edition alone, made once a test run; read it only."""
    from tests.bundled import bundled_home

    return bundled_home(run_folder(tmp_path_factory, worker_id))


@pytest.fixture
def own_home(published: Context, tmp_path: Path) -> Context:
    """A copy of the published toy home, to do with as a test likes."""
    from tests.toy_home import copy_home

    return copy_home(published, tmp_path)


@pytest.fixture
def empty_home(tmp_path: Path) -> Home:
    """A home that nothing was done in yet."""
    from fcm_migration.config import Home

    return Home(tmp_path)


@pytest.fixture
def instance(empty_home: Home) -> Iterator[DagsterInstance]:
    """Dagster's instance of an empty home as it is served: with the settings of dagster.yaml."""
    from dagster_project.serve import instance_of

    with instance_of(empty_home) as made:
        yield made
