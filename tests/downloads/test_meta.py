"""Bad downloads in the published file: each attempt with its outcome, each refused release."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fcm_migration.publish.query import connect
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import obtain
from fcm_migration.refresh.run import refresh
from tests.downloads.publisher import Publisher, routed
from tests.toy import TOY
from tests.toy_home import rows

FAULTS = {
    "truncated": "truncated",
    "truncated_until_close": "truncated",
    "challenge": "challenge",
    "403": "blocked",
    "404": "gone",
    "429": "rate_limited",
    "500": "server_error",
    "reset": "connection_lost",
    "gzip_lie": "wrong_encoding",
    "redirect_loop": "redirect_loop",
    "redirect_private": "redirect_refused",
    "304": "not_modified",
    "empty": "empty",
}
LINES = "".join(f"{month},{origin},{count}\n" for month, origin, count in rows("1"))
WHOLE = f"month,origin,count\n{LINES}".encode()
ANOTHER = WHOLE.replace(b"month,origin,count", b"month,origin,count,sex")
OLDER = b"month,origin,count\n2021-01,Chad,3\n"


def test_attempts_and_snapshots_hold_each_bad_download(own_home: Context) -> None:
    context = own_home
    online = replace(context, offline=False)
    days = 0
    for mode, body in (
        *((mode, WHOLE) for mode in FAULTS),
        ("ok", ANOTHER),
        ("ok", OLDER),
        ("ok", WHOLE),
    ):
        days += 1
        publisher = Publisher("toy", answer=lambda _, body=body: body)  # type: ignore[misc]
        publisher.faults[0] = mode
        today = replace(online, now=online.now + timedelta(days=days))
        with routed(publisher, today.home.downloads) as client:
            obtain(today, TOY, client)
    refresh(replace(context, now=context.now + timedelta(days=days)))
    with connect(context.home.root) as fcm:
        tried = fcm.sql("SELECT outcome FROM meta.attempts ORDER BY attempt").get_column("outcome")
        held = fcm.sql(
            "SELECT status, outcome, as_of_date FROM meta.snapshots ORDER BY obtained_at"
        )
        used = fcm.sql("SELECT as_of_date, last_outcome FROM meta.sources").row(0)
    words = [*FAULTS.values(), "layout_changed", "suspect", "ok"]
    assert tried.to_list() == ["ok", "offline", *words, "offline"]
    assert held.select("status", "outcome").rows() == [
        ("in_use", "ok"),
        ("quarantined", "layout_changed"),
        ("quarantined", "suspect"),
        ("in_use", "ok"),
    ]
    assert used == (held.item(3, "as_of_date"), "offline")
