"""SQL of phrases that the sentences of a brief are made of: figures, changes, periods, names.

The words for measures and routes are those of :mod:`fcm_migration.catalog.wording`, so a brief
names a series as a headline does.
"""

# ruff: noqa: S608  (every piece is SQL of our own)
from __future__ import annotations

from collections.abc import Iterable

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.derive import quote_literal
from fcm_migration.catalog.wording import MEASURES, NATIONWIDE, ROUTES, WITH_ARTICLE, Measure
from fcm_migration.periods import QUARTERS
from fcm_migration.publish.entry_sql import OTHER_COUNT

# what a brief says of people already there or decided on, which no alert watches
STANDING = {
    "asylum_seekers_pending": Measure("People awaiting an asylum decision"),
    "asylum_awaiting_decision": Measure("People awaiting an initial asylum decision"),
    "asylum_decisions_total": Measure("Asylum decisions"),
    "asylum_decisions_recognized": Measure("Decisions recognising a refugee"),
    "asylum_initial_decisions": Measure("People given an initial asylum decision"),
    "asylum_initial_protection": Measure("People granted protection at initial decision"),
    "asylum_withdrawals": Measure("People whose asylum claim was withdrawn"),
    "asylum_support": Measure("People receiving asylum support"),
    "resettlement_arrivals": Measure("Refugees resettled"),
    "refugees_resettled": Measure("People resettled or relocated"),
    "refugees": Measure("Refugees"),
}
THREEFOLD = 3.0  # from here on a rise is said as a multiple
UNITS = {"persons": "people"}


def values_of(rows: Iterable[tuple[str, ...]]) -> str:
    """Return the rows of a VALUES clause of texts."""
    return ", ".join(f"({', '.join(map(quote_literal, row))})" for row in rows)


def number(value: str) -> str:
    """Return the SQL of a whole number with its thousands apart: 12,345."""
    return f"format('{{:,}}', CAST(round({value}) AS BIGINT))"


def spoken(value: str) -> str:
    """Return the SQL of a forecast's figure as it is said, to three significant digits: 19,800."""
    power = f"power(10, greatest(0, floor(log10(greatest({value}, 1))) - 2))"
    return number(f"round({value} / {power}) * {power}")


def uncapitalised(words: str) -> str:
    """Return the SQL of words as they stand within a sentence; names and initials stay."""
    return (
        f"CASE WHEN regexp_matches({words}, '^(US|UK|UNHCR)') THEN {words} "
        f"ELSE lower(left({words}, 1)) || substr({words}, 2) END"
    )


def change_on(value: str, before: str, what: str) -> str:
    """Return the SQL of a change in words: "up 12% on 2024 (1,234)"; null without a comparison.

    Args:
        value: SQL of the figure.
        before: SQL of what it is compared with.
        what: SQL of the words for that.
    """
    percent = f"(100.0 * ({value} - {before}) / nullif({before}, 0))"
    beside = f"{what} || ' (' || {number(before)} || ')'"
    return f"""CASE
        WHEN {before} IS NULL THEN NULL
        WHEN {before} = 0 THEN 'after none in ' || {what}
        WHEN {value} = 0 THEN 'down from ' || {number(before)} || ' in ' || {what}
        WHEN abs({percent}) < 0.5 THEN 'about the same as in ' || {beside}
        WHEN {value} >= {THREEFOLD} * {before}
            THEN format('{{:.1f}} times ', {value} / {before}) || {beside}
        ELSE CASE WHEN {percent} > 0 THEN 'up ' ELSE 'down ' END
             || CASE WHEN abs({percent}) < 10 THEN format('{{:.1f}}', abs({percent}))
                     ELSE format('{{:.0f}}', abs({percent})) END
             || '% on ' || {beside} END"""


def percent_change(value: str, before: str) -> str:
    """Return the SQL of a change in per cent; null without a comparison.

    It is rounded so little that whoever shows it in full per cent rounds as the words do.
    """
    return f"round(100.0 * ({value} - {before}) / nullif({before}, 0), 4)"


def period_words(start: str, frequency: str) -> str:
    """Return the SQL of a period as it stands in a sentence: July 2025; 2025."""
    quarters = " ".join(
        f"WHEN {n} THEN 'the {name} quarter of '" for n, name in enumerate(QUARTERS, start=1)
    )
    return f"""CASE {frequency}
        WHEN 'A' THEN CAST(year({start}) AS VARCHAR)
        WHEN 'Q' THEN CASE quarter({start}) {quarters} END || year({start})
        ELSE strftime({start}, '%B %Y') END"""


def day_words(day: str) -> str:
    """Return the SQL of a day as people read it: 24 April 2026."""
    return f"(day({day}) || strftime({day}, ' %B %Y'))"


