"""The forecast tables: quantiles, how good they have been, and why each model was chosen."""

from __future__ import annotations

from fcm_migration.catalog.columns import SERIES_ID
from fcm_migration.catalog.model import Column, Table

MODELS_KNOWN = (
    "naive",
    "seasonal_naive",
    "damped_ets",
    "local_level",
    "pooled",
    "naive_seasonal",
    "naive_ets",
    "naive_ets_pooled",
)
CLASSES = ("dense", "short", "sparse", "too_short")
HORIZON = Column(
    "horizon", "integer", "Months ahead of the origin.", unit="months", minimum=1, maximum=24
)
MODEL = Column(
    "model",
    "string",
    "naive: last value, intervals from pooled past errors; seasonal_naive: value a year before; "
    "damped_ets: exponential smoothing with damped trend; local_level: unobserved components; "
    "pooled: regression learnt from all series of the pool; naive_seasonal, naive_ets and "
    "naive_ets_pooled: averages of these, quantile by quantile.",
    allowed=MODELS_KNOWN,
)

QUANTILES = Table(
    "forecast",
    "quantiles",
    "Forecasts of the next twelve months of every monthly series, as quantiles.",
    "series, month ahead, model and quantile",
    (
        SERIES_ID,
        Column("origin_date", "date", "Last observed month of the series."),
        HORIZON,
        Column("target_period", "date", "First day of the month forecast."),
        MODEL,
        Column("quantile", "number", "Probability level.", minimum=0, maximum=1),
        Column(
            "value",
            "integer",
            "Forecast quantile on the publisher's rounding grid, in the unit of mart.series_index.",
            unit="see unit",
            minimum=0,
        ),
        Column("is_published", "boolean", "True for the model chosen for this series and horizon."),
    ),
    ("series_id", "horizon", "model", "quantile"),
    caveats=(
        "Extrapolations of the published past: they know nothing of policy to come.",
        "forecast.models says why; where nothing beat naive, naive is published.",
    ),
)

SCORES = Table(
    "forecast",
    "scores",
    "How good forecasts at past origins were, as they would have been published then.",
    "series, model and months ahead",
    (
        SERIES_ID,
        Column("scored_model", "string", "Model, or published: what would have been published."),
        HORIZON,
        Column("origins", "integer", "Origins scored.", unit="origins", minimum=1),
        Column("wis", "number", "Mean weighted interval score (50, 80, 95 %).", unit="see index"),
        Column(
            "relative_wis",
            "number",
            "Mean WIS divided by that of calibrated naive; below 1 is better; null where naive "
            "made no error.",
            nullable=True,
        ),
        Column("mae", "number", "Mean absolute error of the median.", unit="see index"),
        Column(
            "mase",
            "number",
            "MAE divided by the mean absolute year-on-year change before the first origin; null "
            "where that is zero or unknown.",
            nullable=True,
        ),
        Column("coverage_50", "number", "Share of targets inside the 50 % interval.", "share"),
        Column("coverage_80", "number", "Share of targets inside the 80 % interval.", "share"),
        Column("coverage_95", "number", "Share of targets inside the 95 % interval.", "share"),
    ),
    ("series_id", "scored_model", "horizon"),
    caveats=("The past is today's release, not the release of each origin.",),
)

MODELS = Table(
    "forecast",
    "models",
    "Which model is published for each series and stretch of horizons, and why.",
    "series and stretch of horizons",
    (
        SERIES_ID,
        Column("horizon_from", "integer", "First month ahead.", unit="months", minimum=1),
        Column("horizon_to", "integer", "Last month ahead.", unit="months", minimum=1),
        Column("pool", "string", "Series that share calibration and choice."),
        Column(
            "series_class",
            "string",
            "dense: three years or more, mean of 20 or more, few zeros; short: less than three "
            "years; sparse: mostly zeros or below 5; too_short: under eight months.",
            allowed=CLASSES,
        ),
        Column("observations", "integer", "Observed months.", unit="months", minimum=0),
        Column("imputed", "integer", "Missing or withheld months filled.", "months", minimum=0),
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

TABLES = (QUANTILES, SCORES, MODELS)
