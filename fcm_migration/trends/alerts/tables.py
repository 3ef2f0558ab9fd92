"""The tables of alerts: alerts, their precedents, and the track record."""

from __future__ import annotations

from fcm_migration.catalog.columns import SERIES_COLUMNS
from fcm_migration.catalog.model import Column, Table

TIERS = ("alert", "strong")
DIRECTIONS = ("surge", "drop")
KINDS = ("common", "own", "own_weak", "tide", "new_origin", "build_up", "definition")
CURRENT_MONTHS = 12  # an alert of a period that ended longer ago is not current, and no news
OUTCOMES = ("hit", "repeat", "grow", "false", "open")

ALERT_ID = Column("alert_id", "string", "Name of the alert.", pattern="^[0-9a-f]{12}$")
TIER = Column(
    "tier",
    "string",
    "alert: the rules of docs/decisions/alerts.md hold; strong: it also passes the test of all "
    "active series of the period together (false discovery rate 10%; see q_value).",
    allowed=TIERS,
)
DIRECTION = Column("direction", "string", "Whether figures rise or fall.", allowed=DIRECTIONS)
KIND = Column(
    "kind",
    "string",
    "common: a whole route or destination moves; own: the route as a whole does not explain it "
    "(own_weak: explains part of it); tide: it moves with the route as a whole, and is listed "
    "under the common alert where there is one; new_origin: fewer than 120 in the two years "
    "before; build_up: a large series grows slowly but lastingly; definition: the comparison year "
    "uses another definition, so this may not be a real change.",
    allowed=KINDS,
)


def _count(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, "number", description, unit="see unit", nullable=nullable, minimum=0)


def _part(name: str, description: str) -> Column:
    return Column(name, "number", description, unit="points of score", minimum=0, maximum=100)


def _share(name: str, description: str, *, nullable: bool = True) -> Column:
    return Column(name, "number", description, nullable=nullable, minimum=0, maximum=1)


ALERTS = Table(
    "trend",
    "alerts",
    "Every period in which a series rose or fell beyond what its past makes likely, recomputed "
    "from the earliest release held here for that period.",
    "series, period and direction",
    (
        ALERT_ID,
        TIER,
        DIRECTION,
        *SERIES_COLUMNS,
        Column("period", "date", "First day of the period the alert is about."),
        Column(
            "public_from",
            "date",
            "Day from which the period's figure was public: the release that first held it where "
            "that release is here, otherwise the end of the period and the publisher's usual lag. "
            "It is not the date of the release the figure is read from (as_of_date elsewhere).",
        ),
        Column(
            "is_lag_usual",
            "boolean",
            "True where public_from is estimated from the publisher's usual lag, because no "
            "release held here shows it.",
        ),
        KIND,
        Column("score", "number", "How real the movement is: the sum of the parts. It does not "
               "say how much more will come.", unit="points of score", minimum=0, maximum=100),
        _part("score_surprise", "Part of the score, at most 40: how unlikely the figure is after "
              "the year before."),
        _part("score_growth", "Part of the score, at most 30: growth of the recent level on the "
              "year before."),
        _part("score_persistence", "Part of the score, at most 20: how many of the last three "
              "periods are surprising."),
        _part("score_own", "Part of the score, at most 10: growth beyond that of the other "
              "series."),
        _count("observed", "Figure of the period."),
        _count("expected", "Mean of the year before the period."),
        _count("bound", "Bound of what was expected, on the side the figure moved to (negative "
               "binomial): 97.5% of periods would stay at or below it; for drops, 2.5% would."),
        Column(
            "dispersion",
            "number",
            "Dispersion of the negative binomial behind the bound: variance is expected + "
            "dispersion x expected^2, by source, size and year.",
            minimum=0,
        ),
        Column("ratio", "number", "Recent level divided by that of the year before it.",
               unit="ratio", minimum=0),
        Column("own_ratio", "number", "ratio divided by the growth that all series of the scope "
               "have in common.",
               unit="ratio", minimum=0),
        Column(
            "share_ratio",
            "number",
            "Figure divided by what it would be if the series had kept its share of the total "
            "from the year before.",
            unit="ratio",
            minimum=0,
        ),
        Column("common_factor", "number", "Growth that all series of the scope have in common.",
               unit="ratio", minimum=0),
        _share("p_value", "Share of the source's quiet periods before this year that were at "
               "least as surprising. 200 declared periods are added to them, so that a source "
               "with a short record has enough.", nullable=False),
        _share("q_value", "p_value adjusted for all active series tested in that period "
               "(Benjamini-Hochberg); for surges, only series with a figure above zero are "
               "tested.",
               nullable=False),
        Column("episode_start", "date", "First period of the uninterrupted episode the alert "
               "belongs to, however long it lasts."),
        Column(
            "first_public_from",
            "date",
            "Day from which the figure of the episode's first alert was public.",
        ),
        Column("opens_episode", "boolean", "True in the first period of an episode."),
        Column(
            "is_counted",
            "boolean",
            "True where evaluations count the alert: in the first period of an episode, and again "
            "every half-year that it lasts (of annual series every year).",
        ),
        Column(
            "is_headlined",
            "boolean",
            "True where the alert stands on its own. Beside a common alert only the three series "
            "whose share of the total at least doubled (halved) most are headlined; the others "
            "are listed under it. Alerts of kind definition are never headlined, nor are those "
            "that tell the same movement as another; of kind tide only those without a common "
            "alert are.",
        ),
        Column("common_alert_id", "string", "The common alert it is listed under; null where the "
               "route or destination as a whole did not move.", nullable=True),
        Column(
            "same_movement_as",
            "string",
            "The headlined alert that tells the same movement: of the whole that this series is "
            "part of, or of another source that counts the same people. Null for all others.",
            nullable=True,
            pattern="^[0-9a-f]{12}$",
        ),
        Column(
            "revised_until",
            "date",
            "Last day on which a revision of the figure is likely, judged by how the publisher "
            "has revised so far; null where that is not known. See docs/decisions/alerts.md.",
            nullable=True,
        ),
        Column("newer_period", "date", "First day of the newest period with a figure after this "
               "one, complete or not; null where this is the newest figure.", nullable=True),
        _count("newer_value", "Figure of newer_period.", nullable=True),
        Column("newer_is_partial", "boolean", "True where newer_period was not over, or not all "
               "reported: a lower figure is then no sign of a fall.", nullable=True),
        Column("causes", "string", "Known causes and definition breaks, in words; empty where none "
               "is known."),
        Column("outcome", "string", "What came of it: hit (a surge followed or had begun), repeat "
               "(later in a known surge), grow (the next half-year averaged at least 1.5 times "
               "the year before), false (none of these), or open (too early to say); null for "
               "drops.", nullable=True, allowed=OUTCOMES),
        Column("headline", "string", "The alert in one or two sentences to be read out, without "
               "codes: what moved, to which figure, beside which mean of the year before, and how "
               "often such alerts proved right. The figures are observed and expected."),
        Column("headline_record", "string", "The last sentence of headline alone: how often such "
               "alerts proved right. A headline that would be too long is without it. Null where "
               "too few of them have been judged.", nullable=True),
        Column("explanation", "string", "The alert in words, with its figures, unit, source and "
               "dates."),
    ),
    ("alert_id",),
    caveats=(
        "An alert says that figures moved, not why, nor that they will go on moving.",
        "Figures of different units (persons, events, cases) are never compared.",
    ),
)  # fmt: skip

