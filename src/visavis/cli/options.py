"""What every command shares: options, settings, and where output goes."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from visavis.cli.messages import say
from visavis.config import Settings
from visavis.errors import SettingInvalid

out = Console()
err = Console(stderr=True)

DataDir = Annotated[Path | None, typer.Option(help=say("Folder of database and site key."), show_default=False)]
CacheDir = Annotated[Path | None, typer.Option(help=say("Folder of model packs."), show_default=False)]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(help=say("PostgreSQL to use instead of the embedded one."), envvar="VISAVIS_DATABASE_URL"),
]
Port = Annotated[int | None, typer.Option(help=say("Port to listen on; 0 takes any free one."), show_default="8080")]
Scenario = Annotated[str | None, typer.Option(help=say("Scenario pack, by name or folder."), show_default="retail")]
SiteName = Annotated[str | None, typer.Option("--site", help=say("Name of this site."), show_default="site-1")]
AsJson = Annotated[bool, typer.Option("--json", help=say("Print JSON for programs instead of text for people."))]


def settings(**given: Any) -> Settings:
    """Settings from environment and the options that were given."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingInvalid(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except SettingsError as error:  # a list that is no JSON; its text is not quoted
        raise SettingInvalid(str(error)) from None


def print_json(document: Any) -> None:
    """JSON to standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine to its end."""
    asyncio.run(work())
