"""The real series that the studies' tests share with those of the trends."""

from tests.trends.conftest import by_citizenship

__all__ = ["by_citizenship"]
