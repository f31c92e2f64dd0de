"""`--pack`: which model pack a command works with."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.messages import say

PackName = Annotated[
    str | None, typer.Option("--pack", help=say("Model pack, by name or folder."), show_default="default-face")
]


def chosen_pack(name: str | None, packs_dir: Path, progress: Callable[[str, float], None]) -> Path:
    """As `visavis.perception.packs.chosen_pack`, which is imported when it is needed."""
    from visavis.perception.packs import chosen_pack as choose

    return choose(name, packs_dir, progress)
