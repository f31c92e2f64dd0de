"""New packs: each appears complete and verified in the folder of packs, or not at all."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from visavis.errors import SettingInvalid
from visavis.perception.packs.loading import verify_pack
from visavis.perception.packs.manifest import MANIFEST_FILE, Manifest, manifest_json, parse_manifest, read_manifest


def install(packs_dir: Path, manifest: Manifest, files: Mapping[str, Path | bytes], series: str = "") -> Path:
    """The folder of a new pack with the next free version of its name.

    Args:
        packs_dir: where packs lie.
        manifest: of the new pack; its version is replaced.
        files: the models that it names, as they are or where they lie.
        series: what its version begins with.

    Raises:
        SettingInvalid: the folder cannot be written.
        ModelError: the manifest breaks a rule, or a model cannot be used.
    """
    try:
        packs_dir.mkdir(parents=True, exist_ok=True)
        stem = f"{manifest.name}-{series}"
        version = f"{series}{1 + max((_number(path.name, stem) for path in packs_dir.iterdir()), default=0)}"
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=packs_dir) as temporary:
            folder = Path(temporary) / "pack"
            folder.mkdir()
            for name in (model.file for model in manifest.models):
                content = files[name]
                if isinstance(content, bytes):
                    (folder / name).write_bytes(content)
                else:
                    shutil.copyfile(content, folder / name)
            text = manifest_json(replace(manifest, version=version))
            parse_manifest(text)
            (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")
            verify_pack(folder)
            return folder.rename(packs_dir / f"{manifest.name}-{version}")
    except OSError as failure:
        raise SettingInvalid(f"cache_dir: {packs_dir} cannot be used: {failure.strerror}") from failure


def install_folder(packs_dir: Path, folder: Path) -> Path:
    """Copy a pack that lies elsewhere; raises as `install` does."""
    manifest = read_manifest(folder)
    verify_pack(folder)
    return install(packs_dir, manifest, {model.file: folder / model.file for model in manifest.models})


def _number(folder: str, stem: str) -> int:
    """What follows the stem in a folder's name; 0 where it belongs to another pack."""
    number = folder.removeprefix(stem)
    return int(number) if number != folder and number.isdecimal() else 0
