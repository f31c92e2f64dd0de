"""`--pack`: which model pack a command works with."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.messages import say
from visavis.errors import SettingInvalid

PackName = Annotated[
    str | None, typer.Option("--pack", help=say("Model pack, by name or folder."), show_default="default-face")
]


def chosen_pack(name: str | None, packs_dir: Path, progress: Callable[[str, float], None]) -> Path:
    """The folder of the pack of this name or at this path; of several versions the last; the default one is built.

    Raises:
        SettingInvalid: there is no such pack.
    """
    from visavis.perception.packs import build_default_pack, default_pack_folder, list_packs

    if name is None:
        return build_default_pack(packs_dir, progress)
    if (Path(name) / "manifest.json").is_file():
        return Path(name)
    found = [pack for pack in list_packs(packs_dir) if name in (pack.name, pack.folder.name)]
    if found:
        return max(found, key=lambda pack: (len(pack.version), pack.version)).folder
    if default_pack_folder(packs_dir).name.startswith(f"{name}-"):
        return build_default_pack(packs_dir, progress)
    raise SettingInvalid(f"--pack: no pack {name!r} in {packs_dir}; `visavis packs list` shows those that are there")
