"""The page is alone, its policy names its script and nothing else, and labels stay text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from markupsafe import Markup

from fcm_migration.errors import MachineError, UsageError
from fcm_migration.publish.query import Connection
from fcm_migration.refresh.context import Context
from fcm_migration.reports.charts.palette import LIGHT
from fcm_migration.reports.explorer import drawing, explorer_page, runtime
from fcm_migration.reports.explorer.encoding import unpacked
from fcm_migration.reports.explorer.page import page_script, script_hash
from tests.reports.brief_html import parsed
from tests.reports.explorer.editions import MARKUP
from tests.toy import TOY

PACKAGE = Path(runtime.__file__).parent
SCRIPTS = sorted((PACKAGE / "scripts").glob("*.js"))
MOST_LINES = 300


@pytest.fixture(scope="module")
def page(published: Context) -> str:
    with Connection(published.home.published) as connection:
        return explorer_page(connection, sources=[TOY])


def test_the_policy_names_the_script_and_allows_no_request(page: str) -> None:
    root = parsed(page)
    (policy,) = root.every("meta", http_equiv="Content-Security-Policy")
    rules = dict(rule.split(" ", 1) for rule in policy.attributes["content"].split("; "))
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data: blob:"
    assert "connect-src" not in rules
    assert "unsafe-eval" not in policy.attributes["content"]


def test_the_page_stands_alone(page: str) -> None:
    root = parsed(page)
    every = root.every()
    assert {one.tag for one in every}.isdisjoint({"link", "iframe", "object", "embed", "form"})
    for one in every:
        assert not {name for name in one.attributes if name.startswith("on") or name == "src"}
    (style,) = root.every("style")
    assert "url(" not in style.text
    assert "@import" not in style.text
    assert [len(root.every(tag)) for tag in ("header", "main", "h1")] == [1, 1, 1]
    ids = [one.attributes["id"] for one in every if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    for one in every:
        if one.tag == "label" and "for" in one.attributes:
            assert one.attributes["for"] in ids


def test_labels_never_become_markup(hostile: Path) -> None:
    with Connection(hostile) as connection:
        page = explorer_page(connection, sources=[TOY])
    root = parsed(page)
    assert len(root.every("script")) == 2
    assert not root.every("img")
    assert "javascript:" not in page.replace(page_script(), "")
    content = unpacked(root.every("script")[0].text)
    assert any(MARKUP in words for words in content["words"]["destination_iso3"])
    (source,) = content["sources"]
    assert source["url"] == ""
    assert "\u202e" not in json.dumps(content, ensure_ascii=False)


def test_scripts_are_small_and_write_texts_only() -> None:
    assert SCRIPTS
    for path in SCRIPTS:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= MOST_LINES, path.name
        assert text.startswith("// "), path.name
        for forbidden in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ):
            assert forbidden not in text, (path.name, forbidden)
        assert not re.search(r"\bfetch\(|XMLHttpRequest|WebSocket|https?://(?!www\.w3\.org)", text)


def test_the_script_is_one_function_and_finds_its_elements(page: str) -> None:
    script = page_script()
    assert script.startswith("(() => {\n'use strict';\n")
    assert script.endswith("})();\n")
    ids = {one.attributes["id"] for one in parsed(page).every() if "id" in one.attributes}
    own = "".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    assert set(re.findall(r"byId\('([a-z-]+)'\)", own)) <= ids
    assert script_hash(script) in page


def test_the_style_and_navigation_of_the_site_are_taken(published: Context) -> None:
    with Connection(published.home.published) as connection:
        page = explorer_page(
            connection, style="nav{color:red}", navigation=Markup("<nav>Home</nav>"), sources=[TOY]
        )
        escaped = explorer_page(connection, navigation="<b>", sources=[TOY])
    assert parsed(page).every("nav")[0].text == "Home"
    assert "nav{color:red}</style>" in page
    assert "&lt;b&gt;" in escaped
    for role in LIGHT:
        assert f"--chart-{role}:" in page


def test_every_layer_has_its_data_and_ends_are_signals() -> None:
    own = "".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    for name, vega in drawing.templates().items():
        assert vega["autosize"] == "none"
        text = json.dumps(vega)
        for scale in vega["scales"]:
            assert "signal" in scale["domain"], name
        # the ends a template is declared with stand in its signals alone
        for end in (drawing.AREA.first, drawing.AREA.last, drawing.AREA.top):
            assert text.count(str(end)) == 1
        named = [one["name"] for one in vega["data"] if "source" not in one]
        for layer in named:
            stem = re.sub(r"_(\d+|lower|upper)$", "_", layer)
            assert stem in own, layer
    assert "vega-lite" not in json.dumps(drawing.templates())


def test_a_runtime_that_would_end_its_element_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import vl_convert

    monkeypatch.setattr(vl_convert, "javascript_bundle", lambda _snippet: "'</SCRIPT>'")
    with pytest.raises(MachineError, match="cannot stand within a page"):
        runtime.vega_runtime.__wrapped__()


def test_an_edition_without_series_is_refused(published: Context, tmp_path: Path) -> None:
    file = tmp_path / "fcm_migration.duckdb"
    shutil.copyfile(published.home.published, file)
    file.chmod(0o600)
    with duckdb.connect(str(file)) as connection:
        connection.execute("DELETE FROM mart.series_index")
    with Connection(file) as connection, pytest.raises(UsageError, match="no series to explore"):
        explorer_page(connection)
