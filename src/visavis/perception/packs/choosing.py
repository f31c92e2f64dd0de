"""Which pack is meant by a name."""

from pathlib import Path

from visavis.errors import SettingInvalid
from visavis.perception.packs.default_face import Progress, build_default_pack, default_pack_folder
from visavis.perception.packs.loading import list_packs
from visavis.perception.packs.manifest import MANIFEST_FILE


def chosen_pack(name: str | None, packs_dir: Path, progress: Progress) -> Path:
    """The folder of the pack of this name or at this path; of several versions the last; the default one is built.

    Raises:
        SettingInvalid: there is no such pack.
    """
    if name is None:
        return build_default_pack(packs_dir, progress)
    if (Path(name) / MANIFEST_FILE).is_file():
        return Path(name)
    found = [pack for pack in list_packs(packs_dir) if name in (pack.name, pack.folder.name)]
    if found:
        return max(found, key=lambda pack: (len(pack.version), pack.version)).folder
    if default_pack_folder(packs_dir).name.startswith(f"{name}-"):
        return build_default_pack(packs_dir, progress)
    raise SettingInvalid(f"no model pack {name!r} in {packs_dir}; `visavis packs list` shows those that are there")
