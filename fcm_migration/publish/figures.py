"""SQL of the views that give one figure a country, and of those with every source and route.

Which route is the whole is declared for each indicator (``meta.indicators.total_route``), which
of two sources of the same count comes first in ``meta.overlaps``.
"""

from __future__ import annotations

# The one figure for a country and period: a printed figure before a missing one, a complete period
# before an incomplete one, and of two datasets declared to be the same count the first. Between
# sources that nobody has compared, the newest release decides.
_CHOICE = """
    row_number() OVER (
        PARTITION BY f.indicator, f.destination_iso3, f.origin_iso3, f.route, f.frequency,
                     f.period_start
        ORDER BY f.value IS NULL, f.is_partial, EXISTS (
                     SELECT 1 FROM meta.overlaps o
                     WHERE o.relation = 'same' AND o.other_source_id = f.source_id
                       AND o.other_indicator = f.indicator AND o.indicator = f.indicator),
                 f.as_of_date DESC, f.source_id) = 1
"""
_RULE = (
    "The route is the one that makes the whole of the indicator in a country "
    "(meta.indicators.total_route; 'all' for most); an indicator of one border only is no total of "
    "a country and is left out. Where several sources have the figure, one that prints it comes "
    "before one that withholds it, a complete period before an incomplete one, then the source "
    "that meta.overlaps names first, then the newest release. Indicators count different things: "
    "never add two of them."
)


def _every(columns: str, origins: str, whole: str) -> str:
    # every part is SQL of our own, written in this module; stored in this order, rows take a third
    # less room than in that of mart.flows
    return f"""
        SELECT f.source_id, f.indicator, f.unit, f.destination_iso3, {columns} f.route,
               f.frequency, f.period_start, f.value, f.is_suppressed, f.is_partial, f.rounding,
               f.as_of_date, f.obtained,
               coalesce(f.route = i.total_route, false) AND {_CHOICE} AS {whole}
        FROM mart.flows f LEFT JOIN meta.indicators i USING (indicator)
        WHERE f.place = 'all' AND f.population_group = 'all' AND {origins}
        ORDER BY f.indicator, f.destination_iso3, f.route, f.frequency, f.period_start, f.source_id,
                 f.origin_iso3
        """  # noqa: S608


TOTALS_BY_ROUTE = _every("", "f.origin_iso3 = 'total'", "is_total")
TOTALS_BY_ROUTE_COMMENT = (
    "Figures for every origin, place and group together, one row per source, indicator, "
    "destination, route, frequency and period. Routes stand beside 'all' and sources may count the "
    "same people: never sum over route or source_id. is_total marks the rows of mart.totals."
)
TOTALS = """
    SELECT * EXCLUDE (is_total) FROM mart.totals_by_route WHERE is_total
"""
TOTALS_COMMENT = (
    "One figure a country, indicator, frequency (D, W, M, Q, A) and period, for every origin, "
    f"route and place together. {_RULE} Every source and route: mart.totals_by_route."
)
TOTALS_BY_MONTH = """
    SELECT * EXCLUDE (is_total, frequency) FROM mart.totals_by_route
    WHERE is_total AND frequency = 'M'
"""
TOTALS_BY_MONTH_COMMENT = (
    "One figure a country, indicator and calendar month, for every origin, route and place "
    f"together: mart.totals of the months. {_RULE} Every source and route: mart.totals_by_route."
)
BY_ORIGIN_AND_ROUTE = _every(
    "f.origin_iso3, f.origin_class,", "f.origin_class <> 'total'", "is_whole"
)
BY_ORIGIN_AND_ROUTE_COMMENT = (
    "Figures by country of origin (no totals, no other breakdown), one row per source, indicator, "
    "destination, origin, route, frequency and period. Routes stand beside 'all' and sources may "
    "count the same people: never sum over route or source_id. is_whole marks the rows of "
    "mart.by_origin."
)
BY_ORIGIN = """
    SELECT * EXCLUDE (is_whole) FROM mart.by_origin_and_route WHERE is_whole
"""
BY_ORIGIN_COMMENT = (
    "One figure a country, origin, indicator, frequency and period, of every route and place "
    f"together (no totals). {_RULE} Every source and route: mart.by_origin_and_route."
)

# name, comment and SQL; a view stands after those it reads
FIGURES = (
    ("totals_by_route", TOTALS_BY_ROUTE_COMMENT, TOTALS_BY_ROUTE),
    ("totals", TOTALS_COMMENT, TOTALS),
    ("totals_by_month", TOTALS_BY_MONTH_COMMENT, TOTALS_BY_MONTH),
    ("by_origin_and_route", BY_ORIGIN_AND_ROUTE_COMMENT, BY_ORIGIN_AND_ROUTE),
    ("by_origin", BY_ORIGIN_COMMENT, BY_ORIGIN),
)
# every figure is compared there with all others of its kind: that is done once an edition
STORED_FIGURES = ("totals_by_route", "by_origin_and_route")
