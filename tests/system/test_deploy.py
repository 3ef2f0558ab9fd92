"""The units of deploy/ are sound, grant little, and start programs that exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fcm_migration.config import PROJECT_ROOT

pytestmark = pytest.mark.system
DEPLOY = PROJECT_ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MOST_EXPOSED = 20  # tenths, of `systemd-analyze security`; an unlimited service has 96
INSTALLED = "/opt/fcm/venv/bin/"


def installed(name: str) -> str:
    """Return the path of a system's program; skip, visibly, where it is not there."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the units that names the programs of this environment."""
    folder = tmp_path_factory.mktemp("units")
    for path in (DEPLOY / "systemd").iterdir():
        here = path.read_text().replace(INSTALLED, f"{Path(sys.executable).parent}/")
        (folder / path.name).write_text(here)
    return folder


def test_systemd_finds_nothing_wrong(units: Path) -> None:
    files = [str(path) for end in ("service", "timer") for path in sorted(units.glob(f"*.{end}"))]
    wrong = units / "wrong.service"
    wrong.write_text("[Service]\nExecStart=/bin/true\nNoSuchLine=yes\n")
    command = [installed("systemd-analyze"), "verify", *files, str(wrong)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "NoSuchLine" not in done.stderr:
        pytest.skip(f"systemd-analyze verifies nothing here: {done.stderr.strip()}")
    mine = [line for line in done.stderr.splitlines() if "fcm-" in line]
    assert mine == []
    assert len(files) == 7


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_service_may_do_little(unit: Path) -> None:
    command = [installed("systemd-analyze"), "security", "--offline=true", "--no-pager"]
    told = subprocess.run([command[0], "--help"], capture_output=True, text=True, check=False)
    if "--offline" not in told.stdout:
        pytest.skip("systemd older than 250 cannot look at a file")
    done = subprocess.run(
        [*command, f"--threshold={MOST_EXPOSED}", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.splitlines()[-3:]


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_service_writes_to_the_home_alone_and_holds_no_secret(unit: Path) -> None:
    text = unit.read_text()
    written = re.findall(r"^(?:ReadWritePaths|StateDirectory)=(.*)$", text, re.MULTILINE)
    places = {place for line in written for place in line.split()}
    assert places
    home = {"fcm", "fcm/dagster_home", "/var/lib/fcm", "/var/lib/fcm/dagster_home"}
    assert places <= {*home, "/var/backups/fcm"}
    for line in ("User=fcm", "ProtectSystem=strict", "NoNewPrivileges=yes", "PrivateTmp=yes"):
        assert f"\n{line}\n" in text
    assert "\nMemoryMax=" in text
    assert "postgresql+" not in text


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_service_starts_a_command_of_ours(unit: Path) -> None:
    """The options are known to the command: read from its help."""
    (line,) = re.findall(r"^ExecStart=(.*)$", unit.read_text(), re.MULTILINE)
    program, *words = shlex.split(line.replace(INSTALLED, f"{Path(sys.executable).parent}/"))
    names = [word for word in words if word.startswith("--")]
    before = words[: 2 if words[:1] == ["-m"] else 1]
    done = subprocess.run([program, *before, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [name for name in names if name not in done.stdout] == []


def example(folder: Path) -> str:
    """Return the example for nginx, with its certificate in a folder and ports that all may use."""
    text = (DEPLOY / "nginx" / "fcm.conf").read_text().replace("/etc/fcm/tls", str(folder))
    text, ports = re.subn(r"(listen (?:\[::\]:)?)(80|443)\b", r"\g<1>2\g<2>0", text)
    assert ports == 4
    if not Path("/proc/net/if_inet6").exists():  # nginx opens the sockets to test them
        text = re.sub(r".*listen \[::\].*\n", "", text)
    return text


def test_nginx_reads_the_example(tmp_path: Path) -> None:
    nginx = installed("nginx")
    openssl = installed("openssl")
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    made += ["-subj", "/CN=fcm", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, capture_output=True, check=True)
    whole = tmp_path / "nginx.conf"
    # what it writes lies in the folder; nginx would make it below /var, which is root's
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in kinds)
    whole.write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off;\n{places}{example(tmp_path)}\n}}\n"
    )
    done = subprocess.run(
        [nginx, "-t", "-e", "stderr", "-p", str(tmp_path), "-c", str(whole)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
