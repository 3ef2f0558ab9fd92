"""Constants of corridors, with where each comes from (docs/decisions/corridors.md)."""

from __future__ import annotations

YEARS = 10  # years shown of each corridor, the newest one included
LARGEST = 3  # countries of origin in top3_share
HALF_YEAR = {"M": 6, "Q": 2, "A": 1}  # periods ahead of relative_width_later
RECENT_MONTHS = 6  # months to the end of a year in which an alert elsewhere counts
UPSTREAM_SOURCES = ("frontex_ibc", "iom_darien")
FRESH_MONTHS = 12  # an alert is a first one if there was none in so many months before it
MOST_MONTHS = 7  # longest lead met on real series
# A share of fewer decisions says little: at 50 its 95 % interval is up to 14 points either way.
LEAST_DECISIONS = 50
DECISIONS = "unhcr_asylum_decisions"
CONFLICT = "conflict_deaths"
