"""`visavis keys`."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from visavis.cli.messages import say
from visavis.cli.options import AsJson, DatabaseUrl, DataDir, err, out, print_json, settings
from visavis.config import Kept

if TYPE_CHECKING:
    from visavis.config import Settings
    from visavis.server.keys import KeysShown

keys_app = typer.Typer(no_args_is_help=True, help=say("The site key: where it is, a new one, another place for it."))


@keys_app.command(
    "show",
    epilog="`visavis keys show --check`",
    help=say("Where the site key is and what it protects; never the key."),
)
def keys_show(
    check: Annotated[bool, typer.Option("--check", help=say("Open the key too, to know that it opens."))] = False,
    data_dir: DataDir = None,
    json_: AsJson = False,
) -> None:
    """Exit status 1 when there is no key."""
    from visavis.server.keys import shown

    found = shown(settings(data_dir=data_dir), opened=check)
    if json_:
        print_json(asdict(found))
    else:
        for line in _lines(found):
            out.print(escape(line), highlight=False, soft_wrap=True)
    if not found.exists:
        raise typer.Exit(1)


def _lines(found: "KeysShown") -> list[str]:
    level = say("Protection level {protection}; recommended here: {recommended} or more.")
    lines = [
        say("Site key ({site_key}): {place}").format(**asdict(found)),
        level.format(**asdict(found)),
        say("It was rotated before: back up site.ring with it.") if found.rotated else say("It was never rotated."),
    ]
    if not found.exists:
        lines.append(say("There is none yet; the first start makes it."))
    if found.rotating is not None:
        lines.append(say("A rotation was cut off: run `visavis keys rotate`.") if found.rotating else say("It opens."))
    return lines


@keys_app.command(
    "rotate",
    epilog="`visavis keys rotate`",
    help=say("Make a new site key and wrap every member's key with it; the site must not run."),
)
def keys_rotate(data_dir: DataDir = None, database_url: DatabaseUrl = None, json_: AsJson = False) -> None:
    """Killed at any moment, everything opens as before, and the next run ends it."""
    from visavis.server.keys import rotate_keys

    done = asyncio.run(rotate_keys(settings(data_dir=data_dir, database_url=database_url)))
    if json_:
        print_json(asdict(done))
        return
    text = (
        say("{wrapped} keys hang on the new site key.")
        if not done.resumed
        else say("{wrapped} keys hang on the new site key; the rotation that was cut off is ended.")
    )
    out.print(text.format(wrapped=done.wrapped))
    err.print(say("Back up site key and site.ring now: older database backups do not open any more."))


@keys_app.command(
    "move",
    epilog="`visavis keys move --to age`",
    help=say("Let the site key rest in another way: file, age, vault or kms; the site must not run."),
)
def keys_move(
    to: Annotated[Kept, typer.Option(help=say("Where: file, age, vault or kms."))],
    passphrase_file: Annotated[
        Path | None,
        typer.Option(help=say("For age: file with the new passphrase; else it is asked for."), show_default=False),
    ] = None,
    data_dir: DataDir = None,
    json_: AsJson = False,
) -> None:
    """The key stays the same; copies of the old file still open everything, until it is rotated."""
    from visavis.server.keys import move_key

    given = settings(data_dir=data_dir)
    moved = move_key(given, to, _new_passphrase(given, to, passphrase_file))
    if json_:
        print_json({"site_key": to.value, "place": moved.place})
        return
    out.print(escape(say("The site key is now: {place}").format(place=moved.place)), highlight=False, soft_wrap=True)
    text = say("Set VISAVIS_SITE_KEY={to}. Copies of the old file still open everything: then rotate the key.")
    err.print(text.format(to=to.value))


def _new_passphrase(given: "Settings", to: Kept, file: Path | None) -> str | None:
    """From the file, or asked for where an age key gets another one; None takes that of the settings."""
    from visavis.server.keys import given_secret

    if to is not Kept.AGE:
        return None
    if file is not None:
        return given_secret("--passphrase-file", file)
    if given.site_key is Kept.AGE:
        asked: str = typer.prompt(say("New passphrase"), hide_input=True, confirmation_prompt=True, err=True)
        return asked
    return None
