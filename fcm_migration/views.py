"""Views of the published file for the questions analysts ask most."""

from __future__ import annotations

from dataclasses import dataclass

from fcm_migration.catalog.derive import quote_identifier, quote_literal


@dataclass(frozen=True)
class View:
    """A view with its comment; ``sql`` is written by us, never made from data."""

    schema: str
    name: str
    comment: str
    sql: str

    @property
    def qualified(self) -> str:
        """The quoted name."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.name)}"

    def statements(self) -> tuple[str, str]:
        """CREATE VIEW and its comment."""
        return (
            f"CREATE VIEW {self.qualified} AS {self.sql}",
            f"COMMENT ON VIEW {self.qualified} IS {quote_literal(self.comment)}",
        )


VIEWS = (
    View(
        "mart",
        "totals_by_month",
        "Monthly figures for every origin, place and group together, one row per source, "
        "indicator, destination, route and month.",
        """
        SELECT source_id, indicator, unit, destination_iso3, route, period_start, value,
               is_suppressed, is_partial, rounding, as_of_date, obtained
        FROM mart.flows
        WHERE frequency = 'M' AND origin_iso3 = 'total' AND place = 'all'
          AND population_group = 'all'
        """,
    ),
    View(
        "mart",
        "by_origin",
        "Figures by country of origin (no totals, no other breakdown), monthly or annual.",
        """
        SELECT source_id, indicator, unit, destination_iso3, origin_iso3, origin_class, route,
               frequency, period_start, value, is_suppressed, is_partial, rounding, as_of_date,
               obtained
        FROM mart.flows
        WHERE origin_class <> 'total' AND place = 'all' AND population_group = 'all'
        """,
    ),
    View(
        "forecast",
        "published",
        "The published forecast, one row per series and month: median and 50, 80 and 95 % "
        "intervals, with what is forecast, its unit and the date of the data.",
        """
        SELECT i.source_id, i.indicator, i.unit, i.destination_iso3, i.origin_iso3, i.route,
               i.place, i.population_group, q.series_id, q.origin_date, q.horizon,
               q.target_period, any_value(q.model) AS model,
               max(q.value) FILTER (q.quantile = 0.5) AS median,
               max(q.value) FILTER (q.quantile = 0.25) AS lower_50,
               max(q.value) FILTER (q.quantile = 0.75) AS upper_50,
               max(q.value) FILTER (q.quantile = 0.1) AS lower_80,
               max(q.value) FILTER (q.quantile = 0.9) AS upper_80,
               max(q.value) FILTER (q.quantile = 0.025) AS lower_95,
               max(q.value) FILTER (q.quantile = 0.975) AS upper_95,
               any_value(i.as_of_date) AS as_of_date
        FROM forecast.quantiles q JOIN mart.series_index i USING (series_id)
        WHERE q.is_published
        GROUP BY ALL
        """,
    ),
    View(
        "meta",
        "status",
        "One row per source: how fresh, how obtained, whether stale, and how many expectations on "
        "its core tables failed (warnings, all of them; see meta.check_results).",
        """
        SELECT s.source_id, s.as_of_date, s.obtained, s.newest_period_end, s.stale_after_days,
               date_diff('day', s.newest_period_end, CAST(e.published_at AS DATE)) AS age_days,
               coalesce(date_diff('day', s.newest_period_end, CAST(e.published_at AS DATE))
                        > s.stale_after_days, false) AS is_stale,
               (SELECT count(*) FROM meta.check_results c
                WHERE NOT c.success AND starts_with(c.table_name, 'core.' || s.source_id)
               ) AS failed_expectations,
               s.last_outcome, s.last_attempt_at, s.attribution
        FROM meta.sources s CROSS JOIN meta.edition e
        """,
    ),
)
