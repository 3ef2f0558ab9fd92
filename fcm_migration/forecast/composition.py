"""The table of what every published forecast is made of."""

from __future__ import annotations

from fcm_migration.catalog.columns import FREQUENCY, SERIES_ID
from fcm_migration.catalog.model import Column, Table
from fcm_migration.forecast.tables import CLASSES, HORIZON, POOL


def _share(model: str, what: str) -> Column:
    return Column(
        f"{model}_share", "number", f"Share of {what}.", unit="share", minimum=0, maximum=1
    )


MODELS = Table(
    "forecast",
    "models",
    "What the published forecast of each series and period ahead is made of, and why.",
    "series and period ahead",
    (
        SERIES_ID,
        HORIZON,
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
        _share("naive", "the last value, with intervals from pooled past errors"),
        _share("blend", "the average of pooled regressions, exponential smoothing and naive"),
        _share("ses", "exponential smoothing of the level"),
        _share("seasonal_naive", "the value a year before"),
        _share("seasonal_level", "the level that moves with the season that stays"),
        _share("seasonal_blend", "the blend's intervals around the seasonal level's median"),
        Column(
            "season_evidence",
            "number",
            "How much of the last three years' season the profiles known before them explained: 1 "
            "all of it, 0 and below nothing; null where less than a year can be judged.",
            nullable=True,
            maximum=1,
        ),
        Column(
            "doubt",
            "number",
            "Above 0 where the newest figure lies far outside the two years before: the share by "
            "which the forecast made before it counts, since so many such figures of the pool had "
            "passed a period later.",
            unit="share",
            minimum=0,
            maximum=1,
        ),
        Column(
            "judged_origins",
            "integer",
            "Earlier origins whose scores decided the shares.",
            unit="origins",
            minimum=0,
        ),
        Column("reason", "string", "What it is made of and why, in a sentence."),
        Column(
            "fallbacks",
            "integer",
            "Fits that did not converge or were absurd and were replaced by naive, over all "
            "origins.",
            unit="fits",
            minimum=0,
        ),
    ),
    ("series_id", "horizon"),
)
