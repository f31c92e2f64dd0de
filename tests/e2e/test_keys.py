"""Keys as an operator meets them, and where they must not be: command lines, environments, logs, dumps, messages."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from visavis.cli.app import main
from visavis.config import Kept, Protection, Settings
from visavis.errors import KeysInUse, SettingInvalid
from visavis.identity.enrol import Enrolment
from visavis.pipeline.card_and_face import Claim
from visavis.privacy.age import AgeRoot
from visavis.privacy.holder import HeldKeys
from visavis.privacy.keys import FileSiteKey
from visavis.privacy.kms import KmsRoot
from visavis.privacy.roots import PlainRoot, RootFile
from visavis.privacy.transit import VaultRoot
from visavis.privacy.vault import MemberKey
from visavis.server.doctor import examine
from visavis.server.keys import PASSPHRASE, TOKEN, move_key, open_keys, root_of, rotate_keys, shown
from visavis.server.secrets_given import taken_from_environment
from visavis.server.sessions import Session
from visavis.testing import T0, a_member
from visavis.types import MemberId

from .conftest import OpenSite

WORDS = "correct horse battery staple"


def spelled(secret: bytes) -> list[bytes]:
    """How it could have been written down."""
    return [
        secret,
        secret.hex().encode(),
        secret.hex().upper().encode(),
        base64.b64encode(secret)[:40],
        repr(secret).encode(),
    ]


def named(secret: str) -> list[bytes]:
    return [secret.encode(), base64.b64encode(secret.encode())[:30]]


# ------ a site that runs


@contextmanager
def served(folder: Path, cache: Path, log: Path, **environment: str) -> Iterator[int]:
    """`visavis serve` as a process of its own, up; its pid."""
    given = {"VISAVIS_DATA_DIR": str(folder), "VISAVIS_CACHE_DIR": str(cache), "VISAVIS_LOG_LEVEL": "debug"}
    with log.open("wb") as out:
        command = [sys.executable, "-m", "visavis", "serve", "--port", "0"]
        process = subprocess.Popen(command, env=os.environ | given | environment, stdout=out, stderr=out)
        try:
            until = time.monotonic() + 120
            while b"/console/" not in log.read_bytes():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.1)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def started_by(pid: int, folder: Path) -> list[int]:
    """The process, the database's server, and the children of both."""
    (server,) = folder.rglob("postmaster.pid")
    both = [pid, int(server.read_text().split()[0])]
    tasks = [task for one in both for task in Path(f"/proc/{one}/task").iterdir()]
    return [*both, *(int(child) for task in tasks for child in (task / "children").read_text().split())]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_r22_no_key_in_command_lines_environments_logs_or_dumps(tmp_path: Path, pack_cache: Path) -> None:
    """Of the running site and of each program that it started; the kernel's copy of the environment is blanked too."""
    folder, log = tmp_path / "data", tmp_path / "log"
    folder.mkdir()
    root = RootFile(folder / "site.key.age", AgeRoot(WORDS)).read_or_make()
    needles = [*spelled(root), *named(WORDS)]
    with served(folder, pack_cache, log, VISAVIS_SITE_KEY="age", VISAVIS_SITE_KEY_PASSPHRASE=WORDS) as pid:
        seen = {}
        for one in started_by(pid, folder):
            for what in ("cmdline", "environ"):
                try:
                    seen[f"{what} of {one}"] = Path(f"/proc/{one}/{what}").read_bytes()
                except OSError:
                    continue
        limits = Path(f"/proc/{pid}/limits").read_text()
        dumpable = Path(f"/proc/{pid}/environ").stat().st_uid
    assert f"{PASSPHRASE}=".encode() + b"-" * len(WORDS) in seen[f"environ of {pid}"]  # it was there, and is blank
    assert b"site.key" not in seen[f"cmdline of {pid}"]
    assert re.search(r"Max core file size +0 +0 ", limits)
    assert dumpable == 0  # root's alone: no program of the same user reads this memory
    assert len(seen) > 6
    seen["log"] = log.read_bytes()
    assert b"site_open" in seen["log"]
    seen |= {str(path): path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert not [(where, needle[:4]) for where, data in seen.items() for needle in needles if needle in data]


def test_r22_no_representation_and_no_message_tells_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """repr() and str() of everything that has one in its hands."""
    root, holder, card = bytes(range(60, 92)), b"what the card adds to the key.", "VV1-CARDCARDCARD"
    path = tmp_path / "site.key"
    path.touch(0o600)
    RootFile(path, PlainRoot()).write(root)
    keys = FileSiteKey(path)
    member, now = a_member(), T0
    claim = Claim(member=member, holder=holder, templates=())
    session = Session(
        member_id=MemberId("m"),
        placement="p",
        decision=None,
        by_face=False,
        template_id=None,
        expires_at=now,
        holder=holder,
    )
    enrolment = Enrolment(member=member, pin="1234567890", card=card, consents_edge=(), consents_hub=())
    things = [
        keys,
        keys._ring,
        keys._slots,
        HeldKeys(keys, holder),
        MemberKey(root, MemberId("m")),
        RootFile(path, AgeRoot(WORDS)),
        AgeRoot(WORDS),
        VaultRoot("https://vault.example", "transit/visavis", "s.token-token"),
        KmsRoot("alias/visavis"),
        claim,
        session,
        enrolment,
        Settings(data_dir=tmp_path),
        shown(Settings(data_dir=tmp_path), opened=True),
    ]
    path.write_bytes(root + b"more")
    with pytest.raises(SettingInvalid) as raised:
        RootFile(path, PlainRoot()).read()
    things.append(raised.value)
    text = " ".join(f"{one!r} {one}" for one in things).encode()
    secrets = [*spelled(root), *spelled(holder), *named(WORDS), card.encode(), b"1234567890", b"s.token-token"]
    assert not [needle for needle in secrets if needle in text]


def test_a_secret_of_the_environment_is_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For this program and for those that it starts."""
    monkeypatch.setenv("VISAVIS_SECRET_OF_A_TEST", "open sesame")
    assert taken_from_environment("VISAVIS_SECRET_OF_A_TEST") == "open sesame"
    assert taken_from_environment("VISAVIS_SECRET_OF_A_TEST") is None
    assert b"SECRET_OF_A_TEST" not in subprocess.run(["env"], capture_output=True, check=True).stdout


# ------ where the key rests


def test_a_passphrase_comes_from_a_file_a_descriptor_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file wins; nothing at all, or nothing in it, is told with its remedy."""
    sealed = RootFile(tmp_path / "site.key.age", AgeRoot(WORDS))
    root = sealed.read_or_make()
    given = tmp_path / "given"
    given.write_text(f"{WORDS}\n")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    settings = Settings(data_dir=tmp_path, site_key=Kept.AGE)
    by_file = settings.model_copy(update={"site_key_passphrase_file": given})
    assert root_of(by_file).read() == root
    reader, writer = os.pipe()
    os.write(writer, WORDS.encode())
    os.close(writer)
    by_descriptor = settings.model_copy(update={"site_key_passphrase_file": Path(f"/dev/fd/{reader}")})
    assert root_of(by_descriptor)._cipher._passphrase == WORDS  # type: ignore[attr-defined]
    monkeypatch.setenv(PASSPHRASE, WORDS)
    assert root_of(settings)._cipher._passphrase == WORDS  # type: ignore[attr-defined]
    with pytest.raises(SettingInvalid, match=f"no passphrase; set {PASSPHRASE}_FILE"):
        root_of(settings)
    given.write_text("")
    with pytest.raises(SettingInvalid, match="given is empty"):
        root_of(by_file)
    given.unlink()
    with pytest.raises(SettingInvalid, match="given: FileNotFoundError"):
        root_of(by_file)


def test_vault_and_kms_are_asked_for_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SettingInvalid, match="VISAVIS_VAULT_URL"):
        root_of(Settings(data_dir=tmp_path, site_key=Kept.VAULT))
    with pytest.raises(SettingInvalid, match=f"{TOKEN}_FILE"):
        root_of(Settings(data_dir=tmp_path, site_key=Kept.VAULT, vault_url="https://vault.example"))
    assert "alias/visavis" in root_of(Settings(data_dir=tmp_path, site_key=Kept.KMS)).place


