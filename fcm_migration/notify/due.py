"""Which episodes are due for notification, and the record of those sent: once per channel.

Only episodes opened by the newest periods are news, where these ended at most twelve months ago:
the memory holds each source's newest period at the last call. A first call considers the newest
period only, so that a new home, a new source or revised old figures do not send years of history.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration import originals, store
from fcm_migration.catalog.columns import DESTINATION, FREQUENCY, INDICATOR, SOURCE_ID
from fcm_migration.config import Home
from fcm_migration.errors import DamagedError
from fcm_migration.marts.tables import SERIES_INDEX
from fcm_migration.notify.settings import Settings
from fcm_migration.periods import PERIOD_LENGTH, period_end
from fcm_migration.trends.alerts.tables import CURRENT_MONTHS, TIERS

FORMAT = 1
Key = tuple[str, str, str]  # series, direction and start of an episode
SPAN = tuple(column.name for column in (SOURCE_ID, INDICATOR, DESTINATION, FREQUENCY))
EPISODE = ("series_id", "direction", "episode_start")
BACK = 3  # episodes of so many newest periods are news, even after a long silence
KEPT_DAYS = 730  # sent episodes are kept so long; older ones cannot be news any more


@dataclass(frozen=True)
class Episode:
    """One episode that is due or was sent.

    Attributes:
        series_id, direction, episode_start: identity of the episode.
        alert_id: its first alert that met the settings.
        enlisted: when it became due (ISO 8601).
        told: by channel, when it was sent; empty while it is due.
    """

    series_id: str
    direction: str
    episode_start: str
    alert_id: str
    enlisted: str
    told: Mapping[str, str]

    @property
    def key(self) -> Key:
        """Return the identity of the episode."""
        return self.series_id, self.direction, self.episode_start


@dataclass(frozen=True)
class Memory:
    """Newest period of every source at the last call (by SPAN, joined), and the episodes."""

    newest: Mapping[str, str]
    episodes: tuple[Episode, ...]

    def due(self, channel: str) -> list[Episode]:
        """Return the episodes still to be sent by the channel."""
        return [episode for episode in self.episodes if episode.told.get(channel) == ""]

    def with_told(self, channel: str, alert_ids: Collection[str], now: datetime) -> Memory:
        """Return the memory after the channel has sent these episodes."""
        return self._changed(channel, alert_ids, now.isoformat())

    def without_withdrawn(self, channel: str, alert_ids: Collection[str]) -> Memory:
        """Return the memory without due episodes that revised figures no longer support."""
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
    """Return the memory; an empty one where there is no file, or it is damaged.

    An empty memory tells of what the newest period opened, which may have been told before.
    """
    try:
        return originals.read(path, _memory) or Memory({}, ())
    except DamagedError:
        store.say_damaged(path, "is begun anew: the newest period's episodes are told again")
        return Memory({}, ())


def _memory(tree: dict[str, Any]) -> Memory:
    memory = Memory(dict(tree["newest"]), tuple(Episode(**e) for e in tree["episodes"]))
    sound = set(tree) == {"format", "newest", "episodes"} and tree["format"] == FORMAT
    sound = sound and all(isinstance(e.told, dict) for e in memory.episodes)
    for day in memory.newest.values():
        date.fromisoformat(day)
    if not sound:
        raise ValueError("not the memory of notifications")
    return memory


def write_memory(memory: Memory, path: Path) -> None:
    """Write the memory atomically."""
    episodes = [vars(episode) for episode in memory.episodes]
    store.write_note(path, {"format": FORMAT, "newest": dict(memory.newest), "episodes": episodes})


def newest_periods(home: Home) -> pl.DataFrame:
    """Return the newest complete period of every source: SPAN and ``newest``.

    Raises:
        EditionError: ``mart.series_index`` is missing or damaged.
    """
    index = store.read(home.table("mart", "series_index"), SERIES_INDEX)
    return index.group_by(SPAN).agg(pl.col("last_period").max().alias("newest"))


def enlist(
    memory: Memory, alerts: pl.DataFrame, newest: pl.DataFrame, settings: Settings, now: datetime
) -> Memory:
    """Return the memory with the episodes opened since the last call, due for every channel.

    An episode becomes due when its first headlined alert meets the settings; one that opens below
    the wanted tier or score becomes due when it reaches them. A movement that several series show
    is told once: by the series whose episode became due first.

    Args:
        memory: that of the last call.
        alerts: rows of ``trend.alerts``.
        newest: from :func:`newest_periods`.
        settings: which alerts are wanted.
        now: time of the call.
    """
    wanted = (
        alerts.filter(_wanted(settings))
        .sort("period")
        .unique(subset=EPISODE, keep="first", maintain_order=True)
    )
    fresh = _news(wanted, newest, memory).filter(_recent(now))
    known = {episode.key for episode in memory.episodes}
    channels = dict.fromkeys((channel.key for channel in settings.channels), "")
    same, added = _same_movement(alerts), []
    for series, direction, start, name in fresh.select(*EPISODE, "alert_id").iter_rows():
        key = (series, direction, start.isoformat())
        if not known & {key, *same.get(key, ())}:
            added.append(Episode(*key, name, now.isoformat(), channels))
            known.add(key)
    return Memory({**memory.newest, **_by_span(newest)}, (*_kept(memory.episodes, now), *added))


def _same_movement(alerts: pl.DataFrame) -> Mapping[Key, set[Key]]:
    """Return, for each episode, the episodes of other series that report the same movement."""
    links = alerts.drop_nulls("same_movement_as").select(*EPISODE, "same_movement_as")
    others = alerts.select(pl.col("alert_id"), *(pl.col(n).alias(f"other_{n}") for n in EPISODE))
    found: dict[Key, set[Key]] = {}
    for row in links.join(others, left_on="same_movement_as", right_on="alert_id").iter_rows():
        series, direction, start, _, other_series, other_direction, other_start = row
        one = (series, direction, start.isoformat())
        other = (other_series, other_direction, other_start.isoformat())
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return found


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
    """Return alerts of periods after the last call's newest; without one, of the newest period."""
    rows = wanted.join(newest, on=SPAN, how="inner", maintain_order="left")
    seen = [memory.newest.get("/".join(span)) for span in rows.select(SPAN).iter_rows()]
    rows = rows.with_columns(pl.Series("seen", seen, dtype=pl.String).str.to_date("%Y-%m-%d"))
    since = pl.when(pl.col("seen").is_null()).then(_before("newest", 1)).otherwise("seen")
    return rows.filter(pl.col("period") > pl.max_horizontal(since, _before("newest", BACK)))


def _recent(now: datetime) -> pl.Expr:
    """Return whether the period ended recently enough to be current, as in ``trend.current``."""
    return period_end("period").dt.offset_by(f"{CURRENT_MONTHS}mo") >= now.date()


def _before(day: str, periods: int) -> pl.Expr:
    """Return the first day of the period so many periods earlier."""

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
    """Return the episodes that are due on any channel or became due recently."""
    limit = (now - timedelta(days=KEPT_DAYS)).isoformat()
    return (e for e in episodes if e.enlisted >= limit or "" in e.told.values())
