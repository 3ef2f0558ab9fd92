"""The declaration of a source: one publisher's dataset and the pure functions for it.

A source module holds a :class:`Source` named ``SOURCE``, its core tables and three functions:
``fetch`` (what to ask for, in what order, through a ``get`` it is handed), ``parse`` (files to core
tables, no clock, no network, no environment) and ``flows`` (core tables to draft rows of
``mart.flows``, still under the publisher's own country labels).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from fcm_migration.catalog.model import Cadence, Licence, Table
from fcm_migration.errors import LayoutError, SourceError

if TYPE_CHECKING:
    from fcm_migration.http import Request, Response

SET_ASIDE = "Set aside: "
Get = Callable[["Request"], "Response"]


@dataclass(frozen=True)
class ReleaseFile:
    """One file: the publisher's name for it, and the path of its bytes."""

    name: str
    path: Path


@dataclass(frozen=True)
class Limits:
    """Upper limits for one file of a source and for the process that reads one of its releases.

    The largest real file of each source is the measure; a source whose files need more declares
    more, with the figure beside it. A publisher's file does not grow tenfold from one release to
    the next.

    Attributes:
        file_bytes: size of one file, as downloaded or as found in the inbox.
        seconds: processor time for reading one release.
        resident_bytes: memory resident meanwhile, of which the libraries take 100 MB.
        written_bytes: largest file written meanwhile: a table, or what a ZIP file unpacks to.
    """

    file_bytes: int = 20_000_000
    seconds: int = 5
    resident_bytes: int = 300_000_000
    written_bytes: int = 500_000_000


DEFAULT_LIMITS = Limits()


def only_file(files: Sequence[ReleaseFile]) -> ReleaseFile:
    """Return the file of a release that has one file.

    Raises:
        LayoutError: there are several, or none.
    """
    if len(files) != 1:
        raise LayoutError("a release is one file", got=[file.name for file in files])
    return files[0]


@dataclass(frozen=True)
class FetchedFile:
    """One file just downloaded: the publisher's name for it and the response that brought it."""

    name: str
    response: Response


@dataclass(frozen=True)
class Fetched:
    """One complete release as downloaded.

    Attributes:
        files: its files, in the order in which they are archived.
        as_of: the release date where the publisher states one.
        notes: what is missing or was replaced, in sentences ("RPDStat2014.aspx is gone.").
        complaint: why something newer could not be taken, although these files are usable; its
            outcome is then recorded as that of the download.

    """

    files: tuple[FetchedFile, ...]
    as_of: date | None = None
    notes: tuple[str, ...] = ()
    complaint: SourceError | None = None


Fetch = Callable[[Get], Fetched]


@dataclass(frozen=True)
class Seen:
    """File names and tables of a release, from which its completeness is judged.

    The names are the publisher's, even of a release that ships with this project.
    """

    names: tuple[str, ...]
    tables: Mapping[str, pl.DataFrame]


Incomplete = Callable[[str, Sequence[Seen]], Sequence[pl.Expr]]


@dataclass(frozen=True)
class Parsed:
    """Core tables by name, the non-numeric marks met (counted), and remarks for a person.

    ``notes`` are sentences. One that tells of figures left out of the tables is made by
    :func:`set_aside`: every refresh repeats it; ``fcm sources SOURCE`` shows them all.
    ``layout`` is the fingerprint of what was read: one line for each sheet, column, label set or
    other trait whose change between releases a person should see ("sheet SB_01",
    "column SB_01: Boats arrived"). Never figures, never the newest date.
    """

    tables: dict[str, pl.DataFrame]
    marks: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    layout: tuple[str, ...] = ()


def set_aside(what: str) -> str:
    """Return a note on something a parser left out of the tables; every refresh prints it."""
    return f"{SET_ASIDE}{what}"


@dataclass(frozen=True)
class Offer:
    """What a release of a source holds about one of the five countries.

    Attributes:
        destination_iso3: the country.
        indicator: the harmonised measure.
        frequencies: of its periods: letters out of DWMQA.
        by_origin: whether there are figures by country of origin.
    """

    destination_iso3: str
    indicator: str
    frequencies: str
    by_origin: bool = False


