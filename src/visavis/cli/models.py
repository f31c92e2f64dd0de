"""`visavis models`: what was trained, what serves, and why."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markdown import Markdown
from rich.markup import escape
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.models_gate import EPILOG as GATE_EPILOG
from visavis.cli.models_gate import HELP as GATE_HELP
from visavis.cli.models_gate import models_gate
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, Scenario, out, print_json, settings
from visavis.errors import ArtefactInvalid, InputRefused

if TYPE_CHECKING:
    from visavis.config import Settings
    from visavis.types import Artefact, ModelEntry

models_app = typer.Typer(no_args_is_help=True, help=say("Trained models: list, look into, verify, promote, roll back."))

BY = "command line"
CARD = "card.md"


class KindName(StrEnum):
    """As `visavis.types.ModelKind`."""

    BEHAVIOUR = "behaviour"
    RECOMMEND = "recommend"
    POLICY = "policy"


Kind = Annotated[KindName, typer.Argument(help=say("What the model is for."), show_default=False)]
Version = Annotated[int, typer.Argument(min=1, help=say("Number of the model."), show_default=False)]
Why = Annotated[str, typer.Option(help=say("Reason, for the record."), show_default=False)]


@models_app.command(
    "list",
    epilog="`visavis models list --scenario finance`",
    help=say("Every model of a scenario, and where it stands."),
)
def models_list(
    scenario: Scenario = None, data_dir: DataDir = None, database_url: DatabaseUrl = None, json_: AsJson = False
) -> None:
    """By kind, the newest first."""
    entries = asyncio.run(_listed(settings(scenario=scenario, data_dir=data_dir, database_url=database_url)))
    if json_:
        print_json([_row(entry) for entry in entries])
        return
    table = Table(*(say(column) for column in ("kind", "version", "state", "since", "why", "made", "bytes")))
    for entry in entries:
        last = entry.changes[-1]
        made = f"{entry.made_at:%Y-%m-%d %H:%M}" if entry.made_at else f"[red]{escape(entry.damaged)}[/]"
        size = f"{sum(entry.sizes.values()):,}"
        state = say(entry.state.value)
        row = (entry.kind.value, str(entry.version), state, f"{last.at:%Y-%m-%d %H:%M}", escape(last.why), made, size)
        table.add_row(*row)
    out.print(table)


async def _listed(given: "Settings") -> "list[ModelEntry]":
    from visavis.scenarios.loader import load_scenario
    from visavis.server.models import open_registry

    name = load_scenario(given.scenario).name
    async with open_registry(given) as (_storage, registry):
        return list(await registry.list(name))


def _row(entry: "ModelEntry") -> dict[str, Any]:
    return {
        "kind": entry.kind.value,
        "version": entry.version,
        "state": entry.state.value,
        "damaged": entry.damaged or None,
        "made_at": entry.made_at and entry.made_at.isoformat(),
        "files": dict(entry.sizes),
        "changes": [{"state": c.state.value, "why": c.why, "at": c.at.isoformat()} for c in entry.changes],
        "meta": dict(entry.meta),
    }


@models_app.command(
    "show",
    epilog="`visavis models show recommend 3 --scenario finance --files ./model`",
    help=say("The card of a model: data, figures with intervals, limits, how it was made."),
)
def models_show(
    kind: Kind,
    version: Version,
    files: Annotated[
        Path | None,
        typer.Option(help=say("Write the model's files, opened, into this folder."), show_default=False),
    ] = None,
    scenario: Scenario = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """Signature and digests are compared first."""
    given = settings(scenario=scenario, data_dir=data_dir, database_url=database_url)
    artefact = asyncio.run(_one(given, kind, version))
    if files is not None:
        _write(artefact, files)
    if json_:
        print_json(dict(artefact.meta))
    elif CARD in artefact.files:
        out.print(Markdown(artefact.files[CARD].decode()))
    else:
        out.print(f"{kind.value} {version}: {', '.join(sorted(artefact.files))}", highlight=False)


async def _one(given: "Settings", kind: KindName, version: int) -> "Artefact":
    from visavis.scenarios.loader import load_scenario
    from visavis.server.models import open_registry
    from visavis.types import ModelKind

    name = load_scenario(given.scenario).name
    async with open_registry(given) as (_storage, registry):
        return await registry.at(ModelKind(kind.value), name, version)


def _write(artefact: "Artefact", folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in artefact.files.items():
            (folder / name).write_bytes(content)
    except OSError as failure:
        raise InputRefused(f"--files: {folder}: {failure.strerror}") from failure


@models_app.command(
    "verify",
    epilog="`visavis models verify --scenario finance`",
    help=say("Open every model and compare signature and digests."),
)
def models_verify(
    scenario: Scenario = None, data_dir: DataDir = None, database_url: DatabaseUrl = None, json_: AsJson = False
) -> None:
    """Exit status 1 when one is damaged or was signed by another site."""
    found = asyncio.run(_verified(settings(scenario=scenario, data_dir=data_dir, database_url=database_url)))
    if json_:
        print_json(found)
    else:
        for one in found:
            mark = "[red]✗[/]" if one["damaged"] else "[green]✓[/]"
            text = f"{mark} {one['kind']} {one['version']} ({say(str(one['state']))})"
            out.print(f"{text}: {escape(str(one['damaged']))}" if one["damaged"] else text, highlight=False)
    if any(one["damaged"] for one in found):
        raise typer.Exit(1)


async def _verified(given: "Settings") -> list[dict[str, Any]]:
    from visavis.scenarios.loader import load_scenario
    from visavis.server.models import open_registry

    name, found = load_scenario(given.scenario).name, []
    async with open_registry(given) as (_storage, registry):
        for entry in await registry.list(name):
            damaged = entry.damaged
            try:
                await registry.at(entry.kind, name, entry.version)
            except ArtefactInvalid as error:
                damaged = error.detail
            row = {"kind": entry.kind.value, "version": entry.version, "state": entry.state.value}
            found.append({**row, "damaged": damaged or None})
    return found


@models_app.command(
    "promote",
    epilog='`visavis models promote recommend 3 --scenario finance --why "checked by hand"`',
    help=say("Let a model serve. Who serves is told, and swaps it in."),
)
def models_promote(
    kind: Kind,
    version: Version,
    why: Why,
    scenario: Scenario = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """The one that served before retires in the same moment."""
    asyncio.run(
        _promoted(settings(scenario=scenario, data_dir=data_dir, database_url=database_url), kind, version, why)
    )
    if json_:
        print_json({"kind": kind.value, "version": version, "state": "live"})
    else:
        out.print(say("{kind} {version} serves now.").format(kind=kind.value, version=version))


async def _promoted(given: "Settings", kind: KindName, version: int, why: str) -> None:
    from visavis.scenarios.loader import load_scenario
    from visavis.server.models import open_registry
    from visavis.types import ModelKind, ModelState

    name = load_scenario(given.scenario).name
    async with open_registry(given) as (_storage, registry):
        await registry.move(ModelKind(kind.value), name, version, ModelState.LIVE, f"{BY}: {why}"[:500])


models_app.command("gate", epilog=GATE_EPILOG, help=GATE_HELP)(models_gate)


@models_app.command(
    "rollback",
    epilog='`visavis models rollback recommend --scenario finance --why "fewer clicks than before"`',
    help=say("Let the model serve again that served before."),
)
def models_rollback(
    kind: Kind,
    why: Why,
    scenario: Scenario = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """The newest earlier version that has served."""
    given = settings(scenario=scenario, data_dir=data_dir, database_url=database_url)
    version = asyncio.run(_rolled_back(given, kind, why))
    if json_:
        print_json({"kind": kind.value, "version": version, "state": "live"})
    else:
        out.print(say("{kind} {version} serves now.").format(kind=kind.value, version=version))


async def _rolled_back(given: "Settings", kind: KindName, why: str) -> int:
    from visavis.scenarios.loader import load_scenario
    from visavis.server.models import open_registry
    from visavis.types import ModelKind

    name = load_scenario(given.scenario).name
    async with open_registry(given) as (_storage, registry):
        return await registry.back(ModelKind(kind.value), name, f"{BY}: {why}"[:500])
