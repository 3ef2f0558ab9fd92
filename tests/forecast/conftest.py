"""One thread of linear algebra, as every fit of the engine has: small matrices, no contention."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    import_module("scipy.optimize")  # its threads can be limited once it is loaded only
    with threadpool_limits(1):
        yield
