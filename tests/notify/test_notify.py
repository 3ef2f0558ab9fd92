"""Notifications: off by default, once for each channel, never a flood, never a secret."""

from __future__ import annotations

import email
import email.policy
import json
import logging
import re
import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.config import PROJECT_ROOT, Home
from fcm_migration.errors import UsageError
from fcm_migration.marts.tables import SERIES_INDEX
from fcm_migration.notify import MEMORY_NAME, SETTINGS_NAME, Outcome, notify_opened
from fcm_migration.notify.settings import Email, Log, Webhook, read_settings
from tests.mail_server import Hook, Mailbox
from tests.trends.doubling import alert_rows
from tests.trends.panels import marts, months_on, one

NOW = datetime(2020, 2, 1, 8, 30, tzinfo=UTC)
FIRST = date(2019, 1, 1)
HIDDEN = "s3cret-t0ken"


def published(home: Home, months: int, **origins: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Write the index of series that end after so many months; return the alerts named.

    Each alert says its ``month`` (from 0) and what else differs from a headlined strong surge that
    opens its episode.
    """
    several = [one(origin, [10] * months, first=FIRST) for origin in (*origins, "total")]
    _, index = marts(several)
    store.write(index, SERIES_INDEX, home.table("mart", "series_index"))
    rows = []
    for origin, alerts in origins.items():
        facts = index.filter(origin_iso3=origin).row(0, named=True)
        copied = ("series_id", "source_id", "indicator", "unit", "destination_iso3", "origin_iso3",
                  "route", "place", "frequency")  # fmt: skip
        for alert in alerts:
            usual = {"tier": "strong", "score": 60.0, "opens_episode": True, "is_headlined": True}
            row = {**{name: facts[name] for name in copied}, **usual, **alert}
            row["period"] = months_on(FIRST, int(str(row.pop("month"))))
            if (start := row.pop("start", None)) is not None:
                row["episode_start"] = months_on(FIRST, int(str(start)))
                row["opens_episode"] = False
            row["explanation"] = f"Surge of {origin}, unit events, as of 2020-01-20."
            rows.append(row)
    return alert_rows(rows)


def settings(home: Home, text: str) -> None:
    home.root.mkdir(parents=True, exist_ok=True)
    path = home.root / SETTINGS_NAME
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def hook_settings(*hooks: Hook, head: str = "") -> str:
    tables = [
        f'[[webhook]]\nname = "h{number}"\nurl = "{hook.url()}"\ntimeout_seconds = 2\n'
        for number, hook in enumerate(hooks)
    ]
    return head + "\n".join(tables)


def told(hook: Hook) -> list[str]:
    return [body["origin_iso3"] for body in hook.received]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_off_unless_asked_for(home: Home) -> None:
    alerts = published(home, 12, AAA=[{"month": 11}])
    assert notify_opened(home, alerts, NOW) == []
    assert not (home.root / MEMORY_NAME).exists()


def test_a_first_call_tells_what_the_newest_period_opened(home: Home) -> None:
    alerts = published(
        home, 12,
        AAA=[{"month": 11}],
        BBB=[{"month": 10}],  # opened a month ago: history to someone who just begins
        CCC=[{"month": 9}, {"month": 11, "start": 9}],  # opened before, and goes on
        DDD=[{"month": 9, "tier": "alert"}, {"month": 11, "start": 9}],  # strong only now
    )  # fmt: skip
    with Hook() as hook:
        settings(home, hook_settings(hook))
        assert notify_opened(home, alerts, NOW) == [Outcome("webhook h0", 2, 0)]
        assert sorted(told(hook)) == ["AAA", "DDD"]
        # the same run again, and an edition that brought nothing
        assert notify_opened(home, alerts, NOW) == [Outcome("webhook h0", 0, 0)]
        assert len(hook.asked) == 2


def test_later_calls_tell_every_period_since_and_no_revised_history(home: Home) -> None:
    with Hook() as hook:
        settings(home, hook_settings(hook))
        notify_opened(home, published(home, 12, AAA=[{"month": 11}]), NOW)
        later = published(
            home, 14,
            AAA=[{"month": 11}, {"month": 12, "start": 11}, {"month": 13, "start": 11}],
            BBB=[{"month": 12}],
            CCC=[{"month": 13}],
            DDD=[{"month": 11}],  # was no alert when that month was new
        )  # fmt: skip
        outcome = notify_opened(home, later, NOW)[0]
        assert (outcome.told, sorted(told(hook))) == (2, ["AAA", "BBB", "CCC"])
        # nobody looked for a year: no year of alerts, but the last three periods
        months = {f"E{chr(65 + m - 14)}{chr(65 + m - 14)}": [{"month": m}] for m in range(14, 26)}
        outcome = notify_opened(home, published(home, 26, **months), NOW)[0]
        assert (outcome.told, sorted(told(hook))[3:]) == (3, ["EJJ", "EKK", "ELL"])


def test_only_what_is_wanted_is_told(home: Home) -> None:
    alerts = published(
        home, 12,
        AAA=[{"month": 11, "tier": "alert"}],
        BBB=[{"month": 11, "score": 49.9}],
        CCC=[{"month": 11, "direction": "drop"}],
        DDD=[{"month": 11, "is_headlined": False}],
        EEE=[{"month": 11, "score": 50.0}],
    )  # fmt: skip
    with Hook() as hook:
        settings(home, hook_settings(hook, head="minimum_score = 50\n"))
        notify_opened(home, alerts, NOW)
        assert told(hook) == ["EEE"]
        (home.root / MEMORY_NAME).unlink()
        head = 'minimum_tier = "alert"\ndirections = ["surge", "drop"]\n'
        settings(home, hook_settings(hook, head=head))
        notify_opened(home, alerts, NOW)
        assert sorted(told(hook)[1:]) == ["AAA", "BBB", "CCC", "EEE"]
        (home.root / MEMORY_NAME).unlink()
        settings(home, hook_settings(hook, head='destinations = ["GBR", "AUS"]\n'))
        assert notify_opened(home, alerts, NOW) == [Outcome("webhook h0", 0, 0)]


def test_the_payload_names_figures_unit_source_and_dates(home: Home) -> None:
    alerts = published(home, 12, AAA=[{"month": 11, "observed": 70.0, "expected": 10.0}])
    with Hook() as hook:
        settings(home, hook_settings(hook))
        notify_opened(home, alerts, NOW)
        body = hook.received[0]
        row = alerts.row(0, named=True)
        same = ("alert_id", "tier", "score", "kind", "series_id", "source_id", "unit", "observed",
                "expected", "explanation")  # fmt: skip
        assert {name: body[name] for name in same} == {name: row[name] for name in same}
        assert (body["period"], body["public_from"]) == ("2019-12-01", "2020-01-01")
        assert hook.asked[0]["Idempotency-Key"] == row["alert_id"]
        assert "Authorization" not in hook.asked[0]


def test_each_channel_is_told_once_though_another_fails(home: Home) -> None:
    origins = {f"AA{letter}": [{"month": 11}] for letter in "ABC"}
    alerts = published(home, 12, **origins)
    with Hook(204, 500) as broken, Hook() as sound:
        settings(home, hook_settings(broken, sound))
        first, second = notify_opened(home, alerts, NOW)
        assert (first.told, first.due) == (1, 2)
        assert "got 500" in first.error
        assert "still to tell" in first.words
        assert second == Outcome("webhook h1", 3, 0)
        assert len(broken.asked) == 2  # a server that fails is not asked for each alert
        again = notify_opened(home, alerts, NOW)
        assert again == [Outcome("webhook h0", 2, 0), Outcome("webhook h1", 0, 0)]
        assert sorted(told(broken)) == sorted(told(sound)) == sorted(origins)


def test_what_is_due_survives_later_editions_unless_it_is_withdrawn(home: Home) -> None:
    with Hook(503) as hook:
        settings(home, hook_settings(hook))
        both = published(home, 12, AAA=[{"month": 11}], BBB=[{"month": 11}])
        assert notify_opened(home, both, NOW)[0].due == 2
        revised = published(home, 15, AAA=[{"month": 11}], BBB=[])
        assert notify_opened(home, revised, NOW) == [Outcome("webhook h0", 1, 0)]
        assert told(hook) == ["AAA"]


def test_a_crash_between_sending_and_the_end_repeats_nothing_that_was_kept(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts = published(home, 12, AAA=[{"month": 11}], BBB=[{"month": 11}])
    with Hook() as hook:
        settings(home, hook_settings(hook))
        real = store.write_note
        kept: list[Path] = []

        def dies(path: Path, value: object) -> None:
            if len(kept) == 2:
                raise KeyboardInterrupt
            kept.append(path)
            real(path, value)

        monkeypatch.setattr(store, "write_note", dies)
        with pytest.raises(KeyboardInterrupt):
            notify_opened(home, alerts, NOW)
        monkeypatch.setattr(store, "write_note", real)
        assert notify_opened(home, alerts, NOW)[0].told == 1
        # the one whose arrival could not be kept came twice: at least once, not at most
        assert len(told(hook)) == 3
        assert set(told(hook)) == {"AAA", "BBB"}


def test_a_new_channel_hears_of_what_opens_from_then_on(home: Home) -> None:
    with Hook() as old, Hook() as new:
        settings(home, hook_settings(old))
        notify_opened(home, published(home, 12, AAA=[{"month": 11}]), NOW)
        settings(home, hook_settings(old, new))
        later = published(home, 13, AAA=[{"month": 11}], BBB=[{"month": 12}])
        assert [outcome.told for outcome in notify_opened(home, later, NOW)] == [1, 1]
        assert (told(old), told(new)) == (["AAA", "BBB"], ["BBB"])


@pytest.mark.parametrize("status", [302, 404, 0])
def test_a_web_hook_that_fails_is_reported_and_never_raised(home: Home, status: int) -> None:
    """Redirects are not followed, and a server that never ends is given up."""
    alerts = published(home, 12, AAA=[{"month": 11}])
    with Hook(status) as hook:
        text = hook_settings(hook).replace("timeout_seconds = 2", "timeout_seconds = 0.1")
        settings(home, text)
        outcome = notify_opened(home, alerts, NOW)[0]
        assert (outcome.told, outcome.due) == (0, 1)
        assert outcome.error
        assert len(hook.asked) == 1


def test_no_secret_is_told_to_the_reader(
    home: Home, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts = published(home, 12, AAA=[{"month": 11}])
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # nobody listens
        port = held.getsockname()[1]
        monkeypatch.setenv("HOOK_TOKEN", HIDDEN)
        monkeypatch.setenv("HOOK_URL", f"http://127.0.0.1:{port}/{HIDDEN}")
        settings(home, '[[webhook]]\nname = "h"\nurl_env = "HOOK_URL"\ntoken_env = "HOOK_TOKEN"\n')
        with caplog.at_level(logging.DEBUG):
            outcome = notify_opened(home, alerts, NOW)[0]
        channel = read_settings(home.root / SETTINGS_NAME).channels[0]
    assert "could not be reached" in outcome.error
    told_to_readers = f"{outcome} {outcome.words} {caplog.text} {channel!r}"
    assert HIDDEN not in told_to_readers + (home.root / MEMORY_NAME).read_text(encoding="utf-8")
    with Hook() as hook:
        monkeypatch.setenv("HOOK_URL", hook.url(f"/{HIDDEN}"))
        notify_opened(home, alerts, NOW)
        assert hook.asked[0]["Authorization"] == f"Bearer {HIDDEN}"


def test_the_log_is_a_channel(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    alerts = published(home, 12, AAA=[{"month": 11}])
    settings(home, "[log]\n")
    with caplog.at_level(logging.WARNING):
        assert notify_opened(home, alerts, NOW) == [Outcome("log", 1, 0)]
    name = alerts.item(0, "alert_id")
    assert [record.getMessage() for record in caplog.records] == [
        f"alert {name}: Surge of AAA, unit events, as of 2020-01-20."
    ]


def mail_settings(box: Mailbox, more: str = "") -> str:
    return (
        f'[[email]]\nname = "desk"\nhost = "127.0.0.1"\nport = {box.port}\nsecurity = "none"\n'
        f'sender = "fcm@example.org"\nrecipients = ["a@example.org", "b@example.org"]\n{more}'
    )


def test_an_email_holds_every_alert_in_plain_text(home: Home) -> None:
    alerts = published(home, 12, AAA=[{"month": 11}], BBB=[{"month": 11, "score": 88.0}])
    with Mailbox() as box:
        settings(home, mail_settings(box))
        assert notify_opened(home, alerts, NOW) == [Outcome("email desk", 2, 0)]
        assert notify_opened(home, alerts, NOW) == [Outcome("email desk", 0, 0)]
        assert len(box.messages) == 1
        recipients = [command for command in box.commands if command.startswith("rcpt")]
    mail = email.message_from_string(box.messages[0], policy=email.policy.default)
    assert mail["From"] == "fcm@example.org"
    assert mail["To"] == "a@example.org, b@example.org"
    assert mail["Date"].datetime == NOW
    assert mail["Subject"].startswith("2 alerts: BBB to USA, border encounters, 2019-12")
    assert mail.get_content_type() == "text/plain"
    text = mail.get_content()
    assert text.index("Surge of BBB, unit events") < text.index("Surge of AAA, unit events")
    assert all(name in text for name in alerts.get_column("alert_id"))
    assert len(recipients) == 2


@pytest.mark.parametrize("refuse", ["MAIL", "RCPT", "AUTH", "DATA"])
def test_a_mail_server_that_refuses_is_reported_without_its_words(
    home: Home, refuse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts = published(home, 12, AAA=[{"month": 11}])
    monkeypatch.setenv("MAIL_PASSWORD", HIDDEN)
    login = 'user = "your-secret-user"\npassword_env = "MAIL_PASSWORD"\n'
    with Mailbox(refuse=refuse, login=True) as box:
        settings(home, mail_settings(box, login))
        outcome = notify_opened(home, alerts, NOW)[0]
        assert (outcome.told, outcome.due) == (0, 1)
        assert outcome.error
        assert "secret" not in outcome.error
        box.refuse = ""
        assert notify_opened(home, alerts, NOW)[0].told == 1
        assert len(box.messages) == 1


def test_encryption_is_not_given_up_when_a_server_has_none(home: Home) -> None:
    alerts = published(home, 12, AAA=[{"month": 11}])
    with Mailbox() as box:
        settings(home, mail_settings(box).replace('"none"', '"starttls"'))
        outcome = notify_opened(home, alerts, NOW)[0]
        assert outcome.error
        assert outcome.due == 1
        assert box.messages == []


# a secret in a wrong place: no error repeats what stands there
PASTED = (
    ("[[webhook]]\nname = 'a'\nurl_env = 'SECRET'", "url_env is no name of a variable"),
    ("[[webhook]]\nname = 'a'\nurl = 'https://e.org'\ntoken_env = 'SECRET'", "not the secret"),
    ("[[webhook]]\nname = 'a'\nurl = 'https://e.org'\ntoken_env = ['SECRET']", "no name of a"),
    ("[[webhook]]\nname = 'a'\nurl = 'SECRET://e.org'", "not encrypted"),
    ("[[webhook]]\nname = 'SECRET!'\nurl = 'https://e.org'", "name is missing or wrong"),
    ("[[webhook]]\nSECRET = 'a'", "unknown key another"),
    ("[[email]]\nname='a'\nhost='SECRET'\nsecurity='none'", "security is none"),
    ("[[email]]\nname='a'\nhost='e.org'\nsecurity='SECRET'", "security is unknown"),
    ("[[email]]\nname='a'\nhost='e.org'\nrecipients=['SECRET']", "recipients is wrong"),
    ("[[email]]\nname='a'\nhost='e.org'\nrecipients=['a@b.c']\nport='SECRET'", "port is wrong"),
    ("minimum_tier = 'SECRET'", "minimum_tier is unknown"),
    ("destinations = ['SECRET']", "destinations is wrong"),
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("minimum_teir = 'strong'", "unknown key minimum_teir"),
        ("minimum_tier = 'strongest'", "minimum_tier is unknown"),
        ("minimum_score = 101", "0 to 100; got another number"),
        ("minimum_score = true", "minimum_score is wrong"),
        ("directions = []", "directions is empty"),
        ("directions = ['sideways']", "directions is wrong"),
        ("destinations = ['uk']", "destinations is wrong"),
        ("log = 3", "log is no table"),
        ("[log]\nlevel = 'loud'", "level is unknown"),
        ("[webhook]\nname = 'a'", "no list of tables"),
        ("[[webhook]]\nname = 'a'", "url or url_env is needed"),
        ("[[webhook]]\nname = 'A b'\nurl = 'https://example.org'", "name is missing or wrong"),
        ("[[webhook]]\nname = 'a'\nurl = 'http://example.org'", "not encrypted"),
        ("[[webhook]]\nname = 'a'\nurl = 'file:///etc/passwd'", "no address"),
        ("[[webhook]]\nname = 'a'\nurl = 'ftp://example.org'", "not encrypted"),
        ("[[webhook]]\nname = 'a'\nurl = 'https://u:p@example.org'", "holds a user"),
        ("[[webhook]]\nname = 'a'\nurl = \"https://e.org/\\n\"", "no address"),
        ("[[webhook]]\nname = 'a'\nurl_env = 'NOT_SET_HERE'", "variable that is not set"),
        ("[[webhook]]\nname = 'a'\nurl = 'https://e.org'\ntoken = \"a\\nb\"", "token is wrong"),
        ("[[webhook]]\nname = 'a'\nurl = 'https://e.org'\ntimeout_seconds = 600", "0.1 to 60"),
        ("[[webhook]]\nname = 'a'\nurl = 'https://e.org'\n" * 2, "same name"),
        ("[[email]]\nname = 'a'\nhost = 'mail.example.org'\nsecurity = 'none'", "security is none"),
        ("[[email]]\nname = 'a'\nhost = 'e.org'\nrecipients = [\"a@b\\nc@d\"]", "recipients is"),
        ("[[email]]\nname = 'a'\nhost = 'e.org'\nrecipients = []", "recipients is empty"),
        ("[[email]]\nname='a'\nhost='e.org'\nrecipients=['a@b.c']\nuser='u'", "belong together"),
        ("token = 's3cret-t0ken", "cannot be read"),
        *((text.replace("SECRET", HIDDEN), words) for text, words in PASTED),
    ],
)
def test_settings_this_program_does_not_know_are_refused(home: Home, text: str, words: str) -> None:
    settings(home, text)
    with pytest.raises(UsageError, match=words):
        read_settings(home.root / SETTINGS_NAME, {})
    alerts = published(home, 12, AAA=[{"month": 11}])
    outcome = notify_opened(home, alerts, NOW)[0]
    assert outcome.channel == "settings"
    assert re.search(words, outcome.error)
    assert HIDDEN not in outcome.error


def test_a_damaged_memory_is_begun_anew(home: Home) -> None:
    """What the newest period opened is told once more, and nothing older."""
    alerts = published(home, 12, AAA=[{"month": 11}])
    with Hook() as hook:
        settings(home, hook_settings(hook))
        notify_opened(home, alerts, NOW)
        path = home.root / MEMORY_NAME
        good = path.read_text(encoding="utf-8")
        for bad in (
            "{",
            "[]",
            good.replace('"format": 1', '"format": 2'),
            good.replace("-12-", "-x"),
        ):
            path.write_text(bad, encoding="utf-8")
            assert notify_opened(home, alerts, NOW)[0].told == 1
            assert path.read_text(encoding="utf-8") == good
        assert len(hook.asked) == 5


def test_told_episodes_are_forgotten_when_they_can_be_no_news(home: Home) -> None:
    alerts = published(home, 12, AAA=[{"month": 11}])
    with Hook() as hook:
        settings(home, hook_settings(hook))
        notify_opened(home, alerts, NOW)
        later = NOW.replace(year=2023)
        notify_opened(home, alerts, later)
        kept = json.loads((home.root / MEMORY_NAME).read_text(encoding="utf-8"))
        assert kept["episodes"] == []
        assert len(told(hook)) == 1


def test_a_home_without_its_index_is_reported(home: Home) -> None:
    alerts = published(home, 12, AAA=[{"month": 11}])
    home.table("mart", "series_index").unlink()
    settings(home, "[log]\n")
    assert "fcm refresh" in notify_opened(home, alerts, NOW)[0].error


def test_the_example_of_the_page_is_valid(home: Home) -> None:
    page = (PROJECT_ROOT / "docs" / "notifications.md").read_text(encoding="utf-8")
    example = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    settings(home, example[0])
    known = dict.fromkeys(re.findall(r'_env = "(\w+)"', example[0]), "https://example.org/x")
    found = read_settings(home.root / SETTINGS_NAME, known)
    assert {type(channel) for channel in found.channels} == {Log, Webhook, Email}


def test_a_movement_that_two_series_show_is_told_once(home: Home) -> None:
    """The part stood out first; the whole, a month later, is the same movement."""
    with Hook() as hook:
        settings(home, hook_settings(hook))
        notify_opened(home, published(home, 12, AAA=[{"month": 11}], BBB=[]), NOW)
        whole = {"month": 12, "alert_id": "b" * 12}
        part = {"month": 12, "start": 11, "is_headlined": False, "same_movement_as": "b" * 12}
        later = published(home, 13, AAA=[{"month": 11}, part], BBB=[whole])
        assert notify_opened(home, later, NOW) == [Outcome("webhook h0", 0, 0)]
        assert told(hook) == ["AAA"]
        apart = published(home, 14, AAA=[{"month": 11}], BBB=[], CCC=[{"month": 13}])
        notify_opened(home, apart, NOW)
        assert told(hook) == ["AAA", "CCC"]


def test_a_source_heard_of_last_years_ago_is_no_news(home: Home) -> None:
    """December 2019 is news to the end of 2020, and no longer."""
    alerts = published(home, 12, AAA=[{"month": 11}])
    for day, number in (
        (datetime(2021, 1, 1, tzinfo=UTC), 0),
        (datetime(2020, 12, 31, tzinfo=UTC), 1),
    ):
        with Hook() as hook:
            settings(home, hook_settings(hook))
            assert notify_opened(home, alerts, day)[0].told == number
        (home.root / MEMORY_NAME).unlink(missing_ok=True)


def test_a_file_with_secrets_that_others_can_read_is_warned_of(home: Home) -> None:
    alerts = published(home, 12, AAA=[{"month": 11}])
    with Hook() as hook:
        settings(home, hook_settings(hook))
        path = home.root / SETTINGS_NAME
        path.chmod(0o640)
        assert [outcome.channel for outcome in notify_opened(home, alerts, NOW)] == ["webhook h0"]
        path.chmod(0o644)
        warning, told_now = notify_opened(home, alerts, NOW)
    assert warning.words.startswith("settings: every user of this machine can read or change")
    assert f"chmod o-rwx {path}" in warning.words
    assert told_now.error == ""
    settings(home, "[log]\n")
    path.chmod(0o644)
    assert [outcome.channel for outcome in notify_opened(home, alerts, NOW)] == ["log"]


def test_a_secret_in_the_wrong_place_is_warned_of_as_well(home: Home) -> None:
    """Settings that are refused may bear a token all the same, and others can read it."""
    alerts = published(home, 12, AAA=[{"month": 11}])
    settings(home, '[[webhook]]\nname = "a"\nurl_env = "FCM_URL"\ntoken_env = "ab12cd34"\n')
    path = home.root / SETTINGS_NAME
    path.chmod(0o644)
    warning, refused = notify_opened(home, alerts, NOW)
    assert f"chmod o-rwx {path}" in warning.words
    assert "names a variable that is not set" in refused.words
    assert "ab12cd34" not in f"{warning}{refused}"
    path.chmod(0o640)
    assert notify_opened(home, alerts, NOW) == [refused]
