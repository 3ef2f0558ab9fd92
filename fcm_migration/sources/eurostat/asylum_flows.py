"""From Eurostat's asylum figures to draft flows; a period with few reporters yet is partial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from fcm_migration.sources.base import TOTAL, Incomplete, Seen
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.eurostat.asylum import Layout
from fcm_migration.sources.eurostat.asylum_codes import (
    CITIZEN_AGGREGATES,
    CITIZEN_TOTAL,
    REPORTERS,
    UNION,
)

# In the release of October 2020 the newest month had 14 of 32 reporters, the one before it 29.
FAR_FEWER = 0.75
USUAL_OVER = 24
KIND = "kind"  # the column of a row's category


def drafts(core: pl.DataFrame, layout: Layout, indicators: Mapping[str, str]) -> pl.DataFrame:
    """Return figures as published, into each reporter and the Union, in total and by citizenship.

    Args:
        core: the core table.
        layout: the dataset's.
        indicators: the categories that have one, or WHOLE where the dataset has no categories.
    """
    destinations = {**REPORTERS, UNION: "eu"}
    citizen = pl.col("citizen_code")
    # China with Hong Kong is an aggregate where China without it stands beside.
    parted = {"CN"} if core.get_column("citizen_code").eq("CN_X_HK").any() else set()
    rows = core.filter(
        pl.col("geo_code").is_in(list(destinations)),
        layout.kind.is_in(list(indicators)),
        ~citizen.is_in([*CITIZEN_AGGREGATES, *parted]),
    ).drop("is_partial", strict=False)  # the table's own mark is of periods, not of categories
    rows = rows.with_columns(layout.kind.alias(KIND)).join(
        few_reporters(core, layout), on=[KIND, layout.period], how="left"
    )
    return draft(
        rows,
        indicator=pl.col(KIND).replace_strict(indicators, return_dtype=pl.String),
        destination_iso3=pl.col("geo_code").replace_strict(destinations),
        origin_label=pl.when(citizen == CITIZEN_TOTAL).then(pl.lit(TOTAL)).otherwise(citizen),
        frequency=layout.frequency,
        period_start=pl.col(layout.period),
        value=pl.col(layout.value),
        is_suppressed=pl.col("is_suppressed"),
        rounding=5,
        is_partial=pl.col("is_partial").fill_null(value=False),
    )


def few_reporters_marks(table: str, layout: Layout) -> Incomplete:
    """Return the function :attr:`Source.incomplete`: newest periods with few reporters."""

    def incomplete(_table: str, releases: Sequence[Seen]) -> Sequence[pl.Expr]:
        marks = []
        for release in releases:
            few = few_reporters(release.tables[table], layout).select(layout.period).unique()
            marks.append(pl.col(layout.period).is_in(few.to_series().to_list()))
        return marks

    return incomplete


def few_reporters(core: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Return newest periods with far fewer reporters than usual, as kind, period, is_partial.

    Older periods with few reporters are history (states that joined later), not a tail.
    """
    reported = (
        core.filter(
            pl.col("geo_code").is_in(list(REPORTERS)),
            pl.col("citizen_code") == CITIZEN_TOTAL,
            pl.col(layout.value).is_not_null(),
        )
        .group_by(layout.kind.alias(KIND), layout.period)
        .agg(pl.col("geo_code").n_unique().alias("reporters"))
        .sort(layout.period, descending=True)
    )
    usual = pl.col("reporters").head(USUAL_OVER).median().over(KIND)
    few = (pl.col("reporters") < FAR_FEWER * usual).cast(pl.Int8)
    return (
        reported.with_columns(few.cum_min().over(KIND).alias("few"))
        .filter(pl.col("few") == 1)
        .select(KIND, layout.period, pl.lit(value=True).alias("is_partial"))
    )
