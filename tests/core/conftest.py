"""The empty home of the refresh's tests."""

from tests.refresh.conftest import context

__all__ = ["context"]
