"""Project files agree on versions, licences, checks and Pythons."""

from __future__ import annotations

import re
import tomllib

import yaml

from fcm_migration import store
from fcm_migration.config import BUNDLED_DIR, PROJECT_ROOT
from fcm_migration.version import __version__


def text(name: str) -> str:
    return (PROJECT_ROOT / name).read_text(encoding="utf-8")


PROJECT = tomllib.loads(text("pyproject.toml"))["project"]


def test_citation_and_changelog_name_the_version() -> None:
    assert yaml.safe_load(text("CITATION.cff"))["version"] == __version__
    assert yaml.safe_load(text("CITATION.cff"))["license"] == PROJECT["license"] == "Apache-2.0"
    headings = re.findall(r"^## (\S+)", text("CHANGELOG.md"), re.MULTILINE)
    assert headings[:2] == ["Unreleased", __version__]


def test_every_version_tells_code_from_data() -> None:
    for section in text("CHANGELOG.md").split("\n## ")[1:]:
        assert re.findall(r"^### (.+)$", section, re.MULTILINE) == ["Code", "Data"]


def test_the_notice_names_the_licence_of_every_bundled_dataset() -> None:
    notice = " ".join(text("NOTICE").split())
    for path in sorted(BUNDLED_DIR.glob("*/*/edition.json")):
        card = store.read_json(path)
        for fact in ("attribution", "licence", "licence_url"):
            assert card[fact].rstrip(".") in notice, (path.parent.parent.name, fact)


def test_a_commit_is_checked_by_what_make_check_runs() -> None:
    (repository,) = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    assert repository["repo"] == "local"
    assert [hook["entry"] for hook in repository["hooks"]] == ["make check"]


def test_the_forge_runs_ci_on_every_python_the_project_names() -> None:
    (job,) = yaml.safe_load(text(".github/workflows/ci.yml"))["jobs"].values()
    stated = [c.rsplit(" ", 1)[-1] for c in PROJECT["classifiers"] if ":: 3." in c]
    assert job["strategy"]["matrix"]["python"] == stated
    assert PROJECT["requires-python"] == f">={stated[0]}"
    assert job["steps"][-1]["run"] == "bash .ci/run"
