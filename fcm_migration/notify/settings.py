"""``notify.toml``: who is notified of which alerts, and where the secrets are.

Secrets need not be in the file: addresses and passwords may be given as names of environment
variables. The objects never show them, and no error repeats a value of the file: a secret may have
been pasted to the wrong place.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from fcm_migration.errors import UsageError
from fcm_migration.notify.toml_table import TomlTable, wrong
from fcm_migration.trends.alerts.tables import DIRECTIONS, TIERS

SECRETS = frozenset(("url", "token", "password"))
LOCAL = ("localhost", "127.0.0.1", "::1")
NAME = re.compile(r"[a-z0-9_-]{1,40}")
ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
DESTINATION = re.compile(r"[A-Z]{3}|all|eu|none")
USUAL_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
CONTROL = re.compile(r"[\x00-\x20\x7f]")
SECURITY = ("starttls", "tls", "none")
LEVELS = ("info", "warning")
SECONDS = 10.0
STALE_AFTER_DAYS = 3.0
LARGEST = 1_000_000  # bytes of a file that people write by hand


@dataclass(frozen=True)
class Log:
    """A line for each episode in the log, logger ``fcm_migration.notify.channels``."""

    level: str = "warning"

    @property
    def key(self) -> str:
        """Return the name in the memory and in outcomes."""
        return "log"


@dataclass(frozen=True)
class Webhook:
    """One POST of JSON for each episode; the address may itself be a secret."""

    name: str
    url: str = field(repr=False)
    token: str = field(default="", repr=False)
    timeout_seconds: float = SECONDS

    @property
    def key(self) -> str:
        """Return the name in the memory and in outcomes."""
        return f"webhook {self.name}"


@dataclass(frozen=True)
class Email:
    """One message in plain text with every episode that is due."""

    name: str
    host: str
    port: int
    sender: str
    recipients: tuple[str, ...]
    security: str = "starttls"
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    timeout_seconds: float = SECONDS

    @property
    def key(self) -> str:
        """Return the name in the memory and in outcomes."""
        return f"email {self.name}"


Channel = Log | Webhook | Email


@dataclass(frozen=True)
class Settings:
    """Which alerts are sent, and where.

    Attributes:
        channels: where alerts are sent.
        minimum_tier: alert, or strong alone.
        minimum_score: points of the score, 0 to 100.
        directions: surge, drop or both.
        destinations: codes of destinations; empty for all.
        tells_refreshes: whether the channels are told of refreshes that fail or do not come.
        stale_after_days: days without a publication after which that is told.
        bears_secrets: whether the file itself holds what might be one.
    """

    channels: tuple[Channel, ...]
    minimum_tier: str = "strong"
    minimum_score: float = 0.0
    directions: tuple[str, ...] = ("surge",)
    destinations: tuple[str, ...] = ()
    tells_refreshes: bool = True
    stale_after_days: float = STALE_AFTER_DAYS
    bears_secrets: bool = False


def exposed(path: Path) -> str:
    """Return a warning where a file bears secrets, or may, and others can read it, else ''."""
    if not path.is_file() or not path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        return ""
    if not may_bear_secrets(path):
        return ""
    return (
        f"every user of this machine can read or change {path.name}, which holds addresses or "
        f"secrets, or what may be one; what to do: chmod o-rwx {path}"
    )


def may_bear_secrets(path: Path, environment: Mapping[str, str] | None = None) -> bool:
    """Return whether an address, a token or a password stands in the file, or may.

    It may where the file is not as it should be, and where what should be the name of a variable
    is not set and not written as one: a secret may have been pasted to the wrong place.

    Args:
        path: the TOML file.
        environment: where variables are looked up; by default that of the process.
    """
    known = os.environ if environment is None else environment
    try:
        tree = tomllib.loads(_text(path))
        named = [
            str(value)
            for channel in (*tree.get("webhook", ()), *tree.get("email", ()))
            for key, value in channel.items()
            if key.endswith("_env")
        ]
        if not all(name in known or USUAL_VARIABLE.fullmatch(name) for name in named):
            return True
        # whether they are set now does not matter; any address will do
        return read_settings(path, dict.fromkeys(named, "https://localhost")).bears_secrets
    except (UsageError, OSError, ValueError, RecursionError, TypeError, AttributeError):
        return True


def read_settings(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the checked settings.

    Args:
        path: the TOML file.
        environment: where variables are looked up; by default that of the process.

    Raises:
        UsageError: it cannot be read, or has an unknown key or value.
    """
    known = os.environ if environment is None else environment
    try:
        tree = tomllib.loads(_text(path))
    except (OSError, ValueError, RecursionError) as error:
        # the place alone: the rest of the message may repeat a secret
        place = re.search(r"at line \d+, column \d+", str(error))
        got = place.group() if place else type(error).__name__
        raise wrong(path.name, "it cannot be read", "TOML", f"an error {got}") from None
    table = TomlTable(tree, path.name, known)
    table.only("minimum_tier", "minimum_score", "directions", "destinations",
               "log", "webhook", "email", "refresh")  # fmt: skip
    refreshes = table.inner("refresh") if "refresh" in tree else TomlTable({}, path.name, known)
    refreshes.only("tell", "stale_after_days")
    channels: list[Channel] = []
    if "log" in tree:
        channels.append(_log(table.inner("log")))
    channels += [_webhook(inner) for inner in table.several("webhook")]
    channels += [_email(inner) for inner in table.several("email")]
    keys = [channel.key for channel in channels]
    if len(set(keys)) < len(keys):
        raise wrong(path.name, "two channels have the same name", "different names", keys)
    return Settings(
        tuple(channels),
        table.one_of("minimum_tier", TIERS, "strong"),
        table.number("minimum_score", 0.0, 0.0, 100.0),
        table.words("directions", DIRECTIONS, ("surge",)),
        table.texts("destinations", DESTINATION, ()),
        refreshes.switch("tell", usual=True),
        refreshes.number("stale_after_days", STALE_AFTER_DAYS, 0.1, 366.0),
        _bears_secrets(table),
    )


