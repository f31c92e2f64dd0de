from pathlib import Path

import pytest

from visavis.perception.packs import Pack, build_default_pack, load_pack


@pytest.fixture(scope="session")
def pack_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default face pack, built once; tests that change it copy it."""
    return build_default_pack(tmp_path_factory.mktemp("packs"))


@pytest.fixture(scope="session")
def pack(pack_folder: Path) -> Pack:
    """The default face pack, loaded once."""
    return load_pack(pack_folder, threads=1)
