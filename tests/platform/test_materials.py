"""``fieldstone bill-of-materials``: all that the product is made of, with licences that are allowed."""

import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli import main
from api.materials import Licences, load_licences, materials, pinned, refused
from api.settings import ROOT


def bill(*words: str) -> Result:
    return CliRunner().invoke(main, ["bill-of-materials", *words])


def test_every_licence_is_known_and_allowed_that_of_tools_too() -> None:
    assert refused(materials(tools=True), load_licences()) == []


def test_the_locks_versions_are_the_ones_installed_here() -> None:
    pins = {name: pin for name, pin in pinned(ROOT / "requirements.lock") if name != "colorama"}
    assert {name: version(name) for name in pins} == pins


def test_cyclonedx_says_name_version_licence_hashes_and_where_from() -> None:
    result = bill("--format", "cyclonedx")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", document["serialNumber"])
    assert document["metadata"]["component"]["version"] == version("fieldstone")
    components = {one["purl"]: one for one in document["components"]}
    assert len(components) == len(document["components"])
    pillow = components[f"pkg:pypi/pillow@{version('pillow')}"]
    assert pillow["licenses"] == [{"license": {"id": "MIT-CMU"}}]
    assert pillow["scope"] == "required"
    assert all(one["alg"] == "SHA-256" and re.fullmatch("[0-9a-f]{64}", one["content"]) for one in pillow["hashes"])
    signals = next(one for purl, one in components.items() if purl.startswith("pkg:npm/%40preact/signals@"))
    assert signals["hashes"][0]["alg"] == "SHA-512"
    assert len(signals["hashes"][0]["content"]) == 128
    assert all(one["hashes"] for one in components.values())
    assert not any(purl.startswith(("pkg:pypi/pytest@", "pkg:npm/vite@")) for purl in components)
    assert bill("--format", "cyclonedx").stdout == result.stdout


def test_the_table_with_tools_lists_what_tests_the_product() -> None:
    result = bill("--tools")
    assert result.exit_code == 0, result.output
    assert re.search(r"^pytest +\S+ +pypi +tool +MIT$", result.stdout, re.MULTILINE)
    assert re.search(r"^vite +\S+ +npm +tool +MIT$", result.stdout, re.MULTILINE)
    assert re.search(r"^alembic +\S+ +pypi +product +MIT$", result.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("MIT OR GPL-3.0-only", True),
        ("GPL-3.0-only AND MIT", False),
        ("MIT AND Apache-2.0", True),
        ("GPL-3.0-only OR MIT AND Apache-2.0", True),
        ("(GPL-3.0-only OR MIT) AND Apache-2.0", True),
        ("(GPL-3.0-only OR MIT) AND AGPL-3.0-only", False),
        ("(MIT", False),
        ("MIT MIT", False),
        ("MIT OR", True),
        ("", False),
        ("unknown", False),
        ("Apache-2.0 WITH LLVM-exception", False),
    ],
)
def test_an_expression_is_allowed_when_it_leaves_a_choice_that_is(expression: str, allowed: bool) -> None:
    assert Licences(frozenset({"MIT", "Apache-2.0"}), {}, {}).allows(expression) is allowed


def test_a_package_of_another_licence_or_of_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "requirements.lock").write_text("no-such-package==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n")
    packages = {
        "node_modules/copyleft": {"version": "1.0.0", "license": "AGPL-3.0-only", "integrity": "sha512-AAAA"},
        "node_modules/fine": {"version": "1.0.0", "license": "MIT", "integrity": "sha512-AAAA"},
    }
    (tmp_path / "web" / "package-lock.json").write_text(json.dumps({"packages": packages}))
    found = materials(tools=False, root=tmp_path)
    assert [(one.name, one.licence) for one in refused(found, load_licences())] == [
        ("copyleft", "AGPL-3.0-only"),
        ("no-such-package", "unknown"),
    ]
