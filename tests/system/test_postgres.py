"""PostgreSQL as Dagster's storage: chosen by the environment, bounded, and no password is shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from dagster import DagsterRunStatus
from dagster._core.test_utils import create_run_for_test

from dagster_project import storage
from dagster_project.pruning import Retention, prune
from dagster_project.serve import instance_of, prepare
from fcm_migration.config import Home
from fcm_migration.errors import UsageError
from tests.dagster_project.test_pruning import ASSET, often, run
from tests.system.postgres import PASSWORD, Postgres, postgres

pytestmark = pytest.mark.system
pytest.importorskip("dagster_postgres", reason="the extra `postgres` is not installed")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


def test_runs_lie_in_the_database_and_the_password_in_no_file(
    empty_home: Home, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(storage.VARIABLE, server.url)
    few = Retention(runs=2, failed_runs=0, checks=3)
    with instance_of(empty_home) as instance:
        assert type(instance.run_storage).__name__ == "PostgresRunStorage"
        ended = [run(instance, often) for _ in range(5)]
        going_on = create_run_for_test(instance, status=DagsterRunStatus.STARTED).run_id
        pruned = prune(instance, empty_home.dagster_home, few)
        assert (pruned.removed_runs, pruned.removed_checks) == (3, 2)
        assert {each.run_id for each in instance.get_runs()} == {*ended[-2:], going_on}
        assert instance.all_logs(ended[0]) == []
        assert instance.get_latest_materialization_event(ASSET) is not None
        later = datetime.now(UTC) + timedelta(days=few.days + 1)
        assert prune(instance, empty_home.dagster_home, few, now=later).kept_runs == 1
    files = [path for path in empty_home.root.rglob("*") if path.is_file()]
    assert empty_home.dagster_home / "dagster.yaml" in files
    assert [path for path in files if PASSWORD.encode() in path.read_bytes()] == []
    assert [path for path in files if path.suffix == ".db"] == []

    # a shell without the address must not begin another history beside this one
    monkeypatch.delenv(storage.VARIABLE)
    with pytest.raises(UsageError, match="runs of this home are in PostgreSQL"):
        prepare(empty_home)
    (empty_home.dagster_home / "dagster.yaml").unlink()  # the remedy named
    with instance_of(empty_home) as instance:
        assert type(instance.run_storage).__name__ == "SqliteRunStorage"


def test_a_wrong_password_is_a_sentence_without_the_password(
    empty_home: Home, server: Postgres
) -> None:
    wrong = server.url.replace(PASSWORD, "another-secret")
    with pytest.raises(storage.DatabaseError, match="cannot be used") as caught:
        storage.configure(empty_home, {storage.VARIABLE: wrong})
    assert "another-secret" not in str(caught.value)
    assert "password authentication failed" in str(caught.value)
    assert not empty_home.dagster_home.exists()
