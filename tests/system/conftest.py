"""One browser for all pages of a test module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.system.browser import Page


@pytest.fixture(scope="module")
def opening() -> Iterator[Callable[..., Page]]:
    """What opens pages of the browser."""
    from tests.system.browser import browser

    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(opening: Callable[..., Page]) -> Page:
    """A page as a reader has it."""
    return opening()


@pytest.fixture(scope="module")
def free(opening: Callable[..., Page]) -> Page:
    """A page in which axe-core may run: the policy of briefs and site forbids every script."""
    return opening(may_evaluate=True)
