"""SQL of the views that set names and rates per inhabitants beside figures."""

from __future__ import annotations

PER = 100_000
# A population one year older than the figure serves until the year's own is published.
MOST_YEARS_OLDER = 1
# People who were turned back or kept from leaving: they never came, so no share of the inhabitants.
NEVER_ARRIVED = ("maritime_returns", "small_boat_preventions")
_BY_ORIGIN = "origin_iso3, origin_class, "

TOTALS_NAMED = """
    SELECT t.*, d.country_name AS destination_name, d.region AS destination_region
    FROM mart.totals t LEFT JOIN meta.countries d ON d.country_code = t.destination_iso3
"""
TOTALS_NAMED_COMMENT = (
    "mart.totals with the name and M49 region of each destination (meta.countries); the same rows "
    "and rules."
)
BY_ORIGIN_NAMED = """
    SELECT f.*, d.country_name AS destination_name, o.country_name AS origin_name,
           o.region AS origin_region, o.subregion AS origin_subregion
    FROM mart.by_origin f
    LEFT JOIN meta.countries d ON d.country_code = f.destination_iso3
    LEFT JOIN meta.countries o ON o.country_code = f.origin_iso3
"""
BY_ORIGIN_NAMED_COMMENT = (
    "mart.by_origin with the names of destination and origin and the origin's M49 region and "
    "sub-region (meta.countries); the same rows and rules. The region is empty where the origin is "
    "of no one region (stateless, unknown, other ...): a sum over regions needs these rows too."
)

_PRINTED = """
        SELECT indicator, unit, destination_iso3, {origin}route, frequency,
               year(period_start) AS year, value, rounding, source_id, as_of_date, obtained
        FROM mart.{view}
        WHERE frequency = 'A' AND month(period_start) = 1 AND unit = 'persons'
          AND NOT is_partial AND value IS NOT NULL
"""
_ADDED = """
        UNION ALL
        SELECT t.indicator, t.unit, t.destination_iso3, t.route, t.frequency,
               year(t.period_start) AS year, CAST(sum(t.value) AS BIGINT), max(t.rounding),
               min(t.source_id), max(t.as_of_date), min(t.obtained)
        FROM mart.totals t JOIN meta.indicators i ON i.indicator = t.indicator
        WHERE t.frequency IN ('Q', 'M') AND i.kind = 'flow' AND t.unit = 'persons'
          AND NOT t.is_partial AND t.value IS NOT NULL
        GROUP BY ALL
        HAVING count(*) = CASE t.frequency WHEN 'Q' THEN 4 ELSE 12 END
           AND count(DISTINCT t.source_id) = 1
"""
# a year as printed before one added up here
_FIRST = """
            QUALIFY row_number() OVER (
                PARTITION BY indicator, destination_iso3, route, year
                ORDER BY strpos('AQM', frequency)) = 1
"""


def _rates(view: str, origin: str, added: str) -> str:
    never = ", ".join(f"'{name}'" for name in NEVER_ARRIVED)
    # every part is SQL of our own, written in this module
    return f"""
        WITH yearly AS ({_PRINTED.format(view=view, origin=origin)}{added}), figures AS (
            SELECT * FROM yearly WHERE indicator NOT IN ({never}) {_FIRST if added else ""}
        )
        SELECT f.indicator, i.kind, f.destination_iso3, c.country_name AS destination_name,
               {origin}f.route, f.year, f.value, f.unit,
               round({PER}.0 * f.value / p.population_persons, 3) AS per_100k_inhabitants,
               f.frequency AS made_of, f.rounding, f.source_id, f.as_of_date, f.obtained,
               p.population_persons, p.year AS population_year,
               p.source_id AS population_source_id, p.as_of_date AS population_as_of_date
        FROM figures f
        ASOF JOIN mart.population p
            ON p.country_code = f.destination_iso3 AND f.year >= p.year
        LEFT JOIN meta.indicators i ON i.indicator = f.indicator
        LEFT JOIN meta.countries c ON c.country_code = f.destination_iso3
        WHERE f.year - p.year <= {MOST_YEARS_OLDER} AND p.population_persons > 0
        """  # noqa: S608


_RULE = (
    "Unit: persons per 100,000 inhabitants of the destination, whoever they are (mid-year "
    "population of mart.population). Only figures counted in persons: a whole calendar year of a "
    "flow, or the end of a year of a stock (meta.indicators.kind, here in kind); never events, "
    "cases or boats, nor people who were turned back before they came. population_year is the "
    f"figure's year or, until that is published, {MOST_YEARS_OLDER} year earlier. A year that does "
    "not begin in January (New Zealand's financial year) and a withheld or incomplete figure have "
    "no row. A rate is not additive: never sum it over countries, years or indicators. What "
    "overlaps as a figure (meta.overlaps) overlaps as a rate."
)
TOTALS_PER_100K = _rates("totals", "", _ADDED)
TOTALS_PER_100K_COMMENT = (
    f"mart.totals by year beside the population of the destination. {_RULE} made_of says whether "
    "the year is printed (A) or this project's sum of four quarters (Q) or twelve months (M) of "
    "one source, all of them complete."
)
BY_ORIGIN_PER_100K = _rates("by_origin", _BY_ORIGIN, "")
BY_ORIGIN_PER_100K_COMMENT = (
    f"mart.by_origin by year beside the population of the destination. {_RULE} Years as printed "
    "only: months or quarters of an origin are not added up, because some may be withheld."
)

# name, comment and SQL; a view stands after those it reads
PLACES = (
    ("totals_named", TOTALS_NAMED_COMMENT, TOTALS_NAMED),
    ("by_origin_named", BY_ORIGIN_NAMED_COMMENT, BY_ORIGIN_NAMED),
    ("totals_per_100k", TOTALS_PER_100K_COMMENT, TOTALS_PER_100K),
    ("by_origin_per_100k", BY_ORIGIN_PER_100K_COMMENT, BY_ORIGIN_PER_100K),
)
