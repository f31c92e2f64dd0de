"""The demonstration as a newcomer starts it: one command, the whole loop, nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest
from scan import forms, scan

from visavis.identity.enrol import open_templates
from visavis.perception.observe import Observer
from visavis.perception.packs import build_default_pack, load_pack
from visavis.privacy.keys import FileSiteKey
from visavis.server.demo import FPS, STRANGER
from visavis.simulation.walk_by import Portrait, walk_by
from visavis.storage.database import open_storage

SECONDS = 40
COMMAND = [sys.executable, "-m", "visavis"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, pack_cache: Path) -> dict:
    """One headless run, with everything that it writes below one folder."""
    home = tmp_path_factory.mktemp("demo")
    (home / "tmp").mkdir()
    command = [*COMMAND, "demo", "--headless", "--seconds", str(SECONDS), "--json", "--verbose"]
    command += ["--data-dir", str(home / "data"), "--cache-dir", str(pack_cache)]
    environment = os.environ | {"TMPDIR": str(home / "tmp"), "VISAVIS_LANG": "en"}
    with (home / "log").open("wb") as log:
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, stderr=log, timeout=150, check=False, cwd=home
        )
    assert done.returncode == 0, (home / "log").read_text()
    return json.loads(done.stdout) | {"home": home}


def test_the_loop_closes(report: dict) -> None:
    """Every stage of the funnel counts, and the stranger is never taken for the member."""
    assert all(count > 0 for count in report["funnel"].values()), report["funnel"]
    assert report["stranger_recognised"] == 0


def test_the_policy_learns(report: dict) -> None:
    """In the last quarter of the visits the policy earns at least 1.2 times what uniform earns on the same visits."""
    quarter = report["last_quarter"]
    assert quarter["visits"] > 200
    assert quarter["ratio"] >= 1.2, quarter


async def test_invariant_03_and_04_the_demo_leaves_no_face_behind(report: dict, pack_cache: Path) -> None:
    """Data folder, log and temporary files hold no form of an enrolled template, nor of any the stranger ever had."""
    enrolled = await enrolled_templates(report["home"] / "data")
    stranger = stranger_templates(pack_cache / "packs", report["seed"])
    assert len(enrolled) == 3
    assert len(stranger) > 10
    needles = {f"{name} photo": portrait.photo()[3000:3064] for name, portrait in Portrait.__members__.items()}
    for whose, vectors in (("member", enrolled), ("stranger", stranger)):
        for number, vector in enumerate(vectors):
            needles |= {f"{whose} {number} {form}": needle for form, needle in forms(vector).items()}
    assert not scan([report["home"]], needles)


async def enrolled_templates(data: Path) -> list[np.ndarray]:
    """What only the site's key opens."""
    keys = FileSiteKey(data / "site.key")
    async with open_storage(data_dir=data) as storage:
        members = await storage.roster.members()
    return [e.vector for m in members for t in m.templates for _, e in open_templates(m, keys, t.model)][:3]


def stranger_templates(packs: Path, seed: int) -> list[np.ndarray]:
    """The stranger in every frame of the first walk-by: frames are deterministic, so these are the run's numbers."""
    observer = Observer(load_pack(build_default_pack(packs, lambda _step, _share: None)))
    steps = walk_by(np.random.default_rng(seed), source="walk-by", starts_at=datetime.now(UTC), fps=FPS)
    alone = [frame for frame, scene in islice(steps, 90) if scene.people == (STRANGER,)]
    return [observer.embed(frame, faces)[0].vector for frame in alone if (faces := observer.observe(frame))]


def test_the_demo_writes_no_name_into_its_log(report: dict) -> None:
    """Nicknames and PINs are personal."""
    log = (report["home"] / "log").read_text()
    assert "site_open" in log
    assert "Grace" not in log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_no_process_behind(tmp_path: Path, pack_cache: Path, number: signal.Signals) -> None:
    """Server, database and their children end within seconds, also while the crowd is enrolling."""
    command = [*COMMAND, "demo", "--no-camera", "--port", "0", "--cache-dir", str(pack_cache)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | {"VISAVIS_LANG": "en"}) as demo:
        assert demo.stderr is not None
        address = next(line.split()[1] for line in demo.stderr if line.startswith("console"))
        base = address.removesuffix("/console/")
        assert httpx.get(f"{base}/readyz", timeout=10).json()["status"] == "ready"
        family = [demo.pid, *(child.pid for child in psutil.Process(demo.pid).children(recursive=True))]
        assert len(family) > 1
        demo.send_signal(number)
        demo.communicate(timeout=20)
    deadline = time.monotonic() + 10
    while (left := [pid for pid in family if psutil.pid_exists(pid)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left
    assert demo.returncode == 0
