"""Output of `fcm review`: releases in quarantine, of one date, accepted; labels held back."""

from __future__ import annotations

from fcm_migration.archive.snapshots import WITHDRAWN
from fcm_migration.errors import DamagedError
from fcm_migration.refresh.admitting import same_date
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.judging import judge
from fcm_migration.refresh.labels import label_lines
from fcm_migration.refresh.report import make_console
from fcm_migration.refresh.review import Quarantined, accepted, find, quarantined, releases_beside


def print_quarantine(context: Context, snapshot_id: str | None) -> None:
    """Judge releases anew; print those in quarantine (or one), those accepted, and labels.

    The labels are those held back at the last refresh; they are left out where one release is
    asked for.

    Raises:
        UsageError: no release is named ``snapshot_id``.
    """
    console = make_console()
    named = None if snapshot_id is None else find(context, snapshot_id)
    for source in context.sources if named is None else named[:1]:
        judge(context, source)
    shown = [
        item for item in quarantined(context) if snapshot_id in (None, item.snapshot.snapshot_id)
    ]
    for item in shown:
        snapshot = item.snapshot
        line = f"{snapshot.source_id}  {snapshot.snapshot_id}  {item.outcome}"
        console.print(line, highlight=False, markup=False)
        console.print(f"  {item.detail}", highlight=False, markup=False)
        for path in item.files:
            console.print(f"  {path}", highlight=False, markup=False, soft_wrap=True)
        console.print(f"  {_what_to_do(item)}", highlight=False, markup=False, soft_wrap=True)
    if not shown:
        release = (
            "no release is" if named is None else f"{named[0].source_id}: {snapshot_id} is not"
        )
        console.print(f"{release} in quarantine")
    lines = [
        *_of_one_date(context, snapshot_id),
        *_accepted(context, snapshot_id),
        *(label_lines(context) if snapshot_id is None else ()),
    ]
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _of_one_date(context: Context, snapshot_id: str | None) -> list[str]:
    return [
        f"{other.snapshot.source_id}  {other.snapshot.snapshot_id}  not used: "
        f"{same_date(other, used)}"
        for other, used in releases_beside(context)
        if snapshot_id in (None, other.snapshot.snapshot_id, used.snapshot.snapshot_id)
    ]


def _accepted(context: Context, snapshot_id: str | None) -> list[str]:
    return [
        f"{held.snapshot.source_id}  {held.snapshot.snapshot_id}  accepted by "
        f"{held.acceptance.by} until {held.acceptance.until.isoformat()}: {held.acceptance.reason}"
        for held in accepted(context)
        if snapshot_id in (None, held.snapshot.snapshot_id)
    ]


def _what_to_do(item: Quarantined) -> str:
    """Return the commands that settle a release in quarantine."""
    name = item.snapshot.snapshot_id
    if item.outcome == WITHDRAWN:
        return (
            "withdrawn for good; the same file can be ingested again under another date; to undo a "
            f"mistake: fcm review {name} --discard, then bring the file again"
        )
    discard = f"to remove it and its bytes: fcm review {name} --discard"
    if item.outcome == DamagedError.outcome:
        return f"`fcm verify --archive` says what is damaged and what to do; {discard}"
    if item.can_be_accepted:
        return (
            f"if it is right: fcm review {name} --accept --by NAME --reason WHY "
            f"--until YYYY-MM-DD; {discard}"
        )
    return f"cannot be accepted: it needs another file, date or parser; {discard}"
