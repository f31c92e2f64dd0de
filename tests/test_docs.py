"""The reference is generated from the program; run this file to write it: python tests/test_docs.py."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from visavis import errors
from visavis.cli.app import app
from visavis.config import Settings
from visavis.server.api import edge, hub
from visavis.server.problems import STATUS
from visavis.server.tally import Tally

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted(DOCS.rglob("*.md"))]


# ------ what the program says of itself


def cli() -> str:
    """Every command with its arguments and options."""
    lines = [
        "# Command line",
        "",
        "Every command has `--help`; messages follow the language of the environment (`VISAVIS_LANG`).",
    ]
    for path, command in commands(typer.main.get_command(app), "visavis"):
        arguments = [f"[{p.name.upper()}]" for p in command.params if p.param_type_name == "argument"]
        usage = " ".join([path, *arguments])
        lines += ["", f"## `{path}`", "", (command.help or "").strip(), "", f"    {usage}"]
        options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
        if options:
            lines += ["", "| option | meaning |", "| --- | --- |"]
            lines += [f"| {'`, `'.join(['', *p.opts, *p.secondary_opts])[3:]}` | {p.help or ''} |" for p in options]
    return "\n".join(lines) + "\n"


def commands(command: Any, path: str) -> list[tuple[str, Any]]:
    """Leaves of the tree, in order."""
    if not hasattr(command, "commands"):
        return [(path, command)]
    return [leaf for name, child in command.commands.items() for leaf in commands(child, f"{path} {name}")]


def http() -> str:
    """Every route and every problem code."""
    lines = [
        "# HTTP",
        "",
        "The OpenAPI document is at `/v1/openapi.json`. Errors are problem details (RFC 9457) with a stable `code`.",
    ]
    lines += ["", "## Routes", "", "| route | meaning |", "| --- | --- |"]
    for router in (edge.router, hub.router):
        for route in router.routes:
            method = "WS" if not getattr(route, "methods", None) else next(iter(route.methods))
            meaning = (route.endpoint.__doc__ or "").strip().split("\n")[0]
            lines.append(f"| `{method} {route.path}` | {meaning} |")
    lines += ["", "Pages: `/kiosk`, `/play/{placement}`, `/console/`. For monitors: `/healthz`, `/readyz`, `/metrics`."]
    lines += ["", "## Problem codes", "", "| code | status | message and remedy |", "| --- | --- | --- |"]
    for kind in kinds():
        status = next(int(status) for base, status in STATUS if issubclass(kind, base))
        lines.append(f"| `{kind.code()}` | {status} | {kind()} |")
    return "\n".join(lines) + "\n"


def kinds() -> list[type[errors.VisavisError]]:
    found = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, errors.VisavisError)]
    return sorted(found, key=lambda kind: kind.code())


def settings() -> str:
    """Every setting with its variable."""
    lines = ["# Settings", "", "Options of the command line win over environment variables, those over the defaults."]
    lines += ["", "| variable | default | meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = "per user" if field.default_factory else field.default
        lines.append(
            f"| `VISAVIS_{name.upper()}` | {'none' if default is None else f'`{default}`'} | {field.description} |"
        )
    return "\n".join(lines) + "\n"


def metrics() -> str:
    """Every metric."""
    lines = ["# Metrics", "", "Prometheus text at `/metrics`. Counts and times only, never an identity."]
    lines += ["", "| metric | type | meaning |", "| --- | --- | --- |"]
    for metric in Tally().registry.collect():
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        lines.append(f"| `{name}` | {metric.type} | {metric.documentation} |")
    return "\n".join(lines) + "\n"


REFERENCE = {"cli.md": cli, "http.md": http, "settings.md": settings, "metrics.md": metrics}


# ------ tests


@pytest.mark.parametrize("name", REFERENCE)
def test_the_reference_is_what_the_program_says(name: str) -> None:
    """A change of an option, a route, an error, a setting or a metric fails here until the page is written again."""
    assert (DOCS / "reference" / name).read_text(encoding="utf-8") == REFERENCE[name](), (
        "run: python tests/test_docs.py"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    """Files and pictures; anchors are not followed."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]


def test_both_readmes_say_the_same() -> None:
    """The same number of headings and rows, and the same code blocks."""
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
    blocks = re.compile(r"```.*?```", re.DOTALL)
    assert blocks.findall(english) == blocks.findall(chinese)
    for mark in (r"^#+ ", r"^\|", r"^\d\. "):
        assert len(re.findall(mark, english, re.MULTILINE)) == len(re.findall(mark, chinese, re.MULTILINE)), mark


def test_every_command_in_the_docs_exists() -> None:
    """`visavis …` in a shell block names a real command with real options."""
    known = {path.split(" ", 1)[1]: command for path, command in commands(typer.main.get_command(app), "visavis")}
    shown = 0
    for page in PAGES:
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            for line in re.findall(r"^visavis (.+)$", block, re.MULTILINE):
                name = next((n for n in known if line == n or line.startswith(f"{n} ")), None)
                assert name is not None, f"{page.name}: visavis {line}"
                options = {o for p in known[name].params for o in (*p.opts, *p.secondary_opts)}
                assert set(re.findall(r"--[\w-]+", line)) <= options, f"{page.name}: visavis {line}"
                shown += 1
    assert shown > 3


def test_every_test_that_privacy_names_exists() -> None:
    """A promise that points at a test that is gone points nowhere."""
    named = set(re.findall(r"`(test_\w+)`", (DOCS / "explanation" / "privacy.md").read_text(encoding="utf-8")))
    sources = (path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py")))
    written = {name for source in sources for name in re.findall(r"^(?:async )?def (test_\w+)", source, re.MULTILINE)}
    assert len(named) > 10
    assert named <= written, named - written


if __name__ == "__main__":
    (DOCS / "reference").mkdir(exist_ok=True)
    for file, text in REFERENCE.items():
        (DOCS / "reference" / file).write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{len(REFERENCE)} pages written\n")
