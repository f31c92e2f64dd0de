"""Arguments of every command that reads folders of people."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.messages import say


class Which(StrEnum):
    """As `visavis.learning.faces.folders.Whose`, which is not imported to show `--help`."""

    CENTRAL = "central"
    LARGEST = "largest"


PeopleFolder = Annotated[Path, typer.Argument(help=say("One folder a person, pictures in it."), show_default=False)]
WhichFace = Annotated[Which, typer.Option("--face", help=say("Which face, where a picture shows several."))]
Plot = Annotated[
    Path | None, typer.Option("--plot", help=say("Draw the result here (.png or .svg)."), show_default=False)
]
