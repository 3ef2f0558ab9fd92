"""Constants of the proxies, with where each comes from.

None was chosen by its results; see docs/decisions/facilitation_proxies.md.
"""

from __future__ import annotations

# a figure counts as up where it is a quarter above that of a year ago: the alerts' season guard
GROWTH = 1.25
LEAST_BOATS = 20  # in both periods: fewer make a mean of chance (a period's least for alerts)
BUSIEST = 0.05  # share of days, rounded down
SWITCH = 30.0  # percentage points in a year; design of the alerts
LEAST_FLOW = 200  # of an origin in both years: what a yearly alert needs
# share of a route's flow that must come from origins that switched, in per cent: a tenth, so that
# a small origin does not mark a whole route
SWITCHED = 10.0
FEW_BEFORE = 240  # in the 24 months before a first appearance; design of the alerts
TIMES_HIGHEST = 3.0  # over their highest month; design of the alerts
SEVERAL = 3  # origins within three months: two may be a pair of neighbours
LEAST_ORIGINS = 20  # of a route; with fewer, several new ones at once mean little
BOATS = {  # indicator of boats: that of the persons aboard, of the same source and route
    "small_boats": "small_boat_arrivals",
    "irregular_boats": "irregular_maritime_arrivals",
    "maritime_return_boats": "maritime_returns",
}
BY_REGION = ("border_encounters",)  # published by origin and region, and by sector
