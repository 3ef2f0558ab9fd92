"""The fitted member, damped ETS on log1p, one series at a time.

Parameters are estimated in fixed calendar months and only filtered in between, so the forecast of
an origin is the same whether it is made alone or within a longer backtest. statsmodels is loaded
inside the functions that need it.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fcm_migration.forecast.settings import FITTED, VERSION, Settings

Floats = NDArray[np.float64]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SHORTEST = 8  # months below which nothing is fitted


@dataclass(frozen=True)
class Member:
    """One fitted model of statsmodels on log1p.

    Attributes:
        model: the unfitted model of a series.
        sd: forecast standard deviation (horizon) from parameters, series, result and horizon.
        patience: estimated every ``refit_every`` times this many months.
    """

    model: Callable[[Floats], Any]
    sd: Callable[[Floats, Floats, Any, int], Floats]
    patience: int = 1


@dataclass(frozen=True)
class Job:
    """One series to fit: ``z`` from its first month, the rows that are origins, and calendar.

    ``first_month`` is the calendar number (year * 12 + month - 1) of row 0.
    """

    z: Floats
    origins: tuple[int, ...]
    first_month: int
    horizon: int
    window: int
    refit_every: int

    def key(self) -> str:
        """Fingerprint of everything a fit depends on."""
        rest = (self.origins, self.first_month, self.horizon, self.window, self.refit_every)
        text = repr((VERSION, rest)).encode()
        return hashlib.sha256(self.z.tobytes() + text).hexdigest()


@dataclass(frozen=True)
class Fit:
    """Forecast mean and standard deviation on the log scale, by member.

    Shapes: origins x horizon. NaN where the fit failed; ``failed`` counts those origins.
    """

    mean: dict[str, Floats]
    sd: dict[str, Floats]

    @property
    def failed(self) -> int:
        """Origins at which a member gave no usable forecast."""
        return int(sum(np.isnan(values[:, 0]).sum() for values in self.mean.values()))


def fit_all(
    jobs: Sequence[Job], settings: Settings, report: Callable[[str], None] | None = None
) -> list[Fit]:
    """Fit every job, in parallel where asked, from the cache where possible; order is kept."""
    found = [_cached(job, settings.cache_dir) for job in jobs]
    todo = [job for job, known in zip(jobs, found, strict=True) if known is None]
    if report and todo:
        report(f"fitting {len(todo)} of {len(jobs)} series")
    made = iter(_compute(todo, settings.workers))
    fits = []
    for job, known in zip(jobs, found, strict=True):
        fit = next(made) if known is None else known
        if known is None:
            _remember(job, fit, settings.cache_dir)
        fits.append(fit)
    return fits


def _compute(jobs: Sequence[Job], workers: int) -> Iterator[Fit]:
    if workers <= 1 or len(jobs) < 2:
        yield from map(fit_series, jobs)
        return
    # spawn: a forked child of a process that runs Polars' threads can hang
    with _one_thread_each(), ProcessPoolExecutor(workers, get_context("spawn")) as executor:
        yield from executor.map(fit_series, jobs, chunksize=2)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let child processes start with one BLAS thread: small matrices, and the same sums always."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def fit_series(job: Job) -> Fit:
    """Forecast one series from each of its origins with every fitted member."""
    made = {name: fit_member(job, MEMBERS[name]) for name in FITTED}
    return Fit(
        {name: mean for name, (mean, _) in made.items()},
        {name: sd for name, (_, sd) in made.items()},
    )


def fit_member(job: Job, member: Member) -> tuple[Floats, Floats]:
    """Mean and standard deviation (origins x horizon) of one member; NaN where it failed."""
    shape = (len(job.origins), job.horizon)
    mean, sd = np.full(shape, np.nan), np.full(shape, np.nan)
    memory: dict[int, Floats | None] = {}
    for index, origin in enumerate(job.origins):
        refit = _refit_row(job, origin, member.patience)
        start = max(0, refit - job.window + 1)
        if refit - start + 1 < SHORTEST:
            continue
        with warnings.catch_warnings():
            # statsmodels puts its own filters in front when it is first loaded
            import_module("statsmodels.tools.sm_exceptions")
            # what it would print is recorded as a failure or does not matter
            warnings.simplefilter("ignore")
            if refit not in memory:
                memory[refit] = _estimate(member, job.z[start : refit + 1])
            made = _forecast(member, memory[refit], job.z[start : origin + 1], job.horizon)
        if made is not None:
            mean[index], sd[index] = made
    return mean, sd


def _refit_row(job: Job, origin: int, patience: int) -> int:
    """The last row up to the origin whose calendar month is a month of estimation."""
    row = origin - (job.first_month + origin) % (job.refit_every * patience)
    return max(row, 0)


def _estimate(member: Member, z: Floats) -> Floats | None:
    """Parameters by maximum likelihood; None where it did not converge or could not be done."""
    try:
        result = member.model(z).fit(disp=False)
    except (ValueError, np.linalg.LinAlgError, FloatingPointError):
        return None
    retvals = getattr(result, "mle_retvals", None)
    converged = True if retvals is None else bool(_get(retvals, "converged", default=True))
    params = np.asarray(result.params, dtype=np.float64)
    return params if converged and np.isfinite(params).all() else None


def _get(holder: Any, name: str, *, default: object) -> object:
    if isinstance(holder, dict):
        return holder.get(name, default)
    return getattr(holder, name, default)


def _forecast(
    member: Member, params: Floats | None, z: Floats, horizon: int
) -> tuple[Floats, Floats] | None:
    if params is None:
        return None
    try:
        result = member.model(z).smooth(params)
        mean = np.asarray(result.forecast(horizon), dtype=np.float64)
        sd = member.sd(params, z, result, horizon)
    except (ValueError, np.linalg.LinAlgError, FloatingPointError):
        return None
    absurd = mean.max() > z.max() + 3.0 or mean.min() < -1.0
    usable = np.isfinite(mean).all() and np.isfinite(sd).all() and not absurd
    return (mean, sd) if usable else None


def ets(z: Floats) -> Any:
    """ETS with additive error and damped additive trend."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    return ETSModel(z, error="add", trend="add", damped_trend=True)


