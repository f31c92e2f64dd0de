from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from visavis.perception.observe import Observer
from visavis.perception.packs import Pack, build_default_pack, load_pack


@pytest.fixture(scope="session")
def pack_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default face pack, built once; tests that change it copy it."""
    return build_default_pack(tmp_path_factory.mktemp("packs"))


@pytest.fixture(scope="session")
def pack(pack_folder: Path) -> Pack:
    """The default face pack, loaded once."""
    return load_pack(pack_folder, threads=1)


@pytest.fixture(scope="session")
def observer(pack: Pack) -> Observer:
    """Faces of at least 60 pixels."""
    return Observer(pack)


@pytest.fixture(scope="session")
def collins() -> np.ndarray:
    """Eileen Collins, 512 x 512, NASA, from scikit-image."""
    return portrait("skimage", "data/astronaut.png")


@pytest.fixture(scope="session")
def hopper() -> np.ndarray:
    """Grace Hopper, 600 x 512, U.S. Navy, from matplotlib."""
    return portrait("matplotlib", "mpl-data/sample_data/grace_hopper.jpg")


def portrait(package: str, name: str) -> np.ndarray:
    """A picture inside an installed package, which is not imported."""
    (place,) = find_spec(package).submodule_search_locations
    with Image.open(Path(place) / name) as picture:
        pixels = np.array(picture.convert("RGB"))
    pixels.setflags(write=False)
    return pixels