PRECEDENTS = Table(
    "trend",
    "precedents",
    "The past episodes that most resemble each alert, and what became of them. They began at "
    "least a year before it.",
    "alert and rank",
    (
        ALERT_ID,
        Column("rank", "integer", "1 is the most similar.", unit="rank", minimum=1, maximum=3),
        Column("other_alert_id", "string", "The alert that opened the other episode."),
        Column("distance", "number", "Distance in growth, own growth and size (logarithms) and in "
               "deviance residuals; 0 is alike.", unit="distance", minimum=0),
        Column("level_before", "number", "Mean of the year before the other alert.",
               unit="see unit", minimum=0),
        Column("level_after", "number", "Mean of the half-year after it.",
               unit="see unit", nullable=True, minimum=0),
    ),
    ("alert_id", "rank"),
)  # fmt: skip

TRACK_RECORD = Table(
    "trend",
    "track_record",
    "How often alerts of each tier and kind proved right, recomputed over the whole record.",
    "pool, tier, kind and span",
    (
        Column("pool", "string", "Source, indicator and frequency, or all."),
        TIER,
        Column("alert_kind", "string", "Kind of the alert, or all.", allowed=(*KINDS, "all")),
        Column("span", "string", "Years judged: all; boom (the year the alert opened in had many "
               "surges) or quiet.", allowed=("all", "boom", "quiet")),
        Column("episodes", "integer", "Episodes opened; one that lasts counts again every "
               "half-year.", unit="episodes", minimum=0),
        Column("judged", "integer", "Episodes that are old enough to be judged.", unit="episodes",
               minimum=0),
        Column("hits", "integer", "Judged episodes in which a surge followed or had begun.",
               unit="episodes",
               minimum=0),
        Column("repeats", "integer", "Judged episodes that opened later in a known surge.",
               unit="episodes", minimum=0),
        Column("grown", "integer", "Judged episodes after which the next half-year averaged at "
               "least 1.5 times the year before.", unit="episodes",
               minimum=0),
        Column("false_alarms", "integer", "Judged episodes that are none of these.",
               unit="episodes",
               minimum=0),
        _share("confirmed_precision", "Share of the judged episodes that proved right (hits, "
               "repeats and grown); null where none is judged."),
        _share("confirmed_lower", "Lower end of its 95% interval (bootstrap over series)."),
        _share("confirmed_upper", "Upper end of its 95% interval (bootstrap over series)."),
        _share("surge_precision", "Hits divided by the sum of hits, grown and false_alarms; null "
               "if that sum is zero."),
        Column("active_periods", "integer", "Periods of active series that were tested.",
               unit="series-periods", minimum=0),
        Column("false_per_100", "number", "False alarms in 100 active_periods.",
               unit="per 100 series-periods", nullable=True, minimum=0),
    ),
    ("pool", "tier", "alert_kind", "span"),
    caveats=(
        "Alerts are recomputed with today's rules on today's releases; they were not raised at "
        "the time.",
        "A route and the whole that it is part of are both counted, and so are a destination and "
        "all destinations together. They are not independent, so the intervals are too narrow.",
    ),
)  # fmt: skip

TABLES = (ALERTS, PRECEDENTS, TRACK_RECORD)
