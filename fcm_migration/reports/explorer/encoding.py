"""The edition packed for the page: columns of numbers, texts once, deflated, in base64."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from fcm_migration.marts.reviewed import selected
from fcm_migration.periods import DAYS_OF_MONTH
from fcm_migration.printable import printable
from fcm_migration.publish.query import EditionNote
from fcm_migration.reports.charts.labels import PERIOD, capitalised
from fcm_migration.reports.charts.scales import ROOM, STEEPEST, STEPS
from fcm_migration.reports.charts.series import CHANCE
from fcm_migration.reports.charts.series_layers import HEADROOM
from fcm_migration.reports.explorer.drawing import look
from fcm_migration.reports.explorer.reading import (
    HELD_BACK,
    IMPLIED_ZERO,
    POPULATION_SOURCE,
    SUPPRESSED,
    Held,
)
from fcm_migration.reports.explorer.searching import search_words
from fcm_migration.reports.pictures.marks import CHANGES
from fcm_migration.reports.pictures.naming import (
    ROUTES,
    UNITS,
    WHOLE_ROUTE,
    indicator_words,
    named,
    publishers,
    sources_behind,
)

DIMENSIONS = ("indicator", "destination_iso3", "origin_iso3", "route", "place", "population_group")
BOUNDS = ("median", "lower_50", "upper_50", "lower_80", "upper_80", "lower_95", "upper_95")
RATED = ("persons",)  # units of which a rate to inhabitants means something
WEB = ("https://", "http://")
UNNAMED = ("total", "other", "unknown")  # classes of origins that are no place to rank


def packed(content: Mapping[str, Any]) -> str:
    """Return content as JSON, deflated (zlib's format) and in base64."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def unpacked(text: str) -> dict[str, Any]:
    """Return what was packed."""
    content: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(text)))
    return content


