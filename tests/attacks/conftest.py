"""A site to attack: the real edge on the real database, with members enrolled by numbers instead of photos."""

import itertools
import os
import random
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray
from psycopg.conninfo import make_conninfo

from visavis.identity.threshold import Threshold
from visavis.perception.observe import Observer
from visavis.pipeline.edge import Edge
from visavis.privacy.erasure import FileErasures
from visavis.privacy.keys import FileSiteKey
from visavis.storage.database import Storage, open_storage
from visavis.storage.programs import _program
from visavis.storage.server import EmbeddedServer
from visavis.testing import FixedClock, RecordingHub, a_scenario
from visavis.types import Embedding, Member, Purpose

DIM, MODEL = 128, "attacked@000000000000"
ROWS = tuple(
    Threshold(score=score, false_match_rate=rate, impostor_pairs=10**6, evidence="by hand")
    for rate, score in ((0.1, 0.5), (0.01, 0.6), (0.001, 0.7))
)


def size(name: str, default: int) -> int:
    """How much is attacked: VISAVIS_<name>, else what the test suite has time for."""
    return int(os.environ.get(f"VISAVIS_{name}", default))


def said(line: str) -> None:
    """A figure, for who runs the attacks with -s."""
    sys.stdout.write(f"{line}\n")


def dump(url: str, path: Path) -> None:
    """A backup as people make it, of the database alone."""
    done = subprocess.run([_program("pg_dump"), url], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    path.write_bytes(done.stdout)


def cold_copy(folder: Path, to: Path) -> None:
    """A backup of the files, owners and modes included."""
    subprocess.run(["cp", "-a", folder, to], check=True)


def unit(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Rows of length 1."""
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def faces_of(people: int, photos: int, *, alike: float, seed: int) -> NDArray[np.float32]:
    """Embeddings (people, photos, DIM): two photos of one person have about this cosine, two people about 0."""
    rng = np.random.default_rng(seed)
    who = unit(rng.standard_normal((people, 1, DIM)))
    other = unit(rng.standard_normal((people, photos, DIM)))
    return unit(np.sqrt(alike) * who + np.sqrt(1 - alike) * other)


class Lens:
    """What `Edge` asks of an embedder, for members who come as numbers."""

    model, dim = MODEL, DIM


@dataclass(frozen=True, slots=True)
class Attacked:
    """A site, and the folder with its keys."""

    edge: Edge
    storage: Storage
    keys: FileSiteKey
    folder: Path

    async def enrol(self, photos: NDArray[np.float32], name: str) -> Member:
        """A member who allowed everything."""
        shots = [Embedding(vector=vector, model=MODEL) for vector in photos]
        done = await self.edge.enrol_embedded(shots, name=name, locale="en", consents=tuple(Purpose))
        return done.member


@asynccontextmanager
async def open_attacked(name: str, folder: Path, url: str | None = None) -> AsyncIterator[Attacked]:
    """A site with its keys in this folder, on a database, or on an embedded one in that folder."""
    folder.mkdir(exist_ok=True)  # noqa: ASYNC240 - before anything waits
    keys, numbers = FileSiteKey(folder / "site.key"), itertools.count(1)
    async with open_storage(url, data_dir=folder / "data") as storage:
        edge = Edge(
            site=name,
            scenario=a_scenario(),
            observer=cast("Observer", Lens()),
            calibration=ROWS,
            false_match_rate=0.1,
            keys=keys,
            roster=storage.roster,
            ledger=storage.edge_ledger,
            erasures=FileErasures(folder / "erased"),
            link=RecordingHub(),
            audit=storage.audit,
            clock=FixedClock(),
            ids=lambda: f"{secrets.token_hex(16)}-{next(numbers)}",
        )
        await edge.load()
        yield Attacked(edge, storage, keys, folder)


@contextmanager
def same_luck() -> Iterator[None]:
    """Keys, nonces and codes drawn inside are the same in every run, so that figures are."""
    luck = random.Random(2026)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(secrets, "token_bytes", luck.randbytes)
        patched.setattr(secrets, "token_hex", lambda count: luck.randbytes(count).hex())
        patched.setattr(secrets, "randbelow", luck.randrange)
        yield


@pytest.fixture(scope="module")
def fresh_databases(postgres: EmbeddedServer, template: str) -> Iterator[Callable[[], str]]:
    """Makes migrated databases that last as long as a module of tests; says their owner's URL."""
    made = []

    def make() -> str:
        made.append(f"attacked_{secrets.token_hex(4)}")
        owner.execute(f"CREATE DATABASE {made[-1]} TEMPLATE {template}")
        return make_conninfo(postgres.url, dbname=made[-1])

    with psycopg.connect(postgres.url, autocommit=True) as owner:
        yield make
        for name in made:
            owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