def _bears_secrets(table: TomlTable) -> bool:
    """Whether the file itself holds an address, a token or a password."""
    channels = [*table.several("webhook"), *table.several("email")]
    return any(not SECRETS.isdisjoint(channel.tree) for channel in channels)


def _text(path: Path) -> str:
    """Return the content of a regular file of a sensible size; refuse anything else."""
    if not path.is_file() or path.stat().st_size > LARGEST:
        raise OSError("no file of a sensible size")
    return path.read_text(encoding="utf-8")


def _log(table: TomlTable) -> Log:
    table.only("level")
    return Log(table.one_of("level", LEVELS, "warning"))


def _webhook(table: TomlTable) -> Webhook:
    table.only("name", "url", "url_env", "token", "token_env", "timeout_seconds")
    url = table.secret("url", needed=True)
    _refuse_address(table.where, url)
    token = table.secret("token")
    if CONTROL.search(token):
        raise wrong(table.where, "the token is wrong", "a text without spaces", "another")
    name, seconds = table.text("name", NAME), table.number("timeout_seconds", SECONDS, 0.1, 60.0)
    return Webhook(name, url, token, seconds)


def _refuse_address(where: str, url: str) -> None:
    """Refuse an address without encryption, or with a password in it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or CONTROL.search(url) or not url.isascii():
        raise wrong(where, "url is no address", "https://...", "something else")
    if parts.username is not None or parts.password is not None:
        raise wrong(where, "url holds a user", "a token instead", "user or password in it")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOCAL):
        raise wrong(where, "url is not encrypted", "https (http on this machine only)",
                     "another")  # fmt: skip


def _email(table: TomlTable) -> Email:
    table.only("name", "host", "port", "security", "sender", "recipients", "user", "user_env",
               "password", "password_env", "timeout_seconds")  # fmt: skip
    security = table.one_of("security", SECURITY, "starttls")
    host = table.text("host", re.compile(r"[A-Za-z0-9.:-]+"))
    if security == "none" and host not in LOCAL:
        raise wrong(table.where, "security is none", "starttls or tls (none on this machine "
                     "only)", "another host")  # fmt: skip
    recipients = table.texts("recipients", ADDRESS, ())
    if not recipients:
        raise wrong(table.where, "recipients is empty", "addresses", "none")
    user, password = table.secret("user"), table.secret("password")
    if bool(user) != bool(password):
        raise wrong(table.where, "user and password belong together", "both or neither", "one")
    port = table.number("port", {"starttls": 587, "tls": 465, "none": 25}[security], 1, 65535)
    return Email(
        table.text("name", NAME), host, int(port), table.text("sender", ADDRESS), recipients,
        security, user, password, table.number("timeout_seconds", SECONDS, 0.1, 60.0),
    )  # fmt: skip