def age_words(months: str) -> str:
    """Return the SQL of an age in whole months in words: 3 months; 2 years and 1 month."""

    def many(n: str, one: str) -> str:
        return f"({n}) || CASE ({n}) WHEN 1 THEN ' {one}' ELSE ' {one}s' END"

    years, rest = f"({months} // 12)", f"({months} % 12)"
    return f"""CASE WHEN {months} IS NULL THEN NULL
        WHEN {months} < 1 THEN 'less than a month' WHEN {months} < 24 THEN {many(months, "month")}
        WHEN {rest} = 0 THEN {many(years, "year")}
        ELSE {many(years, "year")} || ' and ' || {many(rest, "month")} END"""


def unit_words(unit: str) -> str:
    """Return the SQL of a unit as people say it: people for persons."""
    cases = " ".join(f"WHEN {quote_literal(k)} THEN {quote_literal(v)}" for k, v in UNITS.items())
    return f"CASE {unit} {cases} ELSE {unit} END"


def with_article(code: str, name: str) -> str:
    """Return the SQL of a country's name within a sentence: the United Kingdom."""
    listed = ", ".join(map(quote_literal, sorted(WITH_ARTICLE)))
    return f"CASE WHEN {code} IN ({listed}) THEN 'the ' ELSE '' END || coalesce({name}, {code})"


def _measures() -> str:
    return values_of(
        (
            name,
            one.noun,
            NATIONWIDE.get(name, one.noun),
            one.where,
            one.origin,
            "yes" if one.has_routes else "no",
        )
        for name, one in (STANDING | MEASURES).items()
    )


# What the figures of an indicator, a route and a country count, as a sentence begins: the words of
# measure_words(). An indicator without words of its own has its title, which says where.
SAID = f"""
    SELECT i.indicator, i.title, r.route, d.country_code AS destination_iso3,
           d.destination AS destination_words,
           coalesce(CASE WHEN r.route = 'all' THEN w.nationwide ELSE w.noun END, i.title)
           || replace(replace(replace(
                  CASE WHEN w.noun IS NULL THEN ''  -- its title says where
                       WHEN r.route = 'all' OR w.routed = 'no' THEN w.place
                       ELSE coalesce(r.words, ' on the ' || replace(r.route, '_', ' ')
                                              || ' route') END,
                  '{{in_}}', 'in ' || d.destination),
                  '{{whose}}', d.destination || CASE WHEN d.destination LIKE '%s' THEN ''''
                                                   ELSE '''s' END),
                  '{{destination}}', d.destination) AS what,
           coalesce(w.origin, ' of people from {{origin}}') AS of_whom
    FROM meta.indicators i
    CROSS JOIN (
        SELECT country_code, {with_article("country_code", "country_name")} AS destination
        FROM meta.countries WHERE country_code IN ({", ".join(map(quote_literal, FIVE))})) d
    CROSS JOIN (VALUES ('all', NULL), {values_of(ROUTES.items())}) r(route, words)
    LEFT JOIN (VALUES {_measures()}) w(indicator, noun, nationwide, place, origin, routed)
        ON w.indicator = i.indicator
"""

# The condition on which b, of mart.totals, is the same period of the year before n, of
# newest_figures; of a yearly figure, one of the three years before it. The latest is taken.
EARLIER = """b.indicator = n.indicator AND b.destination_iso3 = n.destination_iso3
    AND b.frequency = n.frequency AND b.unit = n.unit AND b.value IS NOT NULL AND NOT b.is_partial
    AND b.period_start <= n.period_start - INTERVAL 1 YEAR
    AND b.period_start >= n.period_start - CASE n.frequency WHEN 'A' THEN INTERVAL 3 YEAR
                                           ELSE INTERVAL 1 YEAR END"""


def within_break(period: str) -> str:
    """Return the SQL of whether a period lies in the span k of meta.series_breaks."""
    return (
        f"({period} BETWEEN coalesce(k.break_first_date, DATE '0001-01-01') "
        "AND coalesce(k.break_last_date, DATE '9999-12-31'))"
    )


# The earlier figures that the newest ones may be compared with: counted in the same way.
COMPARABLE = f"""(
        SELECT b.* FROM main.newest_figures n JOIN mart.totals b ON {EARLIER}
        ANTI JOIN meta.series_breaks k
            ON k.series_id = concat_ws('/', b.source_id, b.indicator, b.destination_iso3, 'total',
                                       b.route, 'all', 'all', b.frequency)
            AND k.break_kind IN {OTHER_COUNT}
            AND {within_break("b.period_start")} <> {within_break("n.period_start")}
    )"""
WITH_COMPARABLE = f"""LEFT JOIN {COMPARABLE} b
            ON b.indicator = n.indicator AND b.destination_iso3 = n.destination_iso3"""