@dataclass(frozen=True)
class Source:
    """One publisher's dataset.

    Attributes:
        source_id: name everywhere: registry, tables, archive, fixtures, suites, schedule.
        hosts: the only hosts a download of this source may touch.
        tables: the core tables ``parse`` returns, exactly these.
        module: name of the module that declares the source (``__name__``). Its code and that of all
            it imports is part of the fingerprint of what is parsed and harmonised.
        country_scheme: the scheme of ``data/reference/country_aliases/`` its labels belong to.
        absent_is_zero: True where the publisher leaves out a row whose count is (or rounds to)
            zero; False where an absent row means that nothing was reported.
        release_date: reads the release date out of file names or contents; None where unknown.
        rolling_by: set where a release holds only a moving window (say, four fiscal years): the
            column whose values a newer release replaces whole; older values stay from the older
            release.
        fetch: None where no program can fetch the dataset (a retired site, a PDF, an interactive
            page): releases then come through the inbox only, in the layout docs/inbox.md gives.
        is_modelled: False for context (neighbours, drivers, retired series): its series are in
            ``mart.series`` and no forecast is made of them.
        is_harmonised: False for notes, lists and breakdowns of which no series is made.
        by_hand: how a person obtains a release and, where no publisher's file can be read, the
            header line of the CSV to write it down in; becomes docs/inbox.md.
        models_crossed: True where series broken down by two dimensions at once are modelled too.
        flows_across_releases: True where ``flows`` has to see the rows of all releases at once,
            with their provenance columns, because a figure is the difference of two of them; it
            then returns :data:`RELEASED_DRAFT`, each row with the provenance it rests on.
        incomplete: for the tables that declare ``partial``: takes a table's name and all its
            releases, oldest first, and returns for each the condition under which a row's period is
            incomplete. It sees no date: it judges by what the publisher says and by the figures.
        offers: what a release holds about the five countries: while the source has no release,
            ``meta.gaps`` names it for the figures it would give, and for no others.
        limits: how large its files may be, and what reading a release of them may take.

    """

    source_id: str
    title: str
    publisher: str
    landing_url: str
    hosts: frozenset[str]
    licence: Licence
    cadence: Cadence
    revision_habit: str
    tables: tuple[Table, ...]
    module: str
    country_scheme: str
    absent_is_zero: bool
    fetch: Fetch | None
    parse: Callable[[Sequence[ReleaseFile]], Parsed]
    flows: Callable[[Mapping[str, pl.DataFrame]], pl.DataFrame]
    release_date: Callable[[Sequence[ReleaseFile]], date | None]
    rolling_by: str | None = None
    models_crossed: bool = False
    is_modelled: bool = True
    is_harmonised: bool = True
    by_hand: str = ""
    flows_across_releases: bool = False
    incomplete: Incomplete | None = None
    offers: tuple[Offer, ...] = ()
    limits: Limits = DEFAULT_LIMITS

    def table(self, name: str) -> Table:
        """Return one of this source's core tables by name."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(f"{self.source_id} has no table {name!r}")


# What ``flows`` returns: one row per figure, in this schema. ``origin_label`` is the publisher's
# own label, resolved later by exact match, or TOTAL where the figure is for every origin.
DRAFT_FLOWS = pl.Schema(
    {
        "indicator": pl.String(),
        "destination_iso3": pl.String(),
        "origin_label": pl.String(),
        "route": pl.String(),
        "place": pl.String(),
        "population_group": pl.String(),
        "frequency": pl.String(),
        "period_start": pl.Date(),
        "value": pl.Int64(),
        "is_suppressed": pl.Boolean(),
        "rounding": pl.Int64(),
        "is_derived": pl.Boolean(),
        "is_partial": pl.Boolean(),
    }
)
# The same with the release each figure was read from.
RELEASED_DRAFT = pl.Schema(
    {**DRAFT_FLOWS, "as_of_date": pl.Date(), "snapshot_id": pl.String(), "obtained": pl.String()}
)
TOTAL = "@total"
NO_FLOWS = pl.DataFrame(schema=DRAFT_FLOWS)
"""What ``flows`` returns where a dataset holds nothing to harmonise (notes, lists of countries)."""
