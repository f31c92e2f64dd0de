"""`visavis audit`."""

import asyncio
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from visavis.cli.messages import say
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, err, out, print_json, settings
from visavis.cli.progress import progress_bar
from visavis.cli.times import Since

if TYPE_CHECKING:
    from visavis.server.auditing import Verified

audit_app = typer.Typer(no_args_is_help=True, help=say("The audit log: verify, show, export, sign."))

FOUND = {
    "chain": "entry {seq} is not what was written, or does not hang on the one before",
    "checkpoint": "the first {seq} entries are not those that were signed",
    "cut": "the log ends before entry {seq}, which was signed",
    "signature": "a checkpoint of entry {seq} was not signed by this site",
    "missing": "the checkpoint of entry {seq} is in one place only: database or file was put back",
}


@audit_app.command(
    "verify",
    epilog="`visavis audit verify --export log.jsonl --checkpoints checkpoints.jsonl --public-key site.jwks`",
    help=say("Check both logs against themselves and what was signed; exit status 1 when anything does not fit."),
)
def verify(
    export: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help=say("An exported log, instead of the database.")),
    ] = None,
    checkpoints: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help=say("Checkpoints to compare with."), show_default=False),
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help=say("The site's public keys (JWKS or PEM)."), show_default=False
        ),
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """Of the database, or offline of an export."""
    from visavis.privacy.checkpoints import read_checkpoints
    from visavis.privacy.jwk import read_public_keys
    from visavis.server.auditing import known_publics, verify_database, verify_export

    given = settings(data_dir=data_dir, database_url=database_url)
    with progress_bar(err) as progress:
        if export is None:
            found = asyncio.run(verify_database(given, progress, also=checkpoints))
        else:
            publics = read_public_keys(public_key.read_text()) if public_key else known_publics(given)
            kept = read_checkpoints(checkpoints or given.checkpoints_file)
            found = verify_export(export, kept, publics, progress)
    if json_:
        print_json(asdict(found))
    else:
        _show_verified(found)
    if not found.intact:
        raise typer.Exit(1)


def _show_verified(found: "Verified") -> None:
    for half in found.halves:
        mark = "[green]✓[/]" if half.intact else "[red]✗[/]"
        text = say("{half}: {entries} entries fit; {checkpoints} checkpoints hold, the last of entry {covered}.")
        told = {"entries": f"{half.entries:,}", "checkpoints": half.checkpoints, "covered": f"{half.covered:,}"}
        out.print(f"{mark} {text.format(half=half.half, **told)}", highlight=False, soft_wrap=True)
        for one in half.findings:
            out.print(f"  → {say(FOUND[one.means]).format(seq=f'{one.seq:,}')}", highlight=False, soft_wrap=True)
    speed = say("{rate} entries a second.").format(rate=f"{found.entries_per_s:,}")
    out.print(speed, highlight=False)


@audit_app.command(
    "show",
    epilog="`visavis audit show --subject TOKEN --since 24h --action read`",
    help=say("The newest entries of both logs; that you looked is written down."),
)
def show(
    subject: Annotated[
        str | None, typer.Option(help=say("Of one person, by token."), show_default=say("everybody"))
    ] = None,
    action: Annotated[
        str | None, typer.Option(help=say("Of one kind, such as read."), show_default=say("everything"))
    ] = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help=say("At most so many."))] = 100,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """Newest first."""
    from visavis.server.auditing import show as shown

    given = settings(data_dir=data_dir, database_url=database_url)
    found = asyncio.run(shown(given, subject=subject, action=action, since=since, limit=limit))
    if json_:
        print_json([{"half": half, **asdict(entry)} for half, entry in found])
        return
    table = Table("", "#", say("time"), say("who"), say("what"), say("whom"), "")
    for half, entry in found:
        detail = " ".join(f"{key}={value}" for key, value in entry.detail.items())
        cells = (half, str(entry.seq), f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.actor, entry.action, entry.subject)
        table.add_row(*map(escape, (*cells, detail)))
    out.print(table)


@audit_app.command(
    "export",
    epilog="`visavis audit export log.jsonl --checkpoints checkpoints.jsonl --public-key site.jwks`",
    help=say("Write both logs to a file that anybody can verify; that you did is written down."),
)
def export(
    file: Annotated[Path, typer.Argument(dir_okay=False, help=say("JSON lines."), show_default=False)],
    checkpoints: Annotated[
        Path | None, typer.Option(dir_okay=False, help=say("Write the checkpoints here."), show_default=False)
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(dir_okay=False, help=say("Write the site's public key here."), show_default=False)
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """Files are replaced whole."""
    from visavis.server.auditing import export as exported

    given = settings(data_dir=data_dir, database_url=database_url)
    with progress_bar(err) as progress:
        done = asyncio.run(exported(given, file, checkpoints=checkpoints, key=public_key, progress=progress))
    if json_:
        print_json(asdict(done))
    else:
        out.print(say("{entries} entries and {checkpoints} checkpoints.").format(**asdict(done)), highlight=False)


@audit_app.command(
    "checkpoint",
    epilog='`visavis audit checkpoint --restored "disk failed on Monday"`',
    help=say("Sign how both logs stand now; the site does so by itself every hour and every 1,000 entries."),
)
def checkpoint(
    restored: Annotated[
        str | None,
        typer.Option(
            max=200, help=say("A backup was restored on purpose, and why: what was lost with it is void from now on.")
        ),
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json_: AsJson = False,
) -> None:
    """What is new alone is signed."""
    from visavis.server.auditing import sign

    signed = asyncio.run(sign(settings(data_dir=data_dir, database_url=database_url), restored=restored))
    if json_:
        print_json([asdict(one) for one in signed])
        return
    for one in signed:
        out.print(say("{half}: signed up to entry {seq}.").format(half=one.half, seq=f"{one.seq:,}"), highlight=False)
    if not signed:
        out.print(say("Nothing is new."))


class Half(StrEnum):
    """Whose log."""

    EDGE = "edge"
    HUB = "hub"


@audit_app.command(
    "prove",
    epilog="`visavis audit prove 4711 --half edge`",
    help=say("Show that one entry is in the log, to somebody who has a checkpoint alone (RFC 6962); prints JSON."),
)
def prove(
    entry: Annotated[int, typer.Argument(min=1, help=say("Number of the entry."), show_default=False)],
    half: Annotated[Half, typer.Option(help=say("Whose log."))] = Half.EDGE,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Entry, place, hashes and the signed checkpoint."""
    from visavis.server.auditing import prove as proved

    given = settings(data_dir=data_dir, database_url=database_url)
    print_json(asyncio.run(proved(given, half=half.value, seq=entry)))
