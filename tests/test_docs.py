"""The reference is generated from the program; run this file to write it: python tests/test_docs.py."""

import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import typer
from fastapi import FastAPI

from visavis import errors
from visavis.cli.app import app
from visavis.config import Settings
from visavis.privacy.assessment.risks import RISKS
from visavis.server.app import ROUTERS
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
    """Every route with its bodies, and every problem code."""
    lines = [
        "# HTTP",
        "",
        "The OpenAPI document is at `/v1/openapi.json`. Errors are problem details (RFC 9457) with a stable `code`.",
    ]
    lines += ["", "## Routes", "", "| route | meaning |", "| --- | --- |"]
    for router in ROUTERS:
        for route in router.routes:
            method = "WS" if not getattr(route, "methods", None) else next(iter(route.methods))
            meaning = (route.endpoint.__doc__ or "").strip().split("\n")[0]
            lines.append(f"| `{method} {route.path_format}` | {meaning} |")
    lines += ["", "Pages: `/kiosk`, `/play/{placement}`, `/console/`. For monitors: `/healthz`, `/readyz`, `/metrics`."]
    lines += ["", "## Bodies", "", *bodies()]
    lines += ["", "## Problem codes", "", "| code | status | message and remedy |", "| --- | --- | --- |"]
    for kind in kinds():
        status = next(int(status) for base, status in STATUS if issubclass(kind, base))
        lines.append(f"| `{kind.code()}` | {status} | {kind()} |")
    return "\n".join(lines) + "\n"


def bodies() -> list[str]:
    """What each route takes and gives: fields, and the examples of the OpenAPI document."""
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router)
    document = app.openapi()
    schemas = document.get("components", {}).get("schemas", {})
    lines = []
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            told = [*fields(said, schemas), *examples(said, schemas)]
            if told:
                lines += [f"### `{method.upper()} {path}`", "", *told]
    return lines


def fields(said: dict[str, Any], schemas: dict[str, Any]) -> list[str]:
    """Parameters and form fields as a table; a JSON body as its example."""
    rows = [
        (name_of(p), kind_of(p["schema"], schemas), p["in"], p.get("required", False), p.get("description", ""))
        for p in said.get("parameters", [])
    ]
    content = said.get("requestBody", {}).get("content", {})
    json_body: list[str] = []
    for media, body in content.items():
        schema = resolved(body["schema"], schemas)
        if media == "application/json":
            json_body = sample("Request", schema)
            continue
        wanted = schema.get("required", [])
        for name, field in schema.get("properties", {}).items():
            rows.append((name, kind_of(field, schemas), "form", name in wanted, field.get("description", "")))
    if not rows:
        return json_body
    table = ["| field | type | in | |", "| --- | --- | --- | --- |"]
    for name, kind, place, required, text in rows:
        table.append(f"| `{name}`{'' if required else ' (optional)'} | {kind} | {place} | {text} |")
    return [*table, "", *json_body]


def name_of(parameter: dict[str, Any]) -> str:
    return parameter["name"].title() if parameter["in"] == "header" else parameter["name"]


def examples(said: dict[str, Any], schemas: dict[str, Any]) -> list[str]:
    """The answer that succeeds."""
    status, answer = next((s, a) for s, a in said["responses"].items() if s.startswith("2"))
    for media, body in answer.get("content", {}).items():
        if media == "application/json":
            return sample(f"Response {status}", resolved(body.get("schema", {}), schemas))
        return [f"Response {status}: `{media}`", ""]
    return [f"Response {status}, empty", ""]


def sample(title: str, schema: dict[str, Any]) -> list[str]:
    if not schema.get("examples"):
        return []
    return [title, "", "```json", json.dumps(schema["examples"][0], indent=2, ensure_ascii=False), "```", ""]


def resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    return schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema


def kind_of(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """In words: "number, 1 to 5"."""
    schema = resolved(schema, schemas)
    kinds = [resolved(s, schemas) for s in schema.get("anyOf", [schema]) if s.get("type") != "null"]
    one = kinds[0]
    if "enum" in one:
        return " / ".join(f"`{value}`" for value in one["enum"])
    if one.get("type") == "array":
        return f"list of {kind_of(one['items'], schemas)}"
    return "file" if one.get("contentMediaType") or one.get("format") == "binary" else one.get("type", "object")


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


PROMISES = ("privacy.md", "requirements.md", "asvs.md")
REQUIREMENTS = range(1, 23)


def written_tests() -> set[str]:
    """Names of all test functions."""
    sources = (path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py")))
    return {name for source in sources for name in re.findall(r"^ *(?:async )?def (test_\w+)", source, re.MULTILINE)}


@pytest.mark.parametrize("name", PROMISES)
def test_every_test_that_a_promise_names_exists(name: str) -> None:
    """A promise that points at a test that is gone points nowhere."""
    page = (DOCS / "explanation" / name).read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    assert named
    assert named <= written_tests(), named - written_tests()


@pytest.mark.parametrize("name", PROMISES)
def test_every_file_that_a_promise_names_exists(name: str) -> None:
    """Evidence is a file of this repository."""
    page = (DOCS / "explanation" / name).read_text(encoding="utf-8")
    named = {found.split("#")[0] for found in re.findall(r"`((?:src|tests|docs)/[^`\s]+)`", page)}
    assert not [path for path in named if not (ROOT / path).exists()]


def test_the_checklist_of_security_is_whole() -> None:
    """ASVS 5.0.0 has 253 requirements of level 1 and 2, 36 of them on what is not here; sums are those of the rows."""
    page = (DOCS / "explanation" / "asvs.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \| [12] \| [^|]+ \| ([a-z ]+) \| [^|]+ \|$", page, re.MULTILINE)
    assert len(rows) == len({number for number, _ in rows}) == 253 - 36
    assert {"10.all", "17.all"} == set(re.findall(r"^\| (\d+\.all) ", page, re.MULTILINE))
    by_status = Counter(status for _, status in rows) + Counter({"not applicable": 36})
    (told,) = re.findall(r"Of 253 requirements: (\d+) met, (\d+) in part, (\d+) not met, (\d+) not applicable", page)
    assert list(map(int, told)) == [by_status[s] for s in ("met", "part", "not met", "not applicable")]


@pytest.mark.parametrize("number", REQUIREMENTS)
def test_each_requirement_has_a_row_and_a_test_of_its_name(number: int) -> None:
    """R8 has a row, `test_r08_…` exists, and the row names it."""
    page = (DOCS / "explanation" / "requirements.md").read_text(encoding="utf-8")
    rows = re.findall(rf"^\| R{number} \|.*$", page, re.MULTILINE)
    assert len(rows) == 1
    own = {name for name in written_tests() if name.startswith(f"test_r{number:02}_")}
    assert own & set(re.findall(r"`(test_\w+)`", rows[0]))


def test_every_test_that_the_impact_assessment_names_exists() -> None:
    """A measure that points at a test that is gone shows nothing."""
    named = {name for risk in RISKS for name in risk.shown_by}
    assert len(named) > 10
    assert named <= written_tests(), named - written_tests()


if __name__ == "__main__":
    (DOCS / "reference").mkdir(exist_ok=True)
    for file, text in REFERENCE.items():
        (DOCS / "reference" / file).write_text(text(), encoding="utf-8")
    sys.stdout.write(f"{len(REFERENCE)} pages written\n")
