"""The command line as a person and as a program meet it."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from visavis.cli.app import app

COMMANDS = [
    [],
    ["demo"],
    ["serve"],
    ["edge"],
    ["migrate"],
    ["keys"],
    ["keys", "show"],
    ["keys", "rotate"],
    ["keys", "move"],
    ["doctor"],
    ["bench"],
    ["bench", "steps"],
    ["bench", "faces"],
    ["bench", "cameras"],
    ["bench", "policy"],
    ["bench", "privacy"],
    ["audit"],
    ["audit", "verify"],
    ["audit", "show"],
    ["audit", "export"],
    ["audit", "checkpoint"],
    ["evaluate"],
    ["evaluate", "bandit"],
    ["evaluate", "faces"],
    ["evaluate", "identify"],
    ["evaluate", "closed-set"],
    ["version"],
    ["packs"],
    ["packs", "list"],
    ["packs", "build"],
    ["packs", "verify"],
    ["packs", "calibrate"],
    ["retention"],
    ["retention", "show"],
    ["retention", "run"],
    ["staff"],
    ["staff", "add"],
    ["staff", "list"],
    ["staff", "disable"],
    ["staff", "reset"],
    ["staff", "role"],
    ["api-keys"],
    ["api-keys", "add"],
    ["api-keys", "list"],
    ["api-keys", "rotate"],
    ["api-keys", "revoke"],
    ["scenarios"],
    ["scenarios", "list"],
    ["scenarios", "check"],
]


def visavis(*arguments: str, language: str = "en", **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "visavis", *arguments],
        env=os.environ | {"VISAVIS_LANG": language, "COLUMNS": "100"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: " ".join(c) or "visavis")
def test_every_command_explains_itself(command: list[str]) -> None:
    """--help exits 0 and says what the command does."""
    shown = CliRunner().invoke(app, [*command, "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.output


@pytest.mark.parametrize("command", [[], ["demo"]])
def test_help_speaks_chinese(command: list[str]) -> None:
    """The language of the environment decides."""
    shown = visavis(*command, "--help", language="zh_CN.UTF-8")
    assert shown.returncode == 0
    assert any("\u4e00" <= letter <= "\u9fff" for letter in shown.stdout)


def test_a_used_port_is_named_with_the_remedy(tmp_path: Path) -> None:
    """Exit status 2, one message, no traceback, nothing half-written."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = visavis("serve", "--port", port, "--data-dir", str(tmp_path / "data"))
    assert done.returncode == 2
    assert (
        f"port-in-use: Another program uses this port. Choose another with --port, or 0 for any free one. (port {port})"
        in done.stderr
    )
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["serve", "--port", "0", "--scenario", "nothing"], "scenario-unknown"),
        (["serve", "--port", "70000"], "setting-invalid"),
        (["serve", "--port", "0", "--host", "192.0.2.1"], "setting-invalid"),
        (["serve", "--port", "0", "--database-url", "postgresql://nobody@127.0.0.1:1/none"], "database-unavailable"),
        (["migrate", "--database-url", "postgresql://nobody@127.0.0.1:1/none"], "database-unavailable"),
        (["scenarios", "check", "nothing"], "scenario-unknown"),
        (["packs", "calibrate", "/nowhere"], "input-refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_errors_are_one_message_with_a_code(arguments: list[str], code: str, tmp_path: Path, pack_cache: Path) -> None:
    """For people on stderr, in their language; for programs as JSON."""
    folders = {"VISAVIS_DATA_DIR": str(tmp_path / "data"), "VISAVIS_CACHE_DIR": str(pack_cache)}
    done = visavis(*arguments, **folders)
    assert done.returncode in (1, 2)
    assert f"{code}: " in done.stderr
    assert "Traceback" not in done.stderr
    chinese = visavis(*arguments, language="zh", **folders)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese.stderr)


def test_doctor_finds_a_healthy_machine_healthy(tmp_path: Path, pack_cache: Path) -> None:
    """Exit status 0, nothing broken; also on a site that has never been started."""
    arguments = ["--data-dir", str(tmp_path / "data"), "--cache-dir", str(pack_cache), "--port", "0"]
    done = visavis("doctor", "--json", *arguments)
    findings = {f["name"]: f["state"] for f in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert "broken" not in findings.values()
    assert {"python", "packages", "disk", "site key", "face pack", "scenario", "database", "port"} <= findings.keys()


def test_doctor_explains_what_is_broken(tmp_path: Path, pack_cache: Path) -> None:
    """A readable site key, a damaged pack, a missing database and a used port: each is named with its remedy."""
    import shutil

    data, cache = tmp_path / "data", tmp_path / "cache"
    data.mkdir()
    (data / "site.key").write_bytes(bytes(32))
    (data / "site.key").chmod(0o644)
    assert visavis("packs", "build", "--cache-dir", str(cache)).returncode == 0
    embedder = max((cache / "packs").rglob("*.onnx"), key=lambda path: path.stat().st_size)
    embedder.write_bytes(embedder.read_bytes()[:-1] + b"\0\0")
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = visavis(
            "doctor", "--json", "--data-dir", str(data), "--cache-dir", str(cache),
            "--database-url", "postgresql://nobody@127.0.0.1:1/none", "--port", str(other.getsockname()[1]),
        )  # fmt: skip
    findings = {f["name"]: f for f in json.loads(done.stdout)}
    assert done.returncode == 1
    for name, word in {
        "site key": "chmod 600",
        "face pack": "build",
        "database": "database-url",
        "port": "--port",
    }.items():
        assert findings[name]["state"] == "broken", findings[name]
        assert word in findings[name]["remedy"]
    shutil.rmtree(cache)


def test_version_for_programs() -> None:
    """JSON on standard output alone."""
    assert set(json.loads(visavis("version", "--json").stdout)) == {"visavis"}
