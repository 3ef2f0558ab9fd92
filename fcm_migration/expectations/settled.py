"""Check whether a release revises another by more than the table's suite allows.

Great Expectations is not loaded for this: every pair of releases is compared.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from fcm_migration.catalog.model import Table
from fcm_migration.expectations import facts
from fcm_migration.expectations.suites import PREVIOUS, read_suite

REVISIONS = "expect_revisions_within"


def settled_changes(
    table: Table, before: pl.DataFrame, now: pl.DataFrame, suites_dir: Path
) -> list[str]:
    """Return in words where a release changes more settled figures than its suite allows.

    Args:
        table: the declaration.
        before: rows of the earlier release.
        now: rows of the later release.
        suites_dir: folder of the suites; only critical limits on revisions count.
    """
    found = []
    for spec in read_suite(table, suites_dir).expectations:
        kwargs = spec["kwargs"]
        own = kwargs.get("previous_table") == f"{table.full_name}{PREVIOUS}"
        if spec["type"] != REVISIONS or spec["severity"] != "critical" or not own:
            continue
        judged = facts.revisions(
            now,
            before,
            column=kwargs["column"],
            key=kwargs["key"],
            period_column=kwargs["period_column"],
            newest_periods=kwargs["newest_periods"],
            where=kwargs.get("where"),
            changed_pct=kwargs["changed_pct"],
            total_pct=kwargs["total_pct"],
        )
        if not judged.success:
            limits = f"{kwargs['changed_pct']} % and {kwargs['total_pct']} %"
            found.append(f"{table.name}, {kwargs['column']}: {judged.observed}; {limits} at most")
    return found
