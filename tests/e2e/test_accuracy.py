"""What a site counts of its own mistakes, and what it refuses to enrol."""

import asyncio
import json
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageEnhance

from visavis.server.accuracy_report import accuracy_report
from visavis.types import Light, Look

from .conftest import OpenSite, SiteUnderTest


def darker(photo: bytes, share: float) -> bytes:
    out = BytesIO()
    with Image.open(BytesIO(photo)) as picture:
        ImageEnhance.Brightness(picture.convert("RGB")).enhance(share).save(out, format="JPEG", quality=92)
    return out.getvalue()


async def counted(running: SiteUnderTest) -> dict[tuple[str, Light, Look], int]:
    await running.site.accuracy.flush()
    found = await running.site.storage.accuracy.all()
    return {(one.placement, one.light, one.look): one.count for one in found}


async def test_r16_the_report_counts_by_placement_and_light(
    open_test_site: OpenSite, database_url: str, hopper: bytes, collins: bytes, tmp_path: Path, pack_cache: Path
) -> None:
    """A member who is known, one who is taken for another, a stranger, and a member who was missed: each once."""
    async with open_test_site(database_url=database_url) as running:
        pin = (await running.join(photos=(hopper,))).json()["pin"]
        greeted = (await running.look(hopper)).json()
        assert (await running.look(collins)).status_code == 401
        light = next(iter(one for one in await counted(running) if one[2] is Look.RECOGNISED))[1]
        await running.http.post("/v1/edge/me/not-me", headers={"Authorization": f"Bearer {greeted['session']}"})
        await running.http.post("/v1/edge/identify", json={"placement": "entrance", "pin": pin})
        found = await counted(running)
        strangers = next(one for one in found if one[2] is Look.UNKNOWN)[1]
        assert found == {
            ("entrance", light, Look.RECOGNISED): 1,
            ("entrance", light, Look.WRONG): 1,
            ("entrance", strangers, Look.UNKNOWN): 1,
            ("entrance", strangers, Look.MISSED): 1,  # for all the site knows, the member stood there
        }
        settings = running.site.settings
    report = await accuracy_report(settings, progress=lambda _step, _share: None)
    (everything,) = [row for row in report.rows if not row.placement and row.light is None]
    assert (everything.recognised, everything.wrong, everything.unknown, everything.missed) == (1, 1, 1, 1)
    assert report.templates is None  # one member alone compares with nobody

    plot = tmp_path / "accuracy.png"
    for language, title in (("en", "Looks at this site"), ("zh", "本站的识别情况")):
        environment = os.environ | {"VISAVIS_LANG": language, "COLUMNS": "160"}
        command = [sys.executable, "-m", "visavis", "assess", "accuracy", "--plot", str(plot)]
        command += ["--data-dir", str(settings.data_dir), "--cache-dir", str(pack_cache)]
        command += ["--database-url", database_url]
        done = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        assert title in done.stdout.decode()
        assert "entrance" in done.stdout.decode()
    assert plot.read_bytes().startswith(b"\x89PNG")
    done = await asyncio.to_thread(subprocess.run, [*command, "--json"], capture_output=True, check=False)
    assert json.loads(done.stdout)["rows"][-1]["fnir"]["errors"] == 1


async def test_r16_members_templates_are_searched_among_each_other(
    site: SiteUnderTest, hopper: bytes, collins: bytes
) -> None:
    """Two people: no comparison between them reaches the threshold, and each one's own do."""
    for photo in (hopper, collins):
        assert (await site.join(photos=(photo, darker(photo, 0.8)))).status_code == 201
    found = (await accuracy_report(site.site.settings, progress=lambda _step, _share: None)).templates
    assert found is not None
    assert (found.members, found.search.searches, found.search.false_positives) == (2, 2, 0)
    assert (found.fmr.errors, found.fmr.of) == (0, 4)
    assert (found.fnmr.errors, found.fnmr.of) == (0, 2)


async def test_r16_a_poor_picture_is_refused_with_its_reason(site: SiteUnderTest, hopper: bytes) -> None:
    """Too dark and too small: nothing is kept; the reason stands at each picture."""
    small = BytesIO()
    with Image.open(BytesIO(hopper)) as picture:
        picture.convert("RGB").resize((picture.width // 10, picture.height // 10)).save(small, format="JPEG")
    answer = await site.join(photos=(darker(hopper, 0.05), small.getvalue()))
    assert answer.status_code == 422
    images = answer.json()["images"]
    assert [image["accepted"] for image in images] == [False, False]
    assert all(image["reasons"] for image in images)
    assert await site.site.storage.roster.members() == []