def content_of(held: Held, edition: EditionNote, releases: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's script reads.

    Months are counted from the year 0; a period is the month it begins in. Keys of mappings by
    series are its number. Texts from outside are made harmless, markup is text all the same.
    """
    index = held.index
    unnamed = index.filter(pl.col("origin_class").is_in(UNNAMED))
    words = {name: _words(held, name) for name in DIMENSIONS}
    days = [str(day) for day in index.get_column("as_of_date").unique().sort()]
    sources, owner = _sources(held)
    return {
        "edition": {"id": edition.edition_id, "day": str(edition.published_at.date())},
        "rules": _rules(),
        "start": _start(held),
        "words": {name: [text for _code, text in own] for name, own in words.items()},
        "codes": {name: [code for code, _text in own] for name, own in words.items()},
        "indicators": _indicators(held, [code for code, _text in words["indicator"]]),
        "sources": sources,
        "days": days,
        "series": {
            **{
                name: _places(index.get_column(name), [code for code, _text in own])
                for name, own in words.items()
            },
            "source": owner,
            "frequency": "".join(index.get_column("frequency")),
            "first": [month_of(day) for day in index.get_column("first_period")],
            "as_of": _places(index.get_column("as_of_date").cast(pl.String), days),
            "rounding": index.get_column("rounding").to_list(),
        },
        "figures": index.get_column("figures").to_list(),
        "partial": _partial(held),
        "ahead": _ahead(held),
        "alerts": _alerts(held),
        **_breaks(held),
        **_policies(held),
        "population": _population(held),
        "population_source": _told(_known(held).get(POPULATION_SOURCE, {})),
        "search": search_words(words["origin_iso3"], held.aliases),
        "unnamed": unnamed.get_column("origin_iso3").unique().sort().to_list(),
        "releases": dict(releases),
    }


def month_of(day: date) -> int:
    """Return the months from the year 0 to the month of a day."""
    return 12 * day.year + day.month - 1


def _rules() -> dict[str, Any]:
    """Return what both parts of the grammar share, so that it stands once."""
    return {
        **look(), "steps": STEPS, "room": ROOM, "steepest": STEEPEST, "headroom": HEADROOM,
        "chance": CHANCE, "period": PERIOD, "units": UNITS, "changes": CHANGES, "rated": RATED,
        "suppressed": SUPPRESSED, "held": HELD_BACK, "implied": IMPLIED_ZERO,
        "days_of_month": DAYS_OF_MONTH, "proper": list(ROUTES),
    }  # fmt: skip


def _start(held: Held) -> int:
    """Return the series to begin with: of those forecast a total, monthly, newest and longest."""
    order = {
        "is_forecast": pl.col("series_id").is_in(held.ahead.get_column("series_id").implode()),
        "is_total": pl.col("origin_iso3") == "total",
        "is_monthly": pl.col("frequency") == "M",
        "is_of_people": pl.col("unit") == "persons",
    }
    best = held.index.with_row_index("number").with_columns(**order)
    return int(best.sort(*order, "last_period", "periods", "number").get_column("number")[-1])


def _words(held: Held, name: str) -> list[tuple[str, str]]:
    """Return the values of a dimension with their words, in the order of the words."""
    codes = held.index.get_column(name).unique()
    texts = ((code, _said(name, code, held.names)) for code in codes)
    return sorted(texts, key=lambda item: (item[0] not in ("total", "all"), item[1], item[0]))


def _said(name: str, code: str, names: Mapping[str, str]) -> str:
    if name == "indicator":
        return capitalised(indicator_words(code))
    if code in ("total", "all"):
        return {
            "origin_iso3": "All origins together", "route": "All routes together",
            "place": "All places together",
        }.get(name, "Everybody")  # fmt: skip
    if name.endswith("_iso3"):
        return printable(capitalised(named(code, names)))
    return printable(capitalised(ROUTES.get(code, code.replace("_", " "))))


def _places(column: pl.Series, values: list[str]) -> list[int]:
    place = {value: number for number, value in enumerate(values)}
    return [place[value] for value in column]


def _indicators(held: Held, codes: list[str]) -> list[dict[str, Any]]:
    rows = {row["indicator"]: row for row in held.indicators.rows(named=True)}
    return [
        {
            "unit": rows[code]["unit"], "kind": rows[code]["kind"],
            "rule": rows[code]["counting_rule"], "compare": rows[code]["comparability"],
            "route": WHOLE_ROUTE.get(code) or "all",
        }
        for code in codes
    ]  # fmt: skip


def _known(held: Held) -> dict[str, dict[str, Any]]:
    return {row["source_id"]: row for row in held.sources.rows(named=True)}


def _told(row: Mapping[str, Any]) -> dict[str, str]:
    """Return what the page says of a source, made harmless."""
    url = str(row.get("landing_url") or "")
    said = ("title", "publisher", "licence", "attribution")
    names = {"licence": "licence_title"}
    return {
        **{name: printable(row.get(names.get(name, name)) or "") for name in said},
        "url": url if url.startswith(WEB) else "",
    }


def _sources(held: Held) -> tuple[list[dict[str, str]], list[int]]:
    """Return the sources of series and each series' place among them; spliced ones have two."""
    known = _known(held)
    names = {code: row["publisher"] for code, row in known.items()}
    found: dict[str, dict[str, str]] = {}
    owner = []
    for row in held.index.select("source_id", "series_id").rows(named=True):
        code = row["source_id"]
        if code not in found:
            told = _told(known.get(code, {}))
            # a series of two sources goes on as long as one of them does
            overdue = [known.get(part, {}).get("overdue") or "" for part in sources_behind(row)]
            found[code] = told | {
                "id": code,
                "title": told["title"] or printable(code.replace("_", " ")),
                "publisher": printable(publishers(row, names)),
                "overdue": overdue[-1] if all(overdue) else "",
            }
        owner.append(list(found).index(code))
    return list(found.values()), owner


def _partial(held: Held) -> dict[str, list[list[int]]]:
    found: dict[str, list[list[int]]] = {}
    for row in held.numbered(held.partial).rows(named=True):
        found.setdefault(str(row["series"]), []).append(
            [month_of(row["period_start"]), row["value"]]
        )
    return found


def _ahead(held: Held) -> dict[str, dict[str, Any]]:
    """Return each series' forecast: month and bounds by period, and the record of both ends."""
    found: dict[str, dict[str, Any]] = {}
    for row in held.numbered(held.ahead).rows(named=True):
        own = found.setdefault(str(row["series"]), {"rows": [], "record": []})
        own["rows"].append([month_of(row["target_period"]), *(row[name] for name in BOUNDS)])
        if row["model"] == "nowcast" and row["counted_so_far"] is not None:
            day = row["counted_to_date"]
            own["counted"] = [
                row["counted_so_far"], _day(day), month_of(row["target_period"])
            ]  # fmt: skip
        elif row["scored_forecasts"]:
            own["record"] = [*own["record"][:1], _record(row)]
    return found


def _record(row: Mapping[str, Any]) -> list[Any]:
    """Return periods ahead, past forecasts, those whose 8 in 10 range held, and relative error."""
    many, score = row["scored_forecasts"], row["relative_wis"]
    held = round(row["coverage_80"] * many)
    return [row["horizon"], many, held, None if score is None else round(score, 3)]


def _alerts(held: Held) -> dict[str, list[list[Any]]]:
    found: dict[str, list[list[Any]]] = {}
    for row in held.numbered(held.alerts).rows(named=True):
        found.setdefault(str(row["series"]), []).append(
            [
                month_of(row["period"]), int(row["direction"] == "surge"),
                int(row["tier"] == "strong"), printable(row["headline"]),
            ]
        )  # fmt: skip
    return found


def _breaks(held: Held) -> dict[str, Any]:
    rows = held.numbered(held.breaks)
    known = rows.unique("break_id", maintain_order=True).rows(named=True)
    place = {row["break_id"]: number for number, row in enumerate(known)}
    broken: dict[str, list[int]] = {}
    for series, break_id in rows.select("series", "break_id").iter_rows():
        broken.setdefault(str(series), []).append(place[break_id])
    return {
        "breaks": [
            {
                "first": _day(row["break_first_date"]), "last": _day(row["break_last_date"]),
                "kind": row["break_kind"], "words": printable(row["words"]),
            }
            for row in known
        ],
        "broken": broken,
    }  # fmt: skip


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _policies(held: Held) -> dict[str, Any]:
    numbered = held.index.with_row_index("series")
    touched: dict[str, list[int]] = {}
    rows = held.policies.rows(named=True)
    for number, row in enumerate(rows):
        for series in numbered.filter(selected(row)).get_column("series"):
            touched.setdefault(str(series), []).append(number)
    return {
        "policies": [
            {"day": str(row["policy_date"]), "words": printable(row["policy_words"])}
            for row in rows
        ],
        "touched": touched,
    }


def _population(held: Held) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for code, year, inhabitants, as_of in held.population.iter_rows():
        own = found.setdefault(code, {"as_of": str(as_of), "years": {}})
        own["years"][str(year)] = inhabitants
    return found
