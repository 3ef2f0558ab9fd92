"""Charts: declared once as Vega-Lite through Altair, drawn as SVG and PNG without a browser.

A chart is made from a small typed input (:class:`.Series`, :class:`.AlertPanel`,
:class:`.Corridors`, :class:`.PolicyEffects`, :class:`.LinePanel`, :class:`.Small`,
:class:`.Counts`, :class:`.Years`), checked when it is made. It carries its alternative text and the
figures behind it. Its colours are CSS variables: :func:`.svg` and :func:`.png` put a palette in
their place, a page that keeps them follows its reader's scheme, and a page with Vega takes
:func:`.specification`. Altair and vl-convert are loaded when a chart is made and drawn, not before.
"""

from fcm_migration.reports.charts.alerts import AlertPanel, alert_chart
from fcm_migration.reports.charts.chart import NARROW, WIDE, Chart, Mark
from fcm_migration.reports.charts.corridors import Corridors, corridor_chart
from fcm_migration.reports.charts.counts import Counts, counts_chart
from fcm_migration.reports.charts.lines import Line, LinePanel, coverage_panel, lines_chart
from fcm_migration.reports.charts.multiples import Small, headline, multiples_chart
from fcm_migration.reports.charts.palette import style_rules
from fcm_migration.reports.charts.policies import PolicyEffects, policy_chart
from fcm_migration.reports.charts.ranges import range_mark
from fcm_migration.reports.charts.render import inline, png, specification, svg
from fcm_migration.reports.charts.series import Level, Series, SoFar
from fcm_migration.reports.charts.series_layers import series_chart
from fcm_migration.reports.charts.shares import share_bar
from fcm_migration.reports.charts.sparklines import sparkline
from fcm_migration.reports.charts.years import Expected, Years, years_chart

__all__ = [
    "NARROW",
    "WIDE",
    "AlertPanel",
    "Chart",
    "Corridors",
    "Counts",
    "Expected",
    "Level",
    "Line",
    "LinePanel",
    "Mark",
    "PolicyEffects",
    "Series",
    "Small",
    "SoFar",
    "Years",
    "alert_chart",
    "corridor_chart",
    "counts_chart",
    "coverage_panel",
    "headline",
    "inline",
    "lines_chart",
    "multiples_chart",
    "png",
    "policy_chart",
    "range_mark",
    "series_chart",
    "share_bar",
    "sparkline",
    "specification",
    "style_rules",
    "svg",
    "years_chart",
]
