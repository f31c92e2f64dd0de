"""What we depend on: bounded from below, from an index, and asked about in CI."""

import importlib.util
import json
import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = {
    text: Requirement(text)
    for texts in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for text in texts
    if not text.startswith("visavis[")
}
UP_TO = {"setuptools"}  # of our own choice: face_recognition, which is measured beside, needs the old one


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["audit"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("text", REQUIREMENTS)
def test_every_dependency_has_a_lower_bound(text: str) -> None:
    """So that no resolver falls back to a release with known holes; none comes from a URL."""
    requirement = REQUIREMENTS[text]
    assert requirement.url is None
    operators = {one.operator for one in requirement.specifier}
    assert operators & {">=", "==", "~="} or requirement.name in UP_TO, text


def test_what_is_installed_meets_the_bounds() -> None:
    """Of those that are installed here; the peers' own only where face_recognition is, whom they are for."""
    seen = 0
    for requirement in REQUIREMENTS.values():
        if requirement.name in UP_TO and importlib.util.find_spec("face_recognition") is None:
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            continue
        assert requirement.specifier.contains(installed, prereleases=True), f"{requirement}: {installed}"
        seen += 1
    assert seen > 30


def said(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": list(packages)})


def test_a_finding_fails_and_silence_of_a_mirror_is_no_all_clear(audit: ModuleType) -> None:
    """One vulnerability: status 1. A service that knows no package has not been asked, and that is said."""
    good = {"name": "idna", "version": "3.10", "vulns": []}
    bad = {"name": "jinja2", "version": "3.1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1.6"]}]}
    away = {"name": "numpy", "skip_reason": "Dependency not found on PyPI"}
    status, lines = audit.verdict([audit.read("pypi", said(good, bad))])
    assert status == 1
    assert any("jinja2 3.1.0: PYSEC-1, fixed in 3.1.6" in line for line in lines)
    assert audit.verdict([audit.read("pypi", said(good))]) == (
        0, ["audit: pypi: 1 packages asked, 0 known vulnerabilities"],
    )  # fmt: skip
    for answers in ([audit.read("pypi", said(away)), None], [None, None]):
        status, lines = audit.verdict(answers)
        assert status == 0
        assert "no advisory database could be asked" in lines[0]
    status, lines = audit.verdict([audit.read("pypi", said(good, good, away))])
    assert "not known there: numpy" in lines[-1]
    with pytest.raises(ValueError, match="Expecting"):
        audit.read("pypi", "")


def test_ci_runs_the_audit() -> None:
    """Beside check and test."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"^make (\w+)$", script, re.MULTILINE) == ["check", "audit", "test"]
    assert "pip_audit" in (ROOT / ".ci" / "audit.py").read_text(encoding="utf-8")
