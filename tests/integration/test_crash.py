"""Invariant 9: kill -9 loses nothing that was acknowledged, and the next start says what happened."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from visavis.errors import DatabaseUnavailable, DatabaseVersionMismatch, SettingInvalid, StorageFull
from visavis.storage.database import Storage, open_storage
from visavis.storage.migrate import migrate
from visavis.storage.programs import failure
from visavis.storage.server import start_server
from visavis.testing import a_decision, an_event, an_outcome
from visavis.types import Token

CHILD = """
    import asyncio, sys
    from pathlib import Path
    from visavis.storage.database import open_storage
    from visavis.testing import an_event, an_outcome

    async def main():
        async with open_storage(data_dir=Path(sys.argv[1])) as storage:
            n = 0
            while True:
                await storage.events.append([an_event(id=f"e{n}-{k}") for k in range(7)])
                await storage.outcomes.append([an_outcome(id=f"o{n}", decision_id=f"d{n}")])
                print(n, flush=True)
                n += 1

    asyncio.run(main())
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory as an orderly stop leaves it."""
    folder = tmp_path_factory.mktemp("made")
    with start_server(folder) as server:
        migrate(server.url)
    return folder


@pytest.fixture
def data_dir(made: Path, tmp_path: Path) -> Path:
    """A copy of it, which is faster than making one."""
    folder = tmp_path / "data"
    subprocess.run(["cp", "-a", made, folder], check=True)
    return folder


@contextmanager
def child(data_dir: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that embeds the server and says what was acknowledged."""
    command = [sys.executable, "-c", textwrap.dedent(CHILD), str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def acknowledged(process: "subprocess.Popen[str]", rounds: int) -> int:
    """Wait for so many rounds; the last number that was printed."""
    assert process.stdout is not None
    last = -1
    while last < rounds:
        last = int(process.stdout.readline())
    return last


def processes(data_dir: Path) -> list[psutil.Process]:
    """Those that work in the data directory, dead ones apart."""
    found = []
    for process in psutil.process_iter():
        try:
            inside = process.status() != psutil.STATUS_ZOMBIE and str(data_dir) in process.cwd()
        except psutil.Error:
            continue
        if inside:
            found.append(process)
    return found


def guards(data_dir: Path) -> list[int]:
    """Those that watch over the data directory's server."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and f"{data_dir}/database/users" in process.cmdline():
                found.append(process.pid)
    return found


def gone(data_dir: Path, within_s: float) -> bool:
    """Whether server and guard end by themselves."""
    deadline = time.monotonic() + within_s
    while processes(data_dir) or guards(data_dir):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


async def kept(storage: Storage, rounds: int) -> bool:
    """Whether all events and outcomes of so many rounds are there, once."""
    ids = [event.id for event in await storage.events.of(Token("token-1"), limit=1_000_000)]
    outcomes = [outcome.id for _, outcome in await storage.outcomes.after(0, limit=1_000_000)]
    promised = {f"e{n}-{k}" for n in range(rounds + 1) for k in range(7)}
    return (
        promised <= set(ids)
        and {f"o{n}" for n in range(rounds + 1)} <= set(outcomes)
        and len(ids) == len(set(ids))
        and len(outcomes) == len(set(outcomes))
    )


async def test_a_killed_client_loses_nothing(data_dir: Path) -> None:
    """The process that embeds the server is killed between two appends; its server is left over, and dealt with."""
    with child(data_dir) as process:
        last = acknowledged(process, 20)
        process.kill()
        last = max([last, *(int(line) for line in process.stdout or ())])
    assert processes(data_dir), "the orphan that the next start must deal with"
    async with open_storage(data_dir=data_dir) as storage:
        assert storage.recovered
        assert await kept(storage, last)
    assert processes(data_dir) == []
    assert gone(data_dir, within_s=3), "the guard of the first server sees that it ended"
    async with open_storage(data_dir=data_dir) as storage:
        assert not storage.recovered


async def test_everything_killed_at_once_loses_nothing(data_dir: Path) -> None:
    """As in a power cut: client, postmaster and every backend die. A batch that was cut off is whole or absent."""
    with child(data_dir) as process:
        last = acknowledged(process, 20)
        for victim in [psutil.Process(process.pid), *processes(data_dir)]:
            victim.kill()
        last = max([last, *(int(line) for line in process.stdout or ())])
    async with open_storage(data_dir=data_dir) as storage:
        assert storage.recovered
        assert await kept(storage, last)
        assert len(await storage.events.of(Token("token-1"), limit=1_000_000)) % 7 == 0


async def test_a_killed_postmaster_comes_back(data_dir: Path) -> None:
    """Under a running process, between acknowledged appends: it is started again and the work goes on."""
    async with open_storage(data_dir=data_dir) as storage:
        for n in range(2):
            await storage.events.append([an_event(id=f"e{n}-{k}") for k in range(7)])
            await storage.outcomes.append([an_outcome(id=f"o{n}", decision_id=f"d{n}")])
            main = min(processes(data_dir), key=lambda p: p.create_time())
            main.kill()
            await eventually(lambda n=n: storage.decisions.append(a_decision(id=f"decision-{n}")))
        assert await eventually(lambda: kept(storage, 1))
        assert {d.id for d in await eventually(storage.decisions.recent)} == {"decision-0", "decision-1"}
    assert processes(data_dir) == []


async def eventually(work: Callable[[], Awaitable[Any]]) -> Any:
    """What is refused meanwhile is refused with a clear error, and can be asked again."""
    deadline = time.monotonic() + 15
    while True:
        try:
            return await work()
        except DatabaseUnavailable:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)


# ------ living together


def test_the_last_user_stops_the_server(tmp_path: Path) -> None:
    """Two uses of one data directory share one server, whoever leaves first."""
    first = start_server(tmp_path)
    with start_server(tmp_path) as second:
        assert second.pid == first.pid
        first.stop()
        first.stop()
        time.sleep(1.2)  # the guard has looked meanwhile
        with psycopg.connect(second.url) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert processes(tmp_path) == []
    assert not second.recovered


def test_a_killed_user_does_not_keep_the_server_alive(data_dir: Path) -> None:
    """The kernel lets its lock go: the process that is left is the last one."""
    with start_server(data_dir) as server, child(data_dir) as process:
        acknowledged(process, 1)
        process.kill()
        process.wait()
        time.sleep(1.2)  # the guard has looked meanwhile
        assert server.pid is not None
    assert gone(data_dir, within_s=2)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_a_death_without_goodbye_leaves_no_process(data_dir: Path, number: signal.Signals) -> None:
    """Killed, or its terminal closed, and never started again: the server ends by itself, as in a crash."""
    with child(data_dir) as process:
        acknowledged(process, 1)
        assert len(guards(data_dir)) == 1
        process.send_signal(number)
        process.wait()
    assert gone(data_dir, within_s=5)
    with start_server(data_dir) as server:
        assert server.recovered


def test_ctrl_c_leaves_no_process(data_dir: Path) -> None:
    """The server stops in order before the program ends."""
    with child(data_dir) as process:
        acknowledged(process, 1)
        process.send_signal(signal.SIGINT)
        process.wait()
    assert processes(data_dir) == []
    assert guards(data_dir) == []
    with start_server(data_dir) as server:
        assert not server.recovered


def test_an_exit_without_a_stop_leaves_no_process(data_dir: Path) -> None:
    """Whoever forgets to stop the server has it stopped at the interpreter's end."""
    code = "import sys; from pathlib import Path; from visavis.storage.server import start_server; "
    code += "start_server(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(data_dir)], check=True)
    assert processes(data_dir) == []


# ------ what a crash leaves in the way


def test_a_torn_or_borrowed_pid_file_is_no_obstacle(data_dir: Path) -> None:
    """Empty, cut off, or with a number that is another program's now: nobody is harmed and the server starts."""
    start_server(data_dir).stop()
    for content in ("", "12", f"{os.getpid()}\n/elsewhere\n0\n5432\n/tmp\n\n1 2\nready\n", "x\n\x00"):
        (data_dir / "database" / "cluster" / "postmaster.pid").write_text(content)
        with start_server(data_dir) as server, psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_half_made_data_directory_is_made_again(tmp_path: Path) -> None:
    """A crash during the very first start."""
    draft = tmp_path / "database" / "cluster.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    with start_server(tmp_path) as server:
        assert not server.recovered
    assert not draft.exists()


@pytest.mark.parametrize("name", ["a b%20'ü茶", "one,two", "deep/" * 30 + "end"])
def test_any_path_will_do(data_dir: Path, tmp_path: Path, name: str) -> None:
    """With spaces, quotes, percent signs, a comma (two hosts to libpq), or too long for a socket."""
    folder = tmp_path / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    data_dir.rename(folder)
    with start_server(folder) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        directories = connection.execute("SHOW unix_socket_directories").fetchone()
        assert directories is not None
        sockets = Path(directories[0].strip('"'))
        assert sockets.stat().st_mode & 0o077 == 0
    assert sockets == folder / "database" / "cluster" or not sockets.exists()


def test_a_closed_folder_above_stays_closed(tmp_path: Path) -> None:
    """A home is its owner's alone: also as root, when the server is another user, and while it runs."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with start_server(home / "data") as server, psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        assert home.stat().st_mode & 0o777 == 0o700
    with start_server(home / "data") as server:
        assert not server.recovered


# ------ bad input


def test_another_versions_data_is_left_alone(tmp_path: Path) -> None:
    cluster = tmp_path / "database" / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("16\n")
    with pytest.raises(DatabaseVersionMismatch, match="PostgreSQL 16, this is PostgreSQL 18"):
        start_server(tmp_path)
    assert [p.name for p in cluster.iterdir()] == ["PG_VERSION"]


def test_a_file_is_no_data_directory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingInvalid, match="data_dir"):
        start_server(tmp_path / "file")


def test_a_damaged_data_directory_says_so(data_dir: Path) -> None:
    """The detail is the server's own last word."""
    start_server(data_dir).stop()
    (data_dir / "database" / "cluster" / "global" / "pg_control").unlink()
    with pytest.raises(DatabaseUnavailable, match="pg_control"):
        start_server(data_dir)


async def test_neither_url_nor_folder() -> None:
    with pytest.raises(SettingInvalid, match="neither"):
        async with open_storage():
            pass


@pytest.mark.parametrize(
    ("log", "error"),
    [
        ("PANIC:  could not write to file: No space left on device", StorageFull),
        ("FATAL:  database files are incompatible with server", DatabaseVersionMismatch),
        ("LOG:  starting\nFATAL:  out of luck\nLOG:  bye", DatabaseUnavailable),
        ("", DatabaseUnavailable),
    ],
)
def test_what_the_server_says_becomes_our_error(log: str, error: type[Exception]) -> None:
    assert type(failure(log)) is error
    if "luck" in log:
        assert "out of luck" in str(failure(log))
