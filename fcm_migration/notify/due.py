"""Which episodes are told, and what is remembered of them: once for each channel, never a flood.

Only what the newest periods opened is news: the memory holds the newest period of every source as
it was at the last call. A first call looks at the newest period alone, so neither a new home nor a
new source, nor old figures that were revised, tells years of history.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.columns import DESTINATION, FREQUENCY, INDICATOR, SOURCE_ID
from fcm_migration.config import Home
from fcm_migration.errors import UsageError
from fcm_migration.marts.tables import SERIES_INDEX
from fcm_migration.notify.settings import Settings
from fcm_migration.periods import PERIOD_LENGTH
from fcm_migration.trends.alerts.tables import TIERS

FORMAT = 1
SPAN = tuple(column.name for column in (SOURCE_ID, INDICATOR, DESTINATION, FREQUENCY))
EPISODE = ("series_id", "direction", "episode_start")
BACK = 3  # newest periods in which an episode is still news, however long nobody was told
KEPT_DAYS = 730  # told episodes are forgotten after that: they can be no news any more


@dataclass(frozen=True)
class Episode:
    """One episode that is or was to be told.

    Attributes:
        series_id, direction, episode_start: which one.
        alert_id: its first alert that met the settings.
        enlisted: when it became due (ISO 8601).
        told: by channel, when it was told; empty where it still is due.
    """

    series_id: str
    direction: str
    episode_start: str
    alert_id: str
    enlisted: str
    told: Mapping[str, str]

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same episode."""
        return self.series_id, self.direction, self.episode_start


@dataclass(frozen=True)
class Memory:
    """Newest period of every source as of the last call (by SPAN, joined), and the episodes."""

    newest: Mapping[str, str]
    episodes: tuple[Episode, ...]

    def due(self, channel: str) -> list[Episode]:
        """Episodes the channel still has to tell."""
        return [episode for episode in self.episodes if episode.told.get(channel) == ""]

    def with_told(self, channel: str, alert_ids: Collection[str], now: datetime) -> Memory:
        """The memory once the channel has told these."""
        return self._changed(channel, alert_ids, now.isoformat())

    def without_withdrawn(self, channel: str, alert_ids: Collection[str]) -> Memory:
        """The memory without what is due but is no alert any more: its figures were revised."""
        gone = [e.alert_id for e in self.due(channel) if e.alert_id not in alert_ids]
        return self._changed(channel, gone, "withdrawn")

    def _changed(self, channel: str, alert_ids: Collection[str], word: str) -> Memory:
        episodes = tuple(
            replace(episode, told={**episode.told, channel: word})
            if episode.alert_id in alert_ids and channel in episode.told
            else episode
            for episode in self.episodes
        )
        return replace(self, episodes=episodes)


def read_memory(path: Path) -> Memory:
    """Read the memory; an empty one where there is no file.

    Raises:
        UsageError: it is damaged. Nothing is told then, or everything might be told twice.
    """
    if not path.exists():
        return Memory({}, ())
    try:
        tree = store.read_json(path)
        memory = Memory(dict(tree["newest"]), tuple(Episode(**e) for e in tree["episodes"]))
        sound = tree["format"] == FORMAT and all(isinstance(e.told, dict) for e in memory.episodes)
        for day in memory.newest.values():
            date.fromisoformat(day)
    except (OSError, ValueError, KeyError, TypeError):
        sound = False
    if not sound:
        raise UsageError(
            "what was told before cannot be read",
            where=path.name,
            remedy="delete the file; the next call tells what the newest period opened",
        )
    return memory


def write_memory(memory: Memory, path: Path) -> None:
    """Keep the memory, atomically."""
    episodes = [vars(episode) for episode in memory.episodes]
    store.write_json(path, {"format": FORMAT, "newest": dict(memory.newest), "episodes": episodes})


def newest_periods(home: Home) -> pl.DataFrame:
    """Newest complete period of every source: SPAN and ``newest``.

    Raises:
        EditionError: ``mart.series_index`` is missing or damaged.
    """
    index = store.read(home.table("mart", "series_index"), SERIES_INDEX)
    return index.group_by(SPAN).agg(pl.col("last_period").max().alias("newest"))


def enlist(
    memory: Memory, alerts: pl.DataFrame, newest: pl.DataFrame, settings: Settings, now: datetime
) -> Memory:
    """Add what opened since the last call, due for every channel of the settings.

    An episode is told when its first headlined alert meets the settings: one that opens below the
    tier or score wanted is told when it reaches them.

    Args:
        memory: of the last call.
        alerts: rows of ``trend.alerts``.
        newest: from :func:`newest_periods`.
        settings: what is wanted.
        now: time of the call.
    """
    wanted = (
        alerts.filter(_wanted(settings))
        .sort("period")
        .unique(subset=EPISODE, keep="first", maintain_order=True)
    )
    fresh = _news(wanted, newest, memory)
    known = {episode.key for episode in memory.episodes}
    channels = dict.fromkeys((channel.key for channel in settings.channels), "")
    added = [
        Episode(series, direction, start.isoformat(), name, now.isoformat(), channels)
        for series, direction, start, name in fresh.select(*EPISODE, "alert_id").iter_rows()
        if (series, direction, start.isoformat()) not in known
    ]
    return Memory({**memory.newest, **_by_span(newest)}, (*_kept(memory.episodes, now), *added))


def _wanted(settings: Settings) -> pl.Expr:
    tiers = TIERS[TIERS.index(settings.minimum_tier) :]
    wanted = (
        pl.col("is_headlined")
        & pl.col("tier").is_in(tiers)
        & (pl.col("score") >= settings.minimum_score)
        & pl.col("direction").is_in(settings.directions)
    )
    if settings.destinations:
        wanted &= pl.col("destination_iso3").is_in(settings.destinations)
    return wanted


def _news(wanted: pl.DataFrame, newest: pl.DataFrame, memory: Memory) -> pl.DataFrame:
    """Alerts of periods after the newest one of the last call; of the newest where none was."""
    rows = wanted.join(newest, on=SPAN, how="inner", maintain_order="left")
    seen = [memory.newest.get("/".join(span)) for span in rows.select(SPAN).iter_rows()]
    rows = rows.with_columns(pl.Series("seen", seen, dtype=pl.String).str.to_date("%Y-%m-%d"))
    since = pl.when(pl.col("seen").is_null()).then(_before("newest", 1)).otherwise("seen")
    return rows.filter(pl.col("period") > pl.max_horizontal(since, _before("newest", BACK)))


def _before(day: str, periods: int) -> pl.Expr:
    """First day of the period that lies so many periods before."""

    def offset(length: str) -> pl.Expr:
        earlier = pl.col(day)
        for _ in range(periods):
            earlier = earlier.dt.offset_by(f"-{length}")
        return earlier

    return pl.coalesce(
        pl.when(pl.col("frequency") == name).then(offset(length))
        for name, length in PERIOD_LENGTH.items()
    )


def _by_span(newest: pl.DataFrame) -> dict[str, str]:
    return {
        "/".join(row[:-1]): row[-1].isoformat() for row in newest.select(*SPAN, "newest").rows()
    }


def _kept(episodes: Iterable[Episode], now: datetime) -> Iterable[Episode]:
    """Episodes that are due anywhere or were enlisted not long ago."""
    limit = (now - timedelta(days=KEPT_DAYS)).isoformat()
    return (e for e in episodes if e.enlisted >= limit or "" in e.told.values())
