"""The published edition, its briefs and its site. No SQL is written here."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_project.failures import plain_failures
from dagster_project.lineage import ends
from dagster_project.metadata import BRIEFS, EDITION, OWNERS, SITE, plain, told
from dagster_project.pages import INDEX, brief_link, link
from dagster_project.resources import FcmHome
from dagster_project.versions import edition_version
from fcm_migration.config import Home
from fcm_migration.refresh.publishing import changed, publish_edition, tell
from fcm_migration.refresh.tidying import tidy

if TYPE_CHECKING:
    from fcm_migration.publish import Edition
    from fcm_migration.reports.brief import Briefs


@dg.asset(
    key=EDITION,
    deps=ends(),  # all others are upstream of these
    description="The analysts' DuckDB file, replaced in one step.\n\nOnly candidates checked as "
    "they stand are published; a failed critical expectation leaves the last edition.",
    group_name="published",
    kinds={"duckdb"},
    owners=OWNERS,
)
@plain_failures
def edition(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
    """Publish the candidates, send notifications of episodes that opened, and tidy up."""
    library = fcm.context(context.log)
    made = publish_edition(library)
    shown = {
        **_facts(library.home, made),
        "told": [outcome.words for outcome in tell(library)],
        "removed as surplus": tidy(library),
    }
    version = edition_version(library, made.edition_id)
    yield dg.MaterializeResult(asset_key=EDITION, metadata=shown, data_version=version)


def _facts(home: Home, made: "Edition") -> dict[str, Any]:
    """Return what the UI shows of an edition: its size, what it changed, and where it is."""
    return {
        "edition": made.edition_id,
        "sequence": made.sequence,
        "tables": len(made.tables),
        "size in bytes": made.size,
        "changed": told(changed(made.path)),
        "file": dg.MetadataValue.path(str(made.path)),
        "brief": dg.MetadataValue.url(brief_link(home)),
    }


@dg.asset(
    key=BRIEFS,
    deps=[EDITION],
    description="The edition as pages to read out, send and print.\n\nOne HTML file a country, "
    "without script, and one of all five, in the folder reports of the home.",
    group_name="published",
    kinds={"html"},
    owners=OWNERS,
)
@plain_failures
def briefs(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
    """Write the briefs of the edition that is published."""
    from fcm_migration.reports.brief import write_briefs  # charts, only where needed

    home = fcm.context(context.log).home
    yield dg.MaterializeResult(asset_key=BRIEFS, metadata=_shown(home, write_briefs(home)))


def _shown(home: Home, made: "Briefs") -> dict[str, Any]:
    """Return what the UI shows of the briefs: what is read out, and where each is."""
    read_out = "\n\n".join(
        "\n".join([f"**{plain(name)}**", "", *(f"* {plain(sentence)}" for sentence in sentences)])
        for name, sentences in made.sentences.items()
    )
    return {
        "to read out": dg.MetadataValue.md(read_out),
        "edition": made.edition.edition_id,
        **{path.stem: dg.MetadataValue.url(link(home, path)) for path in made.written},
        "files": dg.MetadataValue.path(str(home.reports)),
        "left out": list(made.left_out),
    }


@dg.asset(
    key=SITE,
    deps=[EDITION],
    description="The edition as a folder of pages and files for any web server or file share.\n\n"
    "An explorer of every series, briefs, the record of forecasts and alerts, sources, "
    "definitions, changes and downloads, in the folder reports/site of the home; an earlier site "
    "is replaced in one step.",
    group_name="published",
    kinds={"html"},
    owners=OWNERS,
)
@plain_failures
def site(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
    """Write the site of the edition that is published."""
    from fcm_migration.reports.site import write_home_site  # charts, only where needed

    home = fcm.context(context.log).home
    made = write_home_site(home)
    metadata: dict[str, Any] = {
        "edition": made.edition.edition_id,
        "files": len(made.sizes),
        "size in bytes": sum(made.sizes.values()),
        "site": dg.MetadataValue.url(link(home, made.folder / INDEX)),
        "folder": dg.MetadataValue.path(str(made.folder)),
    }
    yield dg.MaterializeResult(asset_key=SITE, metadata=metadata)


ASSETS = [edition, briefs, site]
