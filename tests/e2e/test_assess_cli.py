"""`visavis assess` from the first question to a site that starts with faces."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .conftest import OpenSite

ANSWERS = {
    "controller": "Corner Market Ltd",
    "necessity": "Full hands.",
    "alternatives": "A card is forgotten at home.",
    "people": "300 customers a day.",
    "minors": "With their parents.",
    "lawful_basis": "Explicit consent.",
    "notices": "A sign at the door.",
    "recipients": "Nobody.",
    "machines": "In a locked cabinet.",
    "backups": "Weekly, without the key.",
    "accuracy": "On twelve of our staff.",
    "consulted": "The works council.",
    "residual_risk": "medium",
    "residual_reason": "Nothing depends on a face.",
    "decision": "yes",
    "review_by": "2027-01-31",
    "signer_role": "Data protection officer",
}


class Site:
    """Its settings, and `visavis` on them."""

    def __init__(self, data: Path, cache: Path, database_url: str) -> None:
        self.data = data
        self.environment = os.environ | {
            "VISAVIS_LANG": "en",
            "VISAVIS_DATA_DIR": str(data),
            "VISAVIS_CACHE_DIR": str(cache),
            "VISAVIS_DATABASE_URL": database_url,
            "VISAVIS_CONTACT_ROLE": "Data protection",
            "VISAVIS_CONTACT_PHONE": "+49 30 1234",
        }

    def run(self, *arguments: str, **changes: str) -> "subprocess.CompletedProcess[bytes]":
        command = [sys.executable, "-m", "visavis", *arguments]
        environment = self.environment | changes
        return subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)


@pytest.fixture
def shop(tmp_path: Path, pack_cache: Path, database_url: str) -> Site:
    return Site(tmp_path / "data", pack_cache, database_url)


async def test_r14_from_the_questions_to_a_site_with_faces(
    shop: Site, tmp_path: Path, open_test_site: OpenSite, database_url: str
) -> None:
    """New, incomplete, complete, signed, on; then a changed setting makes it stale and says what changed."""
    before = shop.run("assess", "status", "--json")
    assert before.returncode == 1
    assert json.loads(before.stdout)["faces"] == "no_assessment"
    assert not (shop.data / "site.key").exists()  # asking makes no key

    file = tmp_path / "answers.yaml"
    begun = json.loads(shop.run("assess", "new", str(file), "--json").stdout)
    assert "controller" in begun["missing"]
    refused = shop.run("assess", "sign", "--answers", str(file), "--role", "Data protection officer", "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["error"] == "assessment-incomplete"
    assert "no answer to controller, necessity" in json.loads(refused.stdout)["message"]
    assert not (shop.data / "assessment.json").exists()

    file.write_text(yaml.safe_dump(ANSWERS), encoding="utf-8")
    signed = shop.run("assess", "sign", "--answers", str(file), "--json")
    assert signed.returncode == 0, signed.stderr
    now = json.loads(shop.run("assess", "status", "--json").stdout)
    assert (now["faces"], now["role"], now["changed"]) == ("on", "Data protection officer", [])

    async with open_test_site(database_url=database_url, demonstration=False) as running:
        assert running.site.faces.on

    stale = shop.run("assess", "status", VISAVIS_REVIEW="strict")
    assert stale.returncode == 1
    assert b"review: off, now strict" in stale.stdout


def test_r14_the_signature_is_checked_with_the_public_key_alone(shop: Site, tmp_path: Path) -> None:
    """Away from the site; one changed character is found; another site's key does not fit."""
    file = tmp_path / "answers.yaml"
    file.write_text(yaml.safe_dump(ANSWERS), encoding="utf-8")
    key = json.loads(shop.run("assess", "sign", "--answers", str(file), "--json").stdout)["public_key"]
    copy = tmp_path / "copy.json"
    copy.write_bytes((shop.data / "assessment.json").read_bytes())
    away = {"VISAVIS_DATA_DIR": str(tmp_path / "elsewhere")}
    verify = ("assess", "verify", str(copy))
    found = json.loads(shop.run(*verify, "--public-key", key, "--json", **away).stdout)
    assert (found["valid"], found["site"]) == (True, "site-1")
    for arguments, code in (
        ((*verify, "--public-key", "0" * 64), b"signature-invalid"),
        ((*verify, "--public-key", "key"), b"input-refused"),
        (verify, b"signature-invalid"),
        (("assess", "verify", str(tmp_path / "none")), b"input-refused"),
    ):
        done = shop.run(*arguments, **away)
        assert done.returncode in (1, 2)
        assert code in done.stderr
    copy.write_bytes(copy.read_bytes().replace(b"A", b"B", 1))
    assert shop.run(*verify, "--public-key", key).returncode == 1


@pytest.mark.parametrize(("locale", "title"), [("en", "Impact assessment: faces at"), ("zh-CN", "影响评估")])
def test_r14_the_document_is_written_in_three_formats(shop: Site, tmp_path: Path, locale: str, title: str) -> None:
    """A draft with what is open named; the same configuration in each."""
    show = ("assess", "show", "--locale", locale)
    text = shop.run(*show).stdout.decode()
    page = shop.run(*show, "--format", "html").stdout.decode()
    assert title in text
    assert title in page
    assert "controller" in text
    paper = tmp_path / "out.pdf"
    done = shop.run(*show, "--format", "pdf", "--out", str(paper))
    assert done.returncode == 0, done.stderr
    assert paper.read_bytes().startswith(b"%PDF-")
    facts = json.loads(shop.run("assess", "show", "--json").stdout)["facts"]
    assert (facts["site"], facts["scenario"], facts["protection"]) == ("site-1", "retail", "L1")
    assert ("尚未回答" in text) is (locale == "zh-CN")


def test_answers_that_break_a_rule_are_refused_with_their_line(shop: Site, tmp_path: Path) -> None:
    """And nothing is signed."""
    file = tmp_path / "answers.yaml"
    file.write_text("controller: A\nnobody: B\n", encoding="utf-8")
    done = shop.run("assess", "sign", "--answers", str(file))
    assert done.returncode == 2
    assert b"answers.yaml:2: no question has this key" in done.stderr
    assert b"Traceback" not in done.stderr
    assert not (shop.data / "assessment.json").exists()


def test_a_day_that_has_passed_is_said(shop: Site, tmp_path: Path) -> None:
    """Faces stay on: it is the configuration that makes an assessment stale."""
    file = tmp_path / "answers.yaml"
    file.write_text(yaml.safe_dump(ANSWERS | {"review_by": "2020-01-31"}), encoding="utf-8")
    shop.run("assess", "sign", "--answers", str(file))
    found = json.loads(shop.run("assess", "status", "--json").stdout)
    assert (found["faces"], found["overdue"]) == ("on", True)
    finding = next(f for f in json.loads(shop.run("doctor", "--json", "--port", "0").stdout) if f["name"] == "faces")
    assert finding["state"] == "note"
    assert "looked at again" in finding["seen"]
