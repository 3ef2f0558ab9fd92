"""What an export says of itself: the edition, its sources and licences, ``datapackage.json``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fcm_migration import store
from fcm_migration.catalog import frictionless
from fcm_migration.catalog.licences import LICENCES
from fcm_migration.catalog.model import Licence
from fcm_migration.publish.export.relations import Relation

if TYPE_CHECKING:
    import duckdb

NAME, TITLE = "fcm-migration", "Irregular movement into the five countries"
WORDS = (
    "Public statistics on irregular movement and asylum in Australia, Canada, New Zealand, the "
    "United Kingdom and the United States, with forecasts and alerts, as one edition of "
    "fcm-migration. Figures of different units (persons, events, cases) are never added together. "
    "The files are for programs: every text stands as its publisher wrote it, and one may begin "
    "with = and be a formula to a spreadsheet. For spreadsheets, write `fcm export --format csv`. "
    "Null is the text in missingValues; an empty text and NA are values. Moments are in UTC. The "
    "figures belong to their publishers: each entry of sources has its licence, attribution and "
    "day of release, and says whether the licence is known to allow passing figures on."
)
MAY = "The licence allows passing the figures on with this attribution."
MAY_NOT = (
    "No licence that allows passing the figures on is known: use them, and ask the publisher "
    "before you pass them on."
)


@dataclass(frozen=True)
class Source:
    """A publisher's dataset, as the edition describes it."""

    source_id: str
    title: str
    publisher: str
    landing_url: str
    licence: Licence
    as_of_date: date

    @property
    def words(self) -> str:
        """Whether the figures may be passed on."""
        return MAY if self.licence.bundled else MAY_NOT


@dataclass(frozen=True)
class Edition:
    """The edition exported, with the sources whose figures it holds."""

    edition_id: str
    sequence: int
    published_at: datetime
    package_version: str
    sources: tuple[Source, ...]

    @property
    def published(self) -> str:
        """When the refresh that published it began."""
        return self.published_at.replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def of(self, source_ids: Collection[str] | None) -> tuple[Source, ...]:
        """Return some of the sources; all where it is not known which."""
        return tuple(s for s in self.sources if source_ids is None or s.source_id in source_ids)


@dataclass(frozen=True)
class File:
    """A relation that was written.

    Attributes:
        relation: what it holds.
        path: where.
        rows: how many.
        source_ids: the sources its rows are of; None where no column says.
        null: the text that stands for null; empty in a format that has a null of its own.
    """

    relation: Relation
    path: Path
    rows: int
    source_ids: frozenset[str] | None
    null: str = ""


def read_edition(connection: duckdb.DuckDBPyConnection) -> Edition:
    """Return what the published file says of itself and of the sources with a release."""
    known = {item.licence_id: item.bundled for item in LICENCES}
    edition_id, sequence, published_at, version = connection.execute(
        "SELECT edition_id, sequence, published_at, package_version FROM meta.edition"
    ).fetchall()[0]
    rows = connection.execute(
        "SELECT source_id, title, publisher, landing_url, as_of_date, licence_id, licence_title, "
        "licence_url, attribution FROM meta.sources WHERE as_of_date IS NOT NULL ORDER BY source_id"
    ).fetchall()
    sources = []
    for source_id, title, publisher, page, day, name, words, url, attribution in rows:
        licence = Licence(name, words, url, attribution, known.get(name, False))
        sources.append(Source(source_id, title, publisher, page, licence, day))
    return Edition(edition_id, sequence, published_at, version, tuple(sources))


def datapackage(edition: Edition, files: Sequence[File]) -> dict[str, Any]:
    """Return the descriptor of a Frictionless data package (version 1, read everywhere)."""
    return {
        "profile": "tabular-data-package",
        "name": NAME,
        "title": TITLE,
        "description": WORDS,
        "version": edition.edition_id,
        "created": edition.published,
        "edition": {
            "edition_id": edition.edition_id,
            "sequence": edition.sequence,
            "published_at": edition.published,
            "package_version": edition.package_version,
        },
        **_terms(used_sources(edition, files)),
        "resources": [_resource(edition, file) for file in files],
    }


def used_sources(edition: Edition, files: Sequence[File]) -> tuple[Source, ...]:
    """Return the sources whose figures are in any of these files."""
    if any(file.source_ids is None for file in files):
        return edition.sources
    return edition.of({name for file in files for name in file.source_ids or ()})


def _terms(sources: Sequence[Source]) -> dict[str, Any]:
    """Return sources and licences; Frictionless allows no empty list of them."""
    licences = {s.licence.licence_id: s.licence for s in sources}.values()
    said = {
        "licenses": [frictionless.licence(item) for item in licences],
        "sources": [
            {
                **frictionless.source(s.publisher, s.title, s.landing_url),
                "source_id": s.source_id,
                "as_of_date": s.as_of_date.isoformat(),
                "license": s.licence.licence_id,
                "attribution": s.licence.attribution,
                "redistribution": s.words,
            }
            for s in sources
        ],
    }
    return {word: items for word, items in said.items() if items}


def _resource(edition: Edition, file: File) -> dict[str, Any]:
    relation = file.relation
    own = {} if file.source_ids is None else _terms(edition.of(file.source_ids))
    return {
        "profile": "tabular-data-resource",
        "name": relation.full_name,
        "path": file.path.name,
        "description": relation.description,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {
            "delimiter": ",",
            "quoteChar": '"',
            "doubleQuote": True,
            "lineTerminator": "\n",
            "skipInitialSpace": False,
            "header": True,
        },
        "bytes": file.path.stat().st_size,
        "hash": f"sha256:{store.sha256_file(file.path)}",
        "rows": file.rows,
        **own,
        "schema": frictionless.table_schema(relation.columns, relation.key, missing=[file.null]),
    }
