"""`visavis members`."""

import asyncio
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, CacheDir, DatabaseUrl, DataDir, err, out, print_json, settings
from visavis.cli.progress import progress_bar
from visavis.cli.rights import export, forget, withdraw

if TYPE_CHECKING:
    from collections.abc import Callable

    from visavis.config import Settings
    from visavis.pipeline.rekey import Rekeyed

members_app = typer.Typer(
    no_args_is_help=True, help=say("Members of this site: how many, their keys, and what they may ask for.")
)
members_app.command(
    "export",
    epilog="`visavis members export mfrggzdf --why member --format html --out my-data.html`",
    help=say("Everything that is held about one member, for their own eyes."),
)(export)
members_app.command(
    "withdraw",
    epilog="`visavis members withdraw mfrggzdf --purpose recognise`",
    help=say("End one consent on a member's request; they stay a member."),
)(withdraw)
members_app.command(
    "forget",
    epilog="`visavis members forget --card --yes`",
    help=say("End every consent of a member and erase them, on their request."),
)(forget)


@members_app.command(
    "list",
    epilog="`visavis members list --json`",
    help=say("How many members there are, and what their templates are."),
)
def members_list(data_dir: DataDir = None, database_url: DatabaseUrl = None, json_: AsJson = False) -> None:
    """Numbers only: who they are is nobody's business here."""
    counts = asyncio.run(_counted(settings(data_dir=data_dir, database_url=database_url)))
    if json_:
        print_json(counts)
        return
    out.print(say("{members} members, {by_face} of them by face.").format(**counts))
    table = Table(say("model"), say("rotation"), say("templates"))
    for row in counts["templates"]:
        table.add_row(row["model"], str(row["rotation"]), str(row["count"]))
    if counts["templates"]:
        out.print(table)


async def _counted(given: "Settings") -> dict:  # type: ignore[type-arg]  # what is printed
    from visavis.identity.rotation import base_model, version_of
    from visavis.storage.database import open_storage

    async with open_storage(given.database_url, data_dir=given.data_dir) as storage:
        members = await storage.roster.members()
    models = Counter(template.model for member in members for template in member.templates)
    return {
        "members": len(members),
        "by_face": sum(bool(member.templates) for member in members),
        "templates": [
            {"model": base_model(model), "rotation": version_of(model), "count": count}
            for model, count in sorted(models.items())
        ],
    }


@members_app.command(
    "rekey",
    epilog="`visavis members rekey`",
    help=say("Give every member a fresh key and the templates another rotation; the site may go on running."),
)
def members_rekey(
    data_dir: DataDir = None, database_url: DatabaseUrl = None, cache_dir: CacheDir = None, json_: AsJson = False
) -> None:
    """Templates that somebody copied before are worth nothing against those of now. Stopped half-way, run it again."""
    given = settings(data_dir=data_dir, database_url=database_url, cache_dir=cache_dir)
    with progress_bar(err) as progress:
        done = asyncio.run(_rekeyed(given, progress))
    if json_:
        print_json(asdict(done))
    else:
        text = say("{members} members have fresh keys; {templates} templates are in rotation {rotation}.")
        out.print(text.format(**asdict(done)))
        if done.held:
            out.print(say("{held} of them have templates that only their card opens.").format(held=done.held))
    if done.left:
        err.print(say("{left} members changed meanwhile: run it once more.").format(left=done.left))
        raise typer.Exit(1)


async def _rekeyed(given: "Settings", progress: "Callable[[str, float], None]") -> "Rekeyed":
    from visavis.perception.packs import chosen_pack, read_manifest
    from visavis.pipeline.rekey import rekey
    from visavis.server.keys import open_keys
    from visavis.server.wall_clock import WallClock
    from visavis.storage.database import open_storage

    keys = open_keys(given)
    manifest = read_manifest(chosen_pack(given.face_pack, given.packs_dir, progress))
    async with open_storage(given.database_url, data_dir=given.data_dir) as storage:
        return await rekey(
            storage.roster,
            keys,
            storage.audit,
            WallClock(),
            model=manifest.model_id,
            dim=manifest.dim,
            progress=progress,
        )