async def test_the_key_moves_and_is_not_made_anew_where_it_was(tmp_path: Path, aws: str) -> None:
    """From a file to KMS and back; with the settings of before, a start is refused rather than begun with a new key."""
    settings = Settings(data_dir=tmp_path / "data", kms_key=aws)
    keys = open_keys(settings, make=True)
    label = keys.derive("x")
    with pytest.raises(KeysInUse):  # somebody has them open
        move_key(settings, Kept.KMS)
    with pytest.raises(KeysInUse):
        await rotate_keys(settings)
    keys.release()
    moved = move_key(settings, Kept.KMS)
    assert not settings.site_key_file.exists()
    assert aws in moved.place
    with pytest.raises(SettingInvalid, match=r"rests in site\.key\.kms; set VISAVIS_SITE_KEY=kms"):
        open_keys(settings, make=True)
    at_kms = settings.model_copy(update={"site_key": Kept.KMS})
    opened = open_keys(at_kms)
    assert opened.derive("x") == label
    opened.release()
    move_key(at_kms, Kept.FILE)
    again = open_keys(settings)
    assert again.derive("x") == label
    again.release()


async def test_a_site_runs_rotates_and_runs_again(open_test_site: OpenSite, database_url: str, hopper: bytes) -> None:
    """Not while it runs; afterwards face, card and PIN are known, and receipts are signed as before."""
    async with open_test_site(database_url=database_url) as site:
        joined = (await site.join(photos=(hopper,))).raise_for_status().json()
        settings = site.site.settings
        jwks = (await site.http.get("/.well-known/jwks.json")).json()
        with pytest.raises(KeysInUse):
            await rotate_keys(settings)
    assert (await rotate_keys(settings)).wrapped == 1
    async with open_test_site(database_url=database_url) as site:
        assert (await site.look(hopper)).status_code == 200
        for code in ({"pin": joined["pin"]}, {"card": joined["card"]}):
            answer = await site.http.post("/v1/edge/identify", json={"placement": "entrance"} | code)
            assert "Grace" in answer.raise_for_status().json()["greeting"]["en"]
        assert (await site.http.get("/.well-known/jwks.json")).json() == jwks
    assert shown(settings, opened=True).rotating is False
    found = {finding.name: finding for finding in await examine(settings)}
    assert found["site key"].state == "ok"


async def test_a_level_lower_than_the_law_recommends_is_noted(tmp_path: Path) -> None:
    """With the setting that mends it."""
    low = Settings(data_dir=tmp_path / "none", jurisdiction="EU")
    finding = next(f for f in await examine(low) if f.name == "protection")
    assert (finding.state, finding.seen) == ("note", "L1")
    assert "VISAVIS_PROTECTION=L2" in finding.remedy
    high = low.model_copy(update={"protection": Protection.L2})
    assert next(f for f in await examine(high) if f.name == "protection").state == "ok"


def test_the_command_line_shows_where_the_key_is_and_never_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 1 while there is none; as text and as JSON."""
    arguments = ["visavis", "keys", "show", "--check", "--data-dir", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "is missing" in capsys.readouterr().err
    keys = FileSiteKey(tmp_path / "site.key")
    for argv in (arguments, [*arguments, "--json"]):
        monkeypatch.setattr(sys, "argv", argv)
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        said = capsys.readouterr().out
        assert str(tmp_path / "site.key") in said
        assert not [one for one in spelled(keys._key) if one in said.encode()]
    assert json.loads(said)["rotating"] is False
