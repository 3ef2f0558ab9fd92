"""The benchmark of alerts: scopes are really made larger, and time is really taken."""

from __future__ import annotations

from benchmarks.alerts import grown, seconds
from fcm_migration.trends.watch.panel import scopes, watched_panel
from tests.trends.panels import marts, one


def test_more_series_raise_more_alerts() -> None:
    flat, rising = [40] * 60, [40] * 50 + [400] * 10
    found = tuple(scopes(watched_panel(*marts([one("AAA", flat), one("BBB", rising)]))))
    (scope,) = found
    large = grown(scope, 3)
    assert large.values.shape == (60, 6)
    assert len(set(large.series)) == 6
    spent, alerts = seconds((scope,))
    spent_more, more = seconds((large,))
    assert spent > 0
    assert spent_more > 0
    assert more > alerts > 0
