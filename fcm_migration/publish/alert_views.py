"""What stands out now: SQL and comments of trend.current and trend.last_known.

Nothing stored depends on the day a table is read. Ages count to ``meta.edition.published_at``, the
day the edition was made.
"""

from __future__ import annotations

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.derive import quote_literal
from fcm_migration.publish.days import EDITION_DAY, last_day, period_length
from fcm_migration.trends.alerts.tables import CURRENT_MONTHS

END = last_day("a.period", period_length("a.frequency"))
RECENT = f"{END} + INTERVAL {CURRENT_MONTHS} MONTH >= {EDITION_DAY}"
NAMES = ", ".join(FIVE)
A_YEAR = "CASE a.frequency WHEN 'M' THEN 12 WHEN 'Q' THEN 4 ELSE 1 END"
COMMENT = (
    f"{{what}} in {NAMES}: one row an episode, with its headlined alert at the newest complete "
    "period of the series. age_months counts whole months from the end of the period to the day "
    "the edition was made (meta.edition.published_at). newer_period, newer_value and "
    "newer_is_partial give the newest figure since, mostly of an incomplete period. headline says "
    "the alert in a sentence or two without codes. weight orders alerts for a reader: the score "
    "times the logarithm of how many people, events or cases a year the figure is above or below "
    "the mean of the year before, so that size counts as well as surprise; it ranks rows of one "
    "unit only. The rows are in that order."
)
CURRENT_COMMENT = (
    COMMENT.format(what="What stands out now")
    + f" The period ended at most {CURRENT_MONTHS} months before that day; older ones are in "
    "trend.last_known."
)
LAST_KNOWN_COMMENT = (
    COMMENT.format(what="What stood out in the last figures")
    + f" The period ended more than {CURRENT_MONTHS} months before that day and is still the "
    "newest that its source has of this indicator and destination. What has happened since is not "
    "known from that source."
)


# every piece is a constant of this module or of the catalogue
def _alerts(where: str) -> str:
    """Return the SQL of the headlined alerts at the newest period of their own series."""
    five = ", ".join(quote_literal(name) for name in FIVE)
    return f"""
        SELECT round(a.score * log10(1 + {A_YEAR} * abs(a.observed - a.expected)), 1) AS weight,
               a.headline, a.score, a.tier, a.direction, a.kind, a.destination_iso3, a.origin_iso3,
               a.route, a.place, a.frequency, a.period,
               date_sub('month', {END}, {EDITION_DAY}) AS age_months,
               a.observed, a.expected, a.bound, a.unit, a.ratio, a.episode_start, a.public_from,
               coalesce(a.revised_until >= {EDITION_DAY}, false) AS is_provisional,
               a.newer_period, a.newer_value, a.newer_is_partial, a.source_id, a.indicator,
               a.series_id, a.alert_id, a.explanation
        FROM trend.alerts a
        JOIN mart.series_index i USING (series_id)
        CROSS JOIN meta.edition e
        WHERE a.is_headlined AND a.period = i.last_period AND a.destination_iso3 IN ({five})
          AND {where}
        ORDER BY weight DESC, a.alert_id
        """  # noqa: S608


CURRENT = _alerts(RECENT)
LAST_KNOWN = _alerts(
    f"""NOT ({RECENT})
          AND i.last_period = (
              SELECT max(o.last_period) FROM mart.series_index o
              WHERE o.source_id = i.source_id AND o.indicator = i.indicator
                AND o.destination_iso3 = i.destination_iso3 AND o.frequency = i.frequency)"""  # noqa: S608
)
