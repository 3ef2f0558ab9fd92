"""The reporting countries of a file: the known ones are read, others set aside with a note."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import set_aside
from fcm_migration.sources.eurostat.asylum_codes import GEO_AGGREGATES, ISO_CODES, REPORTERS
from fcm_migration.sources.eurostat.asylum_formats import Cell

NEW_COUNTRY = re.compile(r"[A-Z][A-Za-z0-9_() .'-]{1,60}")  # a code, or a Data Explorer's label


def known_reporters(cells: Sequence[Cell], where: str) -> tuple[list[Cell], dict[str, str]]:
    """Return the cells of known reporting countries, and a note by each other code, set aside.

    Nothing is summed over countries, so a further one changes no figure of the rest.

    Raises:
        LayoutError: no country is known, a code looks like none, or a known country stands under
            its ISO code, so that its figures would be lost.
    """
    known = {*REPORTERS, *GEO_AGGREGATES}
    kept = [cell for cell in cells if cell.geo in known]
    figures = Counter(
        cell.geo for cell in cells if cell.geo not in known and any(map(str.isdigit, cell.text))
    )
    others = sorted({cell.geo for cell in cells} - known)
    if not kept or set(others) & ISO_CODES or not all(map(NEW_COUNTRY.fullmatch, others)):
        raise LayoutError(
            "unknown codes of dimension 'geo'", where=where, expected=sorted(known), got=others
        )
    return kept, {
        geo: set_aside(
            f"reporting country {geo!r} of {where} is not known here; {figures[geo]} figures."
        )
        for geo in others
    }
