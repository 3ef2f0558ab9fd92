"""Rows made from the arrays of a run: forecasts, past cases with their scores, model reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Bools, Floats, Ints
from fcm_migration.forecast.backtesting.scoring import scored
from fcm_migration.forecast.models.engine import MODELS, PoolRun, classes
from fcm_migration.forecast.scores import LEVEL_COLUMNS, QUANTILE_LEVELS
from fcm_migration.forecast.selection.published import Published
from fcm_migration.forecast.selection.shares import CANDIDATES
from fcm_migration.periods import MONTHS_PER_PERIOD

PUBLISHED = "published"
LEAST_NAMED = 0.05  # share from which a model is named in a reason
COMPARED = ("naive", "seasonal_naive", "blend", "seasonal_level")  # shown beside it


def target(frequency: str, origin: str) -> pl.Expr:
    """Return the first day of the period ``horizon`` periods after an origin column."""
    months = pl.col("horizon") * MONTHS_PER_PERIOD[frequency]
    return pl.col(origin).dt.offset_by(pl.format("{}mo", months))


def forecast_frame(
    run: PoolRun,
    last: Ints,
    made: Mapping[int, Published],
) -> pl.DataFrame:
    """Return rows of ``forecast.quantiles``: each series from its last observed period.

    Args:
        run: the pool's forecasts.
        last: row of each series' last observed period; -1 where it has none.
        made: what is published, by origin row.
    """
    parts = [
        part
        for row in sorted({int(r) for r in last if r >= 0})
        for part in _origin_frames(run, row, np.flatnonzero(last == row), made[row].counts)
    ]
    return (
        pl.concat(parts)
        .with_columns(target(run.pool.frequency, "origin_date").alias("target_period"))
        .select(
            "series_id",
            "origin_date",
            "horizon",
            "target_period",
            "model",
            "quantile",
            "value",
            "is_published",
        )
    )


def _origin_frames(run: PoolRun, row: int, columns: Ints, counts: Floats) -> Iterator[pl.DataFrame]:
    """Yield one frame per model of the series whose last observed period is ``row``."""
    index, levels = run.rows.index(row), len(QUANTILE_LEVELS)
    by_model = {model: run.counts(run.logs[model][index], index) for model in COMPARED}
    for model, every in {PUBLISHED: counts, **by_model}.items():
        values = every[columns]
        s, h = np.nonzero(np.isfinite(values).all(axis=-1))
        series = pl.Series(run.pool.series, dtype=pl.String).gather(columns[s])
        yield pl.DataFrame(
            {
                "series_id": series.gather(np.repeat(np.arange(len(s)), levels)),
                "horizon": np.repeat(h + 1, levels).astype(np.int64),
                "quantile": np.tile(np.array(QUANTILE_LEVELS), len(s)),
                # whole numbers: multiples of the publisher's rounding step
                "value": values[s, h].ravel().astype(np.int64),
            }
        ).with_columns(
            pl.lit(run.pool.periods[row]).alias("origin_date"),
            pl.lit(model).alias("model"),
            pl.lit(value=model == PUBLISHED).alias("is_published"),
        )


def past_cases(
    run: PoolRun,
    made: Mapping[int, Published],
    alive: Bools,
) -> pl.DataFrame:
    """Return every past forecast of every model whose target has been observed, with its scores.

    Args:
        run: the pool's forecasts.
        made: what would have been published, by origin row.
        alive: origins x series, True while a series is being published.

    Returns:
        pool, series_id, scored_model, model (the same), origin_date, horizon,
        target_period, LEVEL_COLUMNS, observed, rounding, is_fitted, series_class (at the origin),
        and the columns of :func:`scoring.scored`.
    """
    rows = sorted(made)
    index = [run.rows.index(row) for row in rows]
    arrays = {model: run.counts(run.logs[model][index], index) for model in MODELS}
    arrays[PUBLISHED] = np.stack([made[row].counts for row in rows])
    parts = [
        _model_cases(run, rows, scored_model, values, alive)
        for scored_model, values in arrays.items()
    ]
    return pl.concat(parts).with_columns(
        target(run.pool.frequency, "origin_date").alias("target_period")
    )


def _model_cases(
    run: PoolRun,
    rows: Sequence[int],
    scored_model: str,
    values: Floats,
    alive: Bools,
) -> pl.DataFrame:
    """Return the scored cases of one model whose target has been observed."""
    index = [run.rows.index(row) for row in rows]
    observed = run.observed[index]
    seen = np.isfinite(observed) & alive[:, :, None] & np.isfinite(values).all(axis=-1)
    o, s, h = np.nonzero(seen)
    quantiles = values[o, s, h]
    columns = {
        name: quantiles[:, place].astype(np.int64) for place, name in enumerate(LEVEL_COLUMNS)
    }
    periods = pl.Series([run.pool.periods[row] for row in rows], dtype=pl.Date)
    cases = pl.DataFrame(
        {
            "pool": pl.repeat(run.pool.name, len(o), dtype=pl.String, eager=True),
            "series_id": pl.Series(run.pool.series, dtype=pl.String).gather(s),
            "scored_model": pl.repeat(scored_model, len(o), dtype=pl.String, eager=True),
            "model": pl.repeat(scored_model, len(o), dtype=pl.String, eager=True),
            "origin_date": periods.gather(o),
            "horizon": (h + 1).astype(np.int64),
            **columns,
            "observed": observed[o, s, h].astype(np.int64),
            "rounding": run.pool.rounding[s],
            "is_fitted": run.fitted[index][o, s],
            "series_class": classes(run.pool)[rows][o, s].tolist(),
        }
    )
    return scored(cases, quantiles)


def mark_shocks(cases: pl.DataFrame, breaks: pl.DataFrame | None) -> pl.DataFrame:
    """Return the cases with ``is_shock``: the target lies in a declared window or beyond a split.

    Args:
        cases: series_id, origin_date, target_period.
        breaks: rows of ``meta.series_breaks``; None where none is declared.
    """
    if breaks is None or cases.is_empty():
        return cases.with_columns(pl.lit(value=False).alias("is_shock"))
    shock = pl.lit(value=False)
    distinct = breaks.filter(
        pl.col("treatment").is_in(["window", "split"])
        & pl.col("series_id").is_in(cases.get_column("series_id").unique().to_list())
    )
    entries = distinct.group_by("treatment", "break_first_date", "break_last_date").agg("series_id")
    for treatment, first, last, series in entries.sort(pl.all().exclude("series_id")).iter_rows():
        mine = pl.col("series_id").is_in(series)
        if treatment == "window":
            shock = shock | (mine & _inside(first, last))
        else:
            across = (pl.col("origin_date") < first) & (pl.col("target_period") >= first)
            shock = shock | (mine & across)
    return cases.with_columns(shock.alias("is_shock"))


def _inside(first: date | None, last: date | None) -> pl.Expr:
    begun = pl.lit(value=True) if first is None else pl.col("target_period") >= first
    return begun if last is None else begun & (pl.col("target_period") <= last)


def model_frame(run: PoolRun, last: Ints, made: Mapping[int, Published]) -> pl.DataFrame:
    """Return rows of ``forecast.models``: the composition of each published forecast, and why."""
    rows = [
        item
        for row in sorted({int(r) for r in last if r >= 0})
        for item in _model_rows(run, row, np.flatnonzero(last == row), made[row])
    ]
    names = (
        "series_id", "horizon", "pool", "frequency", "series_class", "observations", "imputed",
        *(f"{model}_share" for model in CANDIDATES), "season_evidence", "doubt", "judged_origins",
        "reason", "fallbacks",
    )  # fmt: skip
    return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)


def _model_rows(
    run: PoolRun, row: int, columns: Ints, made: Published
) -> Iterable[tuple[str | int | float | None, ...]]:
    kinds = classes(run.pool)[row]
    evidence = run.evidence[run.rows.index(row)]
    for column in columns:
        past = run.pool.values[: row + 1, column]
        begun = int(np.flatnonzero(~np.isnan(past))[0])
        missing = int(np.isnan(past[begun:]).sum())
        known = float(evidence[column]) if np.isfinite(evidence[column]) else None
        for place in range(run.pool.spec.horizon):
            shares = [float(share) for share in made.shares.values[column, place]]
            judged = int(made.shares.judged[place])
            yield (
                run.pool.series[column], place + 1, run.pool.name, run.pool.frequency,
                str(kinds[column]), int((~np.isnan(past)).sum()), missing, *shares, known,
                float(made.doubt[column]), judged,
                _reason(str(kinds[column]), shares, judged, float(made.doubt[column])),
                int(run.failures[column]),
            )  # fmt: skip


def _reason(kind: str, shares: Sequence[float], judged: int, doubt: float) -> str:
    """Return the composition of a forecast in words."""
    if kind not in ("dense", "short"):
        made_of = f"naive: nothing is fitted to a {kind.replace('_', ' ')} series"
    elif not judged:
        made_of = "naive: no earlier forecast of this pool has been judged yet"
    else:
        named = sorted(zip(shares, CANDIDATES, strict=True), reverse=True)
        parts = [f"{share:.0%} {model}" for share, model in named if share >= LEAST_NAMED]
        made_of = (
            f"{', '.join(parts)}: by the scores of {judged} earlier origins, its own and its pool's"
        )
    if not doubt:
        return made_of
    return (
        f"{made_of}. The newest figure lies far outside the two years before; {doubt:.0%} of such "
        "figures passed within a period, so the forecast before it counts by that share"
    )
