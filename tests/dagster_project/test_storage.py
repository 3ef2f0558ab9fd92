"""Which storage Dagster gets; a real PostgreSQL is met in tests/system/test_postgres.py."""

from __future__ import annotations

import pytest
import yaml

from dagster_project import storage
from dagster_project.storage import configure
from fcm_migration.config import Home
from fcm_migration.errors import UsageError


def test_without_an_address_it_is_sqlite_as_ever(empty_home: Home) -> None:
    configure(empty_home, {})
    written = empty_home.dagster_home / "dagster.yaml"
    assert written.read_text() == storage.TEMPLATE.read_text()
    before = written.stat().st_mtime_ns
    configure(empty_home, {})
    assert written.stat().st_mtime_ns == before  # servers that run read it


def test_the_configuration_names_the_variable_and_never_the_address(
    empty_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_check", lambda _address: None)
    configure(empty_home, {storage.VARIABLE: "postgresql://fcm:secret@db/fcm"})
    text = (empty_home.dagster_home / "dagster.yaml").read_text()
    assert "secret" not in text
    known = yaml.safe_load(text)
    assert known["storage"] == {"postgres": {"postgres_url": {"env": storage.VARIABLE}}}
    assert known["telemetry"] == {"enabled": False}


@pytest.mark.parametrize(
    "address",
    [
        "mysql://fcm:secret@db/fcm",
        "fcm:secret@db",
        "postgresql+psycopg2://fcm:secret@db",
        "postgresql+psycopg2://fcm:secret@db:secret/fcm",  # a password that is not encoded
        "postgresql+psycopg2://fcm:p@secret@db/fcm",
        "postgresql+psycopg2://fcm:p@s/secret@db/fcm",
        "postgresql+psycopg2://?host=db&password=secret",
        "postgresql://fcm:secret@db/fcm",  # SQLAlchemy would take a driver that is not installed
    ],
)
def test_another_address_is_refused_without_repeating_its_password(
    empty_home: Home, address: str
) -> None:
    with pytest.raises(UsageError, match="not the address of a PostgreSQL database") as caught:
        configure(empty_home, {storage.VARIABLE: address})
    assert "secret" not in str(caught.value)
    assert not empty_home.dagster_home.exists()


def test_a_missing_driver_is_named(empty_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"pip install 'fcm-migration\[postgres\]'"):
        configure(empty_home, {storage.VARIABLE: storage.EXAMPLE})


def test_an_option_that_postgresql_does_not_know_is_wrong_usage(empty_home: Home) -> None:
    pytest.importorskip("dagster_postgres", reason="the extra `postgres` is not installed")
    address = "postgresql+psycopg2://fcm:secret@localhost/fcm?sslmod=require"
    with pytest.raises(UsageError, match="not the address of a PostgreSQL database") as caught:
        configure(empty_home, {storage.VARIABLE: address})
    assert "secret" not in str(caught.value)
