"""A backup holds all data that cannot be made again; after a restore a refresh gives the same."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fcm_migration.backup import restore, write_backup
from fcm_migration.backup.contents import FILES, FOLDERS
from fcm_migration.backup.manifest import NAME, Entry, Manifest, is_name
from fcm_migration.config import PROJECT_ROOT, Home
from fcm_migration.errors import BackupError, UsageError
from fcm_migration.notify import SETTINGS_NAME
from fcm_migration.originals import spare_of
from fcm_migration.refresh import journal, ledger_files
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.ledger_files import OLDER
from fcm_migration.refresh.run import refresh
from fcm_migration.status import gather

HARMLESS = '[[webhook]]\nname = "h"\nurl_env = "HOOK"\n'
TELLING = '[[webhook]]\nname = "h"\nurl = "https://example.org/x"\n'


def files_below(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def originals(home: Home) -> dict[str, bytes]:
    return {n: data for n, data in files_below(home.root).items() if is_name(n)}


@pytest.fixture
def filled(own_home: Context) -> Context:
    """A published home with something of every kind a backup holds."""
    root = own_home.home.root
    for name, text in {
        "inbox/toy/waiting.csv": "a",
        "inbox/_refused/toy/no.csv": "b",
        "inbox/_taken/toy/old.csv": "c",
        "inbox/toy/caf\udce9 \n.csv": "d",
        "reference/country_aliases/toy.csv": "label,iso3\n",
        SETTINGS_NAME: HARMLESS,
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "archive" / "blobs" / "half.1.part").write_bytes(b"")
    return own_home


def test_a_restored_home_holds_what_was_backed_up(filled: Context, tmp_path: Path) -> None:
    path, manifest = write_backup(filled.home, tmp_path, filled.now)
    assert path == tmp_path / "fcm-backup-20240615T120000Z.tar"
    assert path.stat().st_mode & 0o777 == 0o600
    new = Home(tmp_path / "new")
    new.root.mkdir()
    count, _ = restore(new, path)
    assert count == len(manifest.files)
    assert originals(new).keys() == manifest.files.keys()
    before = originals(filled.home)
    for name in ("inbox/_taken/toy/old.csv", "archive/blobs/half.1.part"):
        del before[name]
    assert originals(new) == before


@pytest.mark.torture
def test_a_restored_home_gives_the_same_edition_and_ledger(
    published: Context, tmp_path: Path
) -> None:
    path, _ = write_backup(published.home, tmp_path, published.now)
    new = Home(tmp_path / "new")
    new.root.mkdir()
    restore(new, path)
    ledger = files_below(new.ledger)
    assert ledger
    made = refresh(replace(published, home=new)).edition
    (old,) = journal.runs(published.home)
    assert (made.edition_id, made.sequence) == (old.edition_id, 2)
    assert files_below(new.ledger) == ledger
    assert gather(replace(published, home=new)).edition.is_whole


def test_the_same_home_gives_the_same_bytes(filled: Context, tmp_path: Path) -> None:
    one, _ = write_backup(filled.home, tmp_path / "one.tar", filled.now)
    for path in filled.home.root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (1, 1))
    two, _ = write_backup(filled.home, tmp_path / "two.tar", filled.now)
    assert one.read_bytes() == two.read_bytes()
    with tarfile.open(one) as tar:
        assert {(m.uid, m.gid, m.mtime, m.uname) for m in tar} == {(0, 0, 0, "")}
        assert tar.getnames()[0] == NAME


def test_secrets_links_and_damage_are_left_out_and_named(filled: Context, tmp_path: Path) -> None:
    home = filled.home
    (home.root / SETTINGS_NAME).write_text(TELLING)
    (home.inbox / "toy" / "link.csv").symlink_to("/etc/hostname")
    (home.inbox / "toy" / "folder").symlink_to("/etc")
    os.mkfifo(home.inbox / "toy" / "pipe")
    blob = next(path for path in (home.archive / "blobs").glob("*/*"))
    blob.chmod(0o600)
    blob.write_bytes(blob.read_bytes()[:-1])
    (part,) = home.ledger.iterdir()
    part.write_bytes(b"x")
    _, made = write_backup(home, tmp_path / "b.tar", filled.now)
    names = [words.partition(":")[0] for words in made.left_out]
    assert sorted(names) == [
        "inbox/toy/folder",
        "inbox/toy/link.csv",
        "inbox/toy/pipe",
        SETTINGS_NAME,
    ]
    assert sorted(made.damaged) == sorted(
        path.relative_to(home.root).as_posix() for path in (blob, part)
    )
    assert not set(names) & set(made.files)
    assert (
        SETTINGS_NAME
        in write_backup(home, tmp_path / "s.tar", filled.now, with_secrets=True)[1].files
    )


def test_bytes_that_are_gone_are_named(filled: Context, tmp_path: Path) -> None:
    blob = next(filled.home.archive.glob("blobs/*/*"))
    blob.unlink()
    _, made = write_backup(filled.home, tmp_path / "b.tar", filled.now)
    assert made.damaged == (blob.relative_to(filled.home.root).as_posix(),)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (HARMLESS, False),
        (TELLING, True),
        ('[[email]]\nname = "a"\npassword = "x"\n', True),
        ("[log]\n", False),
        ("[[[", True),
        ("webhook = 1", True),
        # pasted to the wrong place
        ('[[webhook]]\nname = "a"\nurl_env = "FCM_URL"\ntoken_env = "ab12cd34"\n', True),
        ('[[webhook]]\nname = "a"\nurl_env = "https://hook.example.org/ab12"\n', True),
        ('[[channel]]\nname = "a"\ntokn = "ab12cd34"\n', True),
        # a variable of any name, which is set
        ('[[webhook]]\nname = "a"\nurl_env = "hook_url"\n', False),
    ],
)
def test_a_secret_in_the_settings_is_seen(
    filled: Context, tmp_path: Path, text: str, found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("hook_url", "https://hook.example.org")
    (filled.home.root / SETTINGS_NAME).write_text(text)
    _, made = write_backup(filled.home, tmp_path / "b.tar", filled.now)
    assert (SETTINGS_NAME not in made.files) is found


def test_the_ledger_of_an_older_version_is_in_the_backup(filled: Context, tmp_path: Path) -> None:
    older = filled.home.root / OLDER
    older.parent.mkdir()
    next(filled.home.ledger.iterdir()).rename(older)
    _, made = write_backup(filled.home, tmp_path / "b.tar", filled.now)
    assert OLDER.as_posix() in made.files


def test_places_a_backup_may_not_lie_in(filled: Context, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("mine")
    link = tmp_path / "link"
    link.symlink_to(filled.home.root)
    for target in (filled.home.root, filled.home.root / "b.tar", link / "b.tar", there,
                   tmp_path / "none" / "b.tar", Path(os.devnull)):  # fmt: skip
        with pytest.raises(UsageError):
            write_backup(filled.home, target, filled.now)
    assert there.read_text() == "mine"
    write_backup(filled.home, there, filled.now, replace=True)
    assert tarfile.is_tarfile(there)
    with pytest.raises(UsageError, match="nothing to back up"):
        write_backup(Home(tmp_path / "empty"), tmp_path / "e.tar", filled.now)


def test_what_killed_backups_left_is_removed(published: Context, tmp_path: Path) -> None:
    left = [tmp_path / f".{name}.77.fcm-part" for name in ("b.tar", "fcm-backup-1.tar", "other")]
    for part in (*left, tmp_path / ".b.tar.78.fcm-part"):
        part.write_bytes(b"x")
    for part in left:
        os.utime(part, (1, 1))
    write_backup(published.home, tmp_path / "b.tar", published.now)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"b.tar", ".b.tar.78.fcm-part", ".other.77.fcm-part"}


def test_a_full_disk_leaves_the_earlier_backup(
    filled: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = write_backup(filled.home, tmp_path / "b.tar", filled.now)
    before = path.read_bytes()

    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(tarfile.TarFile, "addfile", full)
    with pytest.raises(BackupError, match="No space left on device"):
        write_backup(filled.home, path, filled.now, replace=True)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def test_a_home_in_use_gets_back_only_what_is_missing_or_damaged(
    filled: Context, tmp_path: Path
) -> None:
    home = filled.home
    path, _ = write_backup(home, tmp_path / "b.tar", filled.now)
    with pytest.raises(UsageError, match="not empty"):
        restore(home, path)
    blob = next((home.archive / "blobs").glob("*/*"))
    sidecar = next((home.archive / "snapshots").glob("*/*.json"))
    (part,) = home.ledger.iterdir()
    whole = {p: p.read_bytes() for p in (blob, sidecar, part)}
    for p in (blob, part):
        p.chmod(0o600)
        p.write_bytes(b"damaged")
    sidecar.unlink()
    (home.root / SETTINGS_NAME).write_text("# newer\n")
    count, _ = restore(home, path, missing=True)
    assert count == 3
    assert {p: p.read_bytes() for p in whole} == whole
    assert (home.root / SETTINGS_NAME).read_text() == "# newer\n"
    assert ledger_files.damaged(home) == []
    assert not [p for p in home.root.iterdir() if p.name.startswith(".restore")]


def test_a_note_of_which_both_copies_are_damaged_is_put_back(
    filled: Context, tmp_path: Path
) -> None:
    home = filled.home
    path, _ = write_backup(home, tmp_path / "b.tar", filled.now)
    note = next((home.archive / "snapshots").glob("*/*.json"))
    whole = {copy: copy.read_bytes() for copy in (note, spare_of(note))}
    for copy in whole:
        copy.write_bytes(copy.read_bytes().replace(b"toy", b"yot"))
    count, _ = restore(home, path, missing=True)
    assert count == 2
    assert {copy: copy.read_bytes() for copy in whole} == whole


def test_no_link_in_the_home_is_followed(filled: Context, tmp_path: Path) -> None:
    path, _ = write_backup(filled.home, tmp_path / "b.tar", filled.now)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for link in ("inbox", "inbox/toy"):
        home = Home(tmp_path / f"h{len(link)}")
        (home.root / link).parent.mkdir(parents=True)
        (home.root / link).symlink_to(elsewhere)
        with pytest.raises(UsageError, match="link"):
            restore(home, path, missing=True)
    assert list(elsewhere.iterdir()) == []


def test_a_restore_that_was_killed_is_completed_by_its_remedy(
    published: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, made = write_backup(published.home, tmp_path / "b.tar", published.now)
    new, calls = Home(tmp_path / "new"), []
    new.root.mkdir()
    real = Path.rename

    def dies(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", dies)
        with pytest.raises(KeyboardInterrupt):
            restore(new, path)
    with pytest.raises(UsageError, match="--missing"):
        restore(new, path)
    restore(new, path, missing=True)
    assert originals(new).keys() == made.files.keys()


Change = Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]


def _flip(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    info, data = members[-1]
    members[-1] = (info, bytes([data[0] ^ 1]) + data[1:])


def _drop(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members.pop()


def _twice(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members.append(members[-1])


def _added(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Change:
    def add(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, link
        members.insert(1, (info, b""))

    return add


def _manifest_flipped(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    info, data = members[0]
    members[0] = (info, data.replace(b'"size": ', b'"size":1', 1))


def _without_manifest(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members.pop(0)


def _named(name: str) -> Change:
    """Put a file into backup and manifest, with a check sum that is right."""

    def add(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        tree = json.loads(members[0][1])
        entries = {n: Entry(e["sha256"], e["size"]) for n, e in tree["files"].items()}
        empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        text = Manifest({**entries, name: Entry(empty, 0)}).text()
        info = tarfile.TarInfo(NAME)
        info.size = len(text)
        members[0] = (info, text)
        members.append((tarfile.TarInfo(name), b""))

    return add


@pytest.mark.parametrize(
    "change",
    [
        _flip, _drop, _twice, _manifest_flipped, _without_manifest,
        _added("../out"), _added("/out"), _added("inbox/new"),
        _added("inbox/link", tarfile.SYMTYPE, "/etc"), _added("inbox/hard", tarfile.LNKTYPE, "a"),
        _added("inbox/pipe", tarfile.FIFOTYPE), _added("inbox/dev", tarfile.CHRTYPE),
        _named("../out"), _named("inbox/../../out"), _named("/out"), _named("core/x"),
        _named("inbox//x"), _named("refresh.lock"), _named("archive/blobs/ab/" + "ab" * 32),
    ],
)  # fmt: skip
def test_a_backup_that_is_not_as_it_was_written_changes_nothing(
    published: Context, tmp_path: Path, change: Change
) -> None:
    path, _ = write_backup(published.home, tmp_path / "b.tar", published.now)
    with tarfile.open(path) as tar:
        members = [(info, tar.extractfile(info).read()) for info in tar]  # type: ignore[union-attr]
    change(members)
    with tarfile.open(path, "w") as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    new = Home(tmp_path / "deep" / "new")
    new.root.mkdir(parents=True)
    with pytest.raises(BackupError) as told:
        restore(new, path)
    assert "nothing was changed" in str(told.value)
    assert list(new.root.iterdir()) == []
    assert list(new.root.parent.iterdir()) == [new.root]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.tar", "deep"]


@pytest.mark.parametrize("cut", [0, 100, 5000, -1024 * 11])
def test_a_backup_that_was_cut_short_changes_nothing(
    published: Context, tmp_path: Path, cut: int
) -> None:
    path, _ = write_backup(published.home, tmp_path / "b.tar", published.now)
    path.write_bytes(path.read_bytes()[:cut])
    new = Home(tmp_path / "new")
    new.root.mkdir()
    with pytest.raises(BackupError):
        restore(new, path)
    assert list(new.root.iterdir()) == []


def test_too_little_space_is_said_before_anything_is_written(
    published: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    path, _ = write_backup(published.home, tmp_path / "b.tar", published.now)
    new = Home(tmp_path / "new")
    new.root.mkdir()
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1_000_000))
    with pytest.raises(BackupError, match="too little space"):
        restore(new, path)
    assert list(new.root.iterdir()) == []


def test_what_a_backup_holds_stands_in_the_documentation() -> None:
    page = (PROJECT_ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    section = page.split("## Backup")[1].split("\n## ")[0]
    assert all(f"`{name}" in section for name in (*FOLDERS, *FILES))
