"""The forecast tables: quantiles, how good they have been, and why each model was chosen."""

from __future__ import annotations

from fcm_migration.catalog.columns import AS_OF, FREQUENCY, SERIES_ID
from fcm_migration.catalog.model import Column, Table
from fcm_migration.forecast.scores import INTERVAL_LEVELS, LEVEL_COLUMNS, QUANTILE_LEVELS

MODELS_KNOWN = (
    "naive",
    "seasonal_naive",
    "ses",
    "damped_ets",
    "pooled",
    "pooled_quantiles",
    "naive_seasonal",
    "naive_ses",
    "blend",
    "naive_blend",
)
CLASSES = ("dense", "short", "sparse", "too_short")
HORIZON = Column(
    "horizon", "integer", "Periods ahead of the origin.", unit="periods", minimum=1, maximum=24
)
MODEL = Column(
    "model",
    "string",
    "naive: last value, intervals from pooled past errors; seasonal_naive: value a year before; "
    "ses, damped_ets: exponential smoothing, level or with a damped trend; pooled, "
    "pooled_quantiles: regressions learnt from all series of the pool; blend: average of these "
    "four; naive_blend, naive_ses, "
    "naive_seasonal: averages with naive; all quantile by quantile.",
    allowed=MODELS_KNOWN,
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
            "True for the model chosen for this series and horizon, its intervals widened where "
            "the pool's have lately missed; other rows are for comparison. A series listed in "
            "forecast.not_shown is not shown as a forecast.",
        ),
    ),
    ("series_id", "horizon", "model", "quantile"),
    caveats=(
        "Series that ended years ago are in here too: forecast.published shows the forecasts of "
        "series that are still reported, and forecast.not_shown lists the others.",
        "Extrapolations of the published past: they know nothing of policy to come.",
        "forecast.models says which and why; naive is published where it has been the better one.",
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
        Column("wis", "number", "Mean weighted interval score (50, 80, 95 %).", unit="see index"),
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
        MODEL,
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

MODELS = Table(
    "forecast",
    "models",
    "Which model is published for each series and stretch of horizons, and why.",
    "series and stretch of horizons",
    (
        SERIES_ID,
        Column("horizon_from", "integer", "First period ahead.", unit="periods", minimum=1),
        Column("horizon_to", "integer", "Last period ahead.", unit="periods", minimum=1),
        POOL,
        FREQUENCY,
        Column(
            "series_class",
            "string",
            "dense: three years or more (annual: five) and a mean of 10 or more over the last two; "
            "short: less history; sparse: a lower mean; too_short: under eight periods (annual: "
            "five).",
            allowed=CLASSES,
        ),
        Column("observations", "integer", "Observed periods.", unit="periods", minimum=0),
        Column("imputed", "integer", "Missing or withheld periods filled.", "periods", minimum=0),
        MODEL,
        Column("reason", "string", "Why, in a sentence."),
        Column(
            "fallbacks",
            "integer",
            "Fits that did not converge or were absurd and were replaced by naive, over all "
            "origins.",
            unit="fits",
            minimum=0,
        ),
    ),
    ("series_id", "horizon_from"),
)

TABLES = (QUANTILES, SCORES, POOL_SCORES, ORIGIN_SCORES, TRACK_RECORD, MODELS)
