"""The forecast tables: quantiles, how good they have been, and why each model was chosen."""

from __future__ import annotations

from fcm_migration.catalog.columns import AS_OF, SERIES_ID
from fcm_migration.catalog.model import Column, Table
from fcm_migration.forecast.scores import INTERVAL_LEVELS, LEVEL_COLUMNS, QUANTILE_LEVELS

# of editions before the mixture, which the ledger still names
EARLIER_MODELS = ("damped_ets", "naive_blend", "naive_seasonal", "naive_ses")
MODELS_KNOWN = (
    "naive",
    "seasonal_naive",
    "ses",
    "pooled",
    "pooled_quantiles",
    "blend",
    "seasonal_level",
    "seasonal_blend",
    "published",
    *EARLIER_MODELS,
)
CLASSES = ("dense", "short", "sparse", "too_short")
UNFITTED = ("sparse", "too_short")  # classes to which no model is fitted
HORIZON = Column(
    "horizon", "integer", "Periods ahead of the origin.", unit="periods", minimum=1, maximum=24
)
MODEL = Column(
    "model",
    "string",
    "published: the forecast, a mixture of naive, blend, ses, seasonal_naive, seasonal_level and "
    "seasonal_blend by the shares in forecast.models. naive: last value, intervals from pooled "
    "past errors; seasonal_naive: value a year before; ses: exponential smoothing of the level; "
    "pooled, pooled_quantiles: regressions learnt from all series of the pool; blend: average of "
    "both, ses and naive; seasonal_level: a level that moves and a season that stays; "
    "seasonal_blend: the blend's intervals around the seasonal level's median. Others stand in "
    "forecast.track_record alone, from editions made before there were mixtures.",
    allowed=MODELS_KNOWN,
)
SHOWN_MODEL = Column(
    "model",
    "string",
    "Model as in forecast.quantiles, or nowcast: the period was running and partly counted when "
    "the edition was made, and the nowcast of that edition was published.",
    allowed=(*MODELS_KNOWN, "nowcast"),
)
SCORED_MODEL = Column(
    "scored_model", "string", "Model, or published: what would have been published."
)
ORIGIN_DATE = Column("origin_date", "date", "First day of the last observed period.")
TARGET = Column("target_period", "date", "First day of the period forecast.")
POOL = Column("pool", "string", "Series that share calibration and estimation.")
COVERAGES = tuple(
    Column(
        f"coverage_{percent}",
        "number",
        f"Share of targets inside the {percent} % interval.",
        unit="share",
        minimum=0,
        maximum=1,
    )
    for percent in INTERVAL_LEVELS
)
WIS = Column("wis", "number", "Mean weighted interval score (50, 80, 95%).", unit="see index")
RELATIVE_WIS = Column(
    "relative_wis",
    "number",
    "Mean WIS divided by that of calibrated naive; below 1 is better; null where naive made no "
    "error.",
    nullable=True,
)
RELATIVE_TAIL = Column(
    "relative_tail",
    "number",
    "Mean quantile loss at 0.9 and 0.975 divided by naive's: how well surges were foreseen; null "
    "where naive has none.",
    nullable=True,
)

QUANTILES = Table(
    "forecast",
    "quantiles",
    "Forecasts of the next periods of every series of the panel, as quantiles: twelve months, "
    "four quarters, two years.",
    "series, period ahead, model and quantile",
    (
        SERIES_ID,
        ORIGIN_DATE,
        HORIZON,
        TARGET,
        MODEL,
        Column("quantile", "number", "Probability level.", minimum=0, maximum=1),
        Column(
            "value",
            "integer",
            "Forecast quantile on the publisher's rounding grid, in the unit of mart.series_index.",
            unit="see unit",
            minimum=0,
        ),
        Column(
            "is_published",
            "boolean",
            "True for the published forecast, its intervals as wide as past ones would have had "
            "to be; other rows are for comparison. A series listed in forecast.not_shown is not "
            "shown as a forecast.",
        ),
    ),
    ("series_id", "horizon", "model", "quantile"),
    caveats=(
        "Series that ended years ago are in here too: forecast.published shows the forecasts of "
        "series that are still reported, and forecast.not_shown lists the others.",
        "Extrapolations of the published past: they know nothing of policy to come.",
        "forecast.models says what the published forecast of a series and period is made of.",
        "Quantiles of parts do not add up to those of a total; see forecast.coherent.",
    ),
)

