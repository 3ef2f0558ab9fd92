"""One check for each source: how old its figures are, beside its publisher's release calendar.

Dagster's own freshness sees only when an asset was made: a refresh of today on figures of 2023
would pass it. Ages are made by the library; what is shown of them belongs here.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from dagster_project.metadata import asset_key
from dagster_project.resources import FcmHome
from fcm_migration.core.tables import latest_table
from fcm_migration.refresh.sources import Newest, newest_of
from fcm_migration.sources.base import Source

NAME = "data_age"


def checks(sources: Sequence[Source]) -> list[dg.AssetChecksDefinition]:
    """The check of each source, on the first of its core tables."""
    return [_check(source) for source in sources]


def _check(source: Source) -> dg.AssetChecksDefinition:
    """A check of its own, not a part of its asset, so that the UI can run it alone."""

    @dg.asset_check(
        name=NAME,
        asset=asset_key(latest_table(source.tables[0])),
        description=f"How old the newest figures of {source.source_id} are on the day of the "
        f"check, beside its publisher's calendar ({source.cadence.words}).",
    )
    def data_age(context: dg.AssetCheckExecutionContext, fcm: FcmHome) -> dg.AssetCheckResult:
        newest = newest_of(fcm.context(context.log), source)
        found = newest.freshness
        return dg.AssetCheckResult(
            passed=found.is_stale is False,
            # a warning: red is left to what keeps an edition from being published, and several
            # publishers let no program in, so theirs would always be red
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{found.word}: {found.words}",
            metadata=_metadata(source, newest),
        )

    return data_age


def _metadata(source: Source, newest: Newest) -> dict[str, Any]:
    """Return the facts with which a person can judge the age and get newer figures."""
    cadence = source.cadence
    shown = {
        "freshness": newest.freshness.word,
        "newest period end": newest.period_end.isoformat() if newest.period_end else None,
        "release": newest.as_of.isoformat() if newest.as_of else None,
        "age in days": newest.freshness.age_days,
        "allowed age in days": cadence.stale_after_days,
        "days between releases": cadence.interval_days,
        "publisher has stopped since": cadence.discontinued_since,
        "how obtained": newest.obtained or "never obtained",
        "where to get it": dg.MetadataValue.url(source.landing_url),
        "how to bring a file": f"fcm ingest {source.source_id} FILE (docs/inbox.md)",
    }
    return {name: value for name, value in shown.items() if value is not None}
