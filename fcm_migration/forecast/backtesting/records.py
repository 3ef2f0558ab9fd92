"""Rows made from the arrays of a run: forecasts, past cases with their scores, model reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fcm_migration.arrays import Bools, Floats, Ints
from fcm_migration.forecast.backtesting.scoring import scored
from fcm_migration.forecast.models.engine import MODELS, PoolRun, classes
from fcm_migration.forecast.scores import LEVEL_COLUMNS, QUANTILE_LEVELS
from fcm_migration.forecast.selection.choice import CANDIDATES, Choice
from fcm_migration.periods import MONTHS_PER_PERIOD

COMPARED = ("naive", "seasonal_naive", "blend")  # shown beside the published model


def target(frequency: str, origin: str) -> pl.Expr:
    """Return the first day of the period ``horizon`` periods after an origin column."""
    months = pl.col("horizon") * MONTHS_PER_PERIOD[frequency]
    return pl.col(origin).dt.offset_by(pl.format("{}mo", months))


def forecast_frame(
    run: PoolRun,
    last: Ints,
    choices: Mapping[int, Choice],
    made: Mapping[int, Floats],
) -> pl.DataFrame:
    """Return rows of ``forecast.quantiles``: each series from its last observed period.

    Args:
        run: the pool's forecasts.
        last: row of each series' last observed period; -1 where it has none.
        choices: the models published, by origin row.
        made: published quantiles in counts, by origin row.
    """
    parts = [
        part
        for row in sorted({int(r) for r in last if r >= 0})
        for part in _origin_frames(run, row, np.flatnonzero(last == row), choices[row], made[row])
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


def _origin_frames(
    run: PoolRun, row: int, columns: Ints, choice: Choice, made: Floats
) -> Iterator[pl.DataFrame]:
    """Yield one frame per model of the series whose last observed period is ``row``."""
    index, levels = run.rows.index(row), len(QUANTILE_LEVELS)
    names = _names(run, choice)[columns]
    for model in MODELS:
        raw = run.counts(run.logs[model][index], index)[columns]
        chosen = names == model
        values = np.where(chosen[..., None], made[columns], raw)
        shown = chosen | (model in COMPARED)
        s, h = np.nonzero(shown & np.isfinite(values).all(axis=-1))
        series = pl.Series(run.pool.series, dtype=pl.String).gather(columns[s])
        yield pl.DataFrame(
            {
                "series_id": series.gather(np.repeat(np.arange(len(s)), levels)),
                "horizon": np.repeat(h + 1, levels).astype(np.int64),
                "quantile": np.tile(np.array(QUANTILE_LEVELS), len(s)),
                # whole numbers: multiples of the publisher's rounding step
                "value": values[s, h].ravel().astype(np.int64),
                "is_published": np.repeat(chosen[s, h], levels),
            }
        ).with_columns(
            pl.lit(run.pool.periods[row]).alias("origin_date"), pl.lit(model).alias("model")
        )


def _names(run: PoolRun, choice: Choice) -> NDArray[np.str_]:
    """Return the name of the published model, series x horizon."""
    names = np.full((len(run.pool.series), run.horizon), "naive", dtype="U20")
    for place, (low, high) in enumerate(run.bands):
        chosen = np.array(CANDIDATES)[choice.models[:, place]]
        names[:, low - 1 : high] = chosen[:, None]
    return names


def past_cases(
    run: PoolRun,
    choices: Mapping[int, Choice],
    made: Mapping[int, Floats],
    alive: Bools,
) -> pl.DataFrame:
    """Return every past forecast of every model whose target has been observed, with its scores.

    Args:
        run: the pool's forecasts.
        choices: the models that would have been published, by origin row.
        made: the quantiles that would have been published, in counts, by origin row.
        alive: origins x series, True while a series is being published.

    Returns:
        pool, series_id, scored_model, model (that of ``published``), origin_date, horizon,
        target_period, LEVEL_COLUMNS, observed, rounding, is_fitted, and the columns of
        :func:`scoring.scored`.
    """
    rows = sorted(choices)
    index = [run.rows.index(row) for row in rows]
    names = np.stack([_names(run, choices[row]) for row in rows])
    arrays = {model: run.counts(run.logs[model][index], index) for model in MODELS}
    arrays["published"] = np.stack([made[row] for row in rows])
    parts = []
    for scored_model, values in arrays.items():
        models = names if scored_model == "published" else np.full_like(names, scored_model)
        parts.append(_model_cases(run, rows, scored_model, values, alive, models))
    return pl.concat(parts).with_columns(
        target(run.pool.frequency, "origin_date").alias("target_period")
    )


def _model_cases(
    run: PoolRun,
    rows: Sequence[int],
    scored_model: str,
    values: Floats,
    alive: Bools,
    names: NDArray[np.str_],
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
            "model": pl.Series(names[o, s, h].tolist(), dtype=pl.String),
            "origin_date": periods.gather(o),
            "horizon": (h + 1).astype(np.int64),
            **columns,
            "observed": observed[o, s, h].astype(np.int64),
            "rounding": run.pool.rounding[s],
            "is_fitted": run.fitted[index][o, s],
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


def model_frame(run: PoolRun, last: Ints, choices: Mapping[int, Choice]) -> pl.DataFrame:
    """Return rows of ``forecast.models``: the model published for each series, and why."""
    rows = [
        item
        for row in sorted({int(r) for r in last if r >= 0})
        for item in _model_rows(run, row, np.flatnonzero(last == row), choices[row])
    ]
    names = (
        "series_id", "horizon_from", "horizon_to", "pool", "frequency", "series_class",
        "observations", "imputed", "model", "reason", "fallbacks",
    )  # fmt: skip
    return pl.DataFrame(rows, schema=names, orient="row")


def _model_rows(
    run: PoolRun, row: int, columns: Ints, choice: Choice
) -> Iterable[tuple[str | int, ...]]:
    kinds = classes(run.pool)[row]
    for column in columns:
        past = run.pool.values[: row + 1, column]
        begun = int(np.flatnonzero(~np.isnan(past))[0])
        missing = int(np.isnan(past[begun:]).sum())
        for place, (low, high) in enumerate(run.bands):
            model = CANDIDATES[choice.models[column, place]]
            reason = _reason(str(kinds[column]), model, choice.relative[column, place],
                             choice.judged[place])  # fmt: skip
            yield (
                run.pool.series[column], low, high, run.pool.name, run.pool.frequency,
                str(kinds[column]), int((~np.isnan(past)).sum()), missing, model, reason,
                int(run.failures[column]),
            )  # fmt: skip


def _reason(kind: str, model: str, relative: float, judged_origins: int) -> str:
    if kind not in ("dense", "short"):
        return f"naive: nothing is fitted to a {kind.replace('_', ' ')} series"
    if not np.isfinite(relative):
        return "naive: too few earlier forecasts of this pool have been judged yet"
    figure = f"over {judged_origins} earlier origins, its own record and its pool's together"
    if model == "naive":
        return f"naive: nothing clearly beat it {figure}"
    return f"{model}: relative WIS {relative:.2f} {figure}, calibrated naive being 1"
