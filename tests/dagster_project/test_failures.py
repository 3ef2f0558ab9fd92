"""A refusal by the machine (space, rights, memory) is shown as a run's failure in plain words."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from dagster_project.failures import plain_failures
from dagster_project.resources import FcmHome
from fcm_migration.config import Home


@plain_failures
def body(context: Any, fcm: FcmHome) -> Iterator[object]:
    yield "made"
    raise context


def test_a_full_disk_fails_a_run_in_plain_words(empty_home: Home) -> None:
    fcm: Any = SimpleNamespace(server=SimpleNamespace(home=empty_home))
    full: Any = OSError(errno.ENOSPC, "No space left on device", "/x")
    made = body(full, fcm)
    assert next(made) == "made"
    with pytest.raises(dg.Failure) as raised:
        next(made)
    assert "/x: the disk is full" in str(raised.value.description)
    assert "what to do:" in str(raised.value.description)
    assert raised.value.allow_retries is False
    other: Any = KeyError("a bug")
    made = body(other, fcm)
    next(made)
    with pytest.raises(KeyError):
        next(made)