SCORES = Table(
    "forecast",
    "scores",
    "How good forecasts at past origins were, as they would have been published then.",
    "series, model and periods ahead",
    (
        SERIES_ID,
        SCORED_MODEL,
        HORIZON,
        Column("origins", "integer", "Origins scored.", unit="origins", minimum=1),
        WIS,
        RELATIVE_WIS,
        Column("mae", "number", "Mean absolute error of the median.", unit="see index"),
        Column(
            "mase",
            "number",
            "MAE divided by the mean absolute change over a year (one period where annual) before "
            "the first origin; null where that is zero or unknown.",
            nullable=True,
        ),
        Column(
            "rmsse",
            "number",
            "Root of the mean squared error divided by the mean squared change over one period "
            "before the first origin; null where that is zero or unknown.",
            nullable=True,
        ),
        RELATIVE_TAIL,
        *COVERAGES,
    ),
    ("series_id", "scored_model", "horizon"),
    caveats=("The past is today's release, not the release of each origin.",),
)

POOL_SCORES = Table(
    "forecast",
    "pool_scores",
    "How good forecasts at past origins were, pool by pool: dense and short series only.",
    "pool, model, periods ahead and window",
    (
        POOL,
        SCORED_MODEL,
        HORIZON,
        Column(
            "window",
            "string",
            "all; shock: targets inside a window, or beyond a split, that meta.breaks declares; "
            "calm: the others.",
            allowed=("all", "shock", "calm"),
        ),
        Column("series", "integer", "Series scored.", unit="series", minimum=1),
        Column("targets", "integer", "Targets scored.", unit="targets", minimum=1),
        Column(
            "relative_wis_mean",
            "number",
            "Geometric mean over series of mean WIS relative to calibrated naive (half a rounding "
            "step added to both).",
        ),
        Column(
            "relative_mae_mean",
            "number",
            "Geometric mean over series of MAE relative to naive (half a rounding step added).",
        ),
        Column(
            "relative_tail_mean",
            "number",
            "Geometric mean over series of the quantile loss at 0.9 and 0.975 relative to naive "
            "(half a rounding step added).",
        ),
        *COVERAGES,
    ),
    ("pool", "scored_model", "horizon", "window"),
    caveats=("The past is today's release, not the release of each origin.",),
)

UNFITTED_SCORES = Table(
    "forecast",
    "unfitted_scores",
    "Whether published intervals of series too short or too sparse to be fitted held, by pool.",
    "pool, class of the series at the origin and periods ahead",
    (
        POOL,
        Column(
            "series_class",
            "string",
            "Class at the forecast origin, as in forecast.models; it changes as a series grows.",
            allowed=UNFITTED,
        ),
        HORIZON,
        Column("series", "integer", "Series scored.", unit="series", minimum=1),
        Column("targets", "integer", "Targets scored.", unit="targets", minimum=1),
        WIS,
        *COVERAGES,
    ),
    ("pool", "series_class", "horizon"),
    caveats=("The past is today's release, not the release of each origin.",),
)

ORIGIN_SCORES = Table(
    "forecast",
    "origin_scores",
    "How good what would have been published was, origin by origin: dense and short series only.",
    "pool, origin and periods ahead",
    (
        POOL,
        ORIGIN_DATE,
        HORIZON,
        Column("series", "integer", "Series scored.", unit="series", minimum=1),
        Column("is_shock", "boolean", "True where a target lies in a declared shock window."),
        Column(
            "relative_wis_mean",
            "number",
            "Geometric mean over series of WIS relative to calibrated naive (half a rounding "
            "step added to both).",
        ),
        *COVERAGES,
    ),
    ("pool", "origin_date", "horizon"),
)

TRACK_RECORD = Table(
    "forecast",
    "track_record",
    "Past forecasts beside what came: those really published, and backtests of what would have "
    "been.",
    "series, origin, periods ahead and kind",
    (
        SERIES_ID,
        ORIGIN_DATE,
        HORIZON,
        TARGET,
        Column(
            "record_kind",
            "string",
            "published: shown in an edition made before the target period ended, kept since; "
            "backtest: made now from today's release, cut at the origin.",
            allowed=("published", "backtest"),
        ),
        Column(
            "made_date",
            "date",
            "Day of the refresh that published it; null for a backtest.",
            nullable=True,
        ),
        SHOWN_MODEL,
        *(
            Column(name, "integer", f"Quantile {quantile}.", unit="see unit", minimum=0)
            for name, quantile in zip(LEVEL_COLUMNS, QUANTILE_LEVELS, strict=True)
        ),
        Column(
            "observed_value", "integer", "What came, as published today.", "see unit", minimum=0
        ),
        AS_OF,
        Column("is_shock", "boolean", "True where a target lies in a declared shock window."),
    ),
    ("series_id", "origin_date", "horizon", "record_kind"),
    caveats=("as_of_date is that of what came.",),
)

TABLES = (QUANTILES, SCORES, POOL_SCORES, UNFITTED_SCORES, ORIGIN_SCORES, TRACK_RECORD)