def local_level(z: Floats) -> Any:
    """Unobserved components: a level that walks, seen through noise."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    return UnobservedComponents(z, level="local level")


def ets_sd(params: Floats, z: Floats, result: Any, horizon: int) -> Floats:
    """Forecast standard deviation of ETS(A,Ad,N).

    sigma^2 (1 + sum over j < h of c_j^2), c_j = alpha + beta (phi + ... + phi^j): Hyndman,
    Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing, table 6.1.
    """
    alpha, beta, phi = params[0], params[1], params[2]
    steps = np.arange(1, horizon)
    damping = np.cumsum(phi**steps)
    weights = np.concatenate([[0.0], np.cumsum((alpha + beta * damping) ** 2)])
    residual = np.asarray(result.resid, dtype=np.float64)
    freedom = max(len(z) - len(params), 1)
    sd: Floats = np.sqrt(float(residual @ residual) / freedom * (1.0 + weights))
    return sd


def level_sd(_params: Floats, _z: Floats, result: Any, horizon: int) -> Floats:
    """Forecast standard deviation as the Kalman filter gives it."""
    return np.sqrt(np.asarray(result.get_forecast(horizon).var_pred_mean, dtype=np.float64))


# two variances move little in a year, and estimating them costs as much as a whole ETS
MEMBERS = {
    "damped_ets": Member(ets, ets_sd),
    "local_level": Member(local_level, level_sd, patience=4),
}


def _cached(job: Job, folder: Path | None) -> Fit | None:
    if folder is None:
        return None
    path = folder / f"{job.key()}.parquet"
    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        return None  # missing or cut short: it is made again
    shape = (len(job.origins), job.horizon)

    def column(name: str) -> Floats:
        return frame.get_column(name).to_numpy().reshape(shape)

    return Fit(
        {name: column(f"{name}_mean") for name in FITTED},
        {name: column(f"{name}_sd") for name in FITTED},
    )


def _remember(job: Job, fit: Fit, folder: Path | None) -> None:
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{job.key()}.parquet"
    part = path.with_suffix(f".{os.getpid()}.fcm-part")
    columns = {f"{name}_mean": fit.mean[name].ravel() for name in FITTED}
    columns |= {f"{name}_sd": fit.sd[name].ravel() for name in FITTED}
    pl.DataFrame(columns).write_parquet(part)
    part.replace(path)
