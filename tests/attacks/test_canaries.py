"""Strangers' faces, thousands of them: nothing that a site writes down holds a byte of any."""

import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import cast

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from scan import forms, scan

from visavis.perception.decode import decode_image
from visavis.perception.observe import Observer
from visavis.pipeline.camera import Camera
from visavis.server.logs import configure
from visavis.simulation.walk_by import Portrait
from visavis.storage.server import start_server
from visavis.types import Embedding, Face, Frame

from ..e2e.conftest import OpenSite, SiteUnderTest, open_test_site, pack_cache  # noqa: F401, TID252 - its fixtures
from .conftest import cold_copy, dump, said, size, unit

CANARIES = size("CANARIES", 800)
IN_VIEW = 8


class Canaries:
    """An embedder that sees a crowd in every frame: as many strangers as there are canaries, each once."""

    def __init__(self, real: Observer, face: Face, vectors: NDArray[np.float32]) -> None:
        self.model, self.dim = real.model, real.dim
        self._face, self._vectors = face, iter(vectors)
        self.given = 0

    def observe(self, frame: Frame) -> tuple[Face, ...]:
        return tuple(
            replace(self._face, box=self._face.box + np.float32(1000 * number), landmarks=self._face.landmarks)
            for number in range(IN_VIEW)
        )

    def embed(self, frame: Frame, faces: Sequence[Face]) -> tuple[Embedding, ...]:
        self.given += len(faces)
        return tuple(Embedding(vector=next(self._vectors), model=self.model) for _ in faces)


class Witness:
    """The site's own embedder, and what it gave."""

    def __init__(self, real: Observer) -> None:
        self._real, self.model, self.dim = real, real.model, real.dim
        self.gave: list[NDArray[np.float32]] = []

    def observe(self, frame: Frame) -> tuple[Face, ...]:
        return self._real.observe(frame)

    def embed(self, frame: Frame, faces: Sequence[Face]) -> tuple[Embedding, ...]:
        found = self._real.embed(frame, faces)
        self.gave += [embedding.vector for embedding in found]
        return found


@pytest.fixture
def talkative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All that this process says at any level goes to a file, and its temporary files to a folder beside it."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    handler = logging.FileHandler(tmp_path / "library.log")
    root = logging.getLogger()
    level = root.level
    with (tmp_path / "log").open("w") as log, monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", log)
        configure("debug", pretty=False)
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        yield
    root.removeHandler(handler)
    root.setLevel(level)
    handler.close()
    configure("info", pretty=False)


def shots(photo: bytes, count: int) -> list[bytes]:
    """A photo in other light, so that every embedding is another one."""
    found = []
    for bright in np.linspace(0.8, 1.2, count):
        picture = BytesIO()
        ImageEnhance.Brightness(Image.open(BytesIO(photo)).convert("RGB")).enhance(bright).save(picture, "JPEG")
        found.append(picture.getvalue())
    return found


async def crowd(running: SiteUnderTest, vectors: NDArray[np.float32]) -> int:
    """Strangers pass a camera of the site, each a face of their own; how many were compared with the members."""
    site, real = running.site, running.site.edge.observer
    pixels = decode_image(Portrait.COLLINS.photo())
    (face,) = real.observe(site.frame(pixels, source="crowd"))
    site.edge.observer = cast("Observer", canaries := Canaries(real, face, vectors))
    camera, begin = Camera(edge=site.edge, placement="entrance", shots=1), site.clock.now()
    for number in range(len(vectors) // IN_VIEW):
        at = begin + timedelta(seconds=5 * number)  # everybody of the frame before has gone
        seen = await site.see(camera, Frame(pixels=pixels, source="crowd", captured_at=at))
        assert not seen.known
    site.edge.observer = real
    return canaries.given


async def test_r06_no_byte_of_a_stranger_is_written_down(
    open_test_site: OpenSite,  # noqa: F811
    talkative: None,
    tmp_path: Path,
) -> None:
    """Database, WAL, logs at their loudest, temporary files, queues, and both kinds of backup, after a crowd passed."""
    vectors = unit(np.random.default_rng(11).standard_normal((CANARIES, 128)))
    data, hopper, collins = tmp_path / "data", Portrait.HOPPER.photo(), Portrait.COLLINS.photo()
    data.mkdir(mode=0o700)
    with start_server(data) as server:
        with psycopg.connect(server.url, autocommit=True) as owner:  # each statement, with what it was given
            owner.execute("ALTER DATABASE visavis SET log_statement = 'all'")
            owner.execute("ALTER DATABASE visavis SET log_error_verbosity = 'default'")
        async with open_test_site() as running:
            site = running.site
            site.edge.observer = cast("Observer", witness := Witness(site.edge.observer))
            (await running.join(photos=tuple(shots(hopper, 3)))).raise_for_status()
            for photo in shots(collins, 12):
                assert (await running.look(photo)).status_code == 401
            assert (await running.look(hopper)).status_code == 200
            assert await crowd(running, vectors) == CANARIES // IN_VIEW * IN_VIEW
            (tmp_path / "metrics").write_bytes((await running.http.get("/metrics")).content)
            seen = np.stack(witness.gave)
            assert len(seen) >= 16
            secret = np.concatenate([vectors, seen])
            turned = [Embedding(vector=vector, model=site.edge.observer.model) for vector in secret]
            stored = np.stack([embedding.vector for embedding in site.edge.rotations.turned(turned)])
        dump(server.url, tmp_path / "backup.sql")
        needles = needles_of(secret, "as embedded") | needles_of(stored, "in the site's rotation")
        assert not scan([tmp_path], needles)
    cold_copy(data, tmp_path / "cold")
    assert not scan([tmp_path], needles)
    said(f"{len(secret)} faces, {len(needles)} forms, {volume(tmp_path)}: 0 found")
    would_be_found(tmp_path, needles, secret[77])


def volume(folder: Path) -> str:
    """How much was read."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return f"{len(sizes)} files, {sum(sizes) / 1e6:.0f} MB"


def needles_of(vectors: NDArray[np.float32], where: str) -> dict[str, bytes]:
    """All forms of all of them."""
    return {f"{number} {where}: {form}": n for number, v in enumerate(vectors) for form, n in forms(v).items()}


def would_be_found(home: Path, needles: dict[str, bytes], vector: NDArray[np.float32]) -> None:
    """One of them, written into the copy's database, is in its files, its WAL, its log and its backup."""
    with start_server(home / "cold") as server:
        with psycopg.connect(server.url, autocommit=True) as owner:
            owner.execute("CREATE TABLE hub.leak (face bytea, numbers real[])")
            row = (vector.astype("<f4").tobytes(), [float(number) for number in vector])
            owner.execute("INSERT INTO hub.leak VALUES (%s, %s)", row)
            owner.execute("CHECKPOINT")
        dump(server.url, home / "cold.sql")
    hits = scan([home], needles)
    assert all(hit.startswith("77 as embedded") for hit in hits)
    names = {hit.rpartition(" in ")[2] for hit in hits}
    assert {"cold.sql", "log"} <= names
    wal = [path.name for path in (home / "cold").rglob("pg_wal/*") if path.is_file()]
    assert names & set(wal)
    assert [name for name in names if name.isdecimal()], names
