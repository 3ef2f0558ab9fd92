"""The publishers' pages, as external assets upstream of everything. Nothing runs here."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from dagster_project.metadata import OWNERS, publisher_key
from fcm_migration.sources.base import Source


def _spec(source: Source) -> dg.AssetSpec:
    return dg.AssetSpec(
        publisher_key(source),
        description=f"{source.title}.\n\n{source.publisher}. Released {source.cadence.words}. "
        f"{source.revision_habit}\n\n{source.licence.title}: {source.licence.attribution}.",
        metadata={"page": dg.MetadataValue.url(source.landing_url)},
        group_name="publishers",
        kinds={"source"},
        owners=OWNERS,
    )


def specs(sources: Sequence[Source]) -> list[dg.AssetSpec]:
    """One external asset for each source."""
    return [_spec(source) for source in sources]
