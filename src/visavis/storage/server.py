"""The embedded server: a real PostgreSQL beside this process, for as long as anybody uses it.

    with start_server(data_dir) as server:
        migrate(server.url)
        async with open_storage(server.url) as storage: ...

Everything lies in `data_dir/database`: `cluster/` (PostgreSQL's own), `log`, and two lock files. Safe by place: the
server has no port, its socket lies in a folder that only its system user (and root) may enter, so roles need no
password there. Several processes share one server; each holds a shared lock on `users`, which the kernel lets go
when a process dies, however it dies. Who finds no other user stops the server; where nobody is left to do so, a small
program beside it does (`guard.py`). Who starts after a crash ends what was left running, lets PostgreSQL replay its
log, and says so: `recovered`.
"""

import atexit
import errno
import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
import structlog

from visavis.errors import DatabaseUnavailable, SettingInvalid, StorageFull
from visavis.storage.cluster import OWNER, Cluster, Postmaster, end
from visavis.storage.guard import __file__ as guard_file

log = structlog.get_logger()

DATABASE = "visavis"


class EmbeddedServer:
    """One process's use of the server in a data directory; made by `start_server`."""

    def __init__(self, folder: Path) -> None:
        self._lock = folder / "lock"
        self._cluster = Cluster(folder=folder / "cluster", log=folder / "log")
        self._users_file = folder / "users"
        self._users: int | None = os.open(self._users_file, os.O_RDWR | os.O_CREAT, 0o600)
        self._guard: subprocess.Popen[bytes] | None = None
        self.url = ""
        """Connects as the owner, who may migrate."""
        self.recovered = False
        """A crash came before this start; everything acknowledged is there."""

    # ------ life

    def start(self) -> None:
        """Start the server, or join the one that runs."""
        with _transition(self._lock):
            alone = self._lock_users(fcntl.LOCK_EX)
            self._cluster.prepare()
            if alone:
                self.recovered = self._cluster.end_leftovers() | (not self._cluster.clean())
            self._lock_users(fcntl.LOCK_SH)
            self.recovered |= self._ensure() and not alone
        atexit.register(self.stop)
        if self.recovered:
            log.warning("database_recovered")

    def revive(self) -> bool:
        """Start the server again when it died under us; whether it had."""
        with _transition(self._lock):
            died = self._users is not None and self._ensure()
        if died:
            self.recovered = True
            log.warning("database_recovered")
        return died

    def stop(self) -> None:
        """Leave; the last user stops the server. Does nothing the second time."""
        atexit.unregister(self.stop)
        if self._users is None:
            return
        with _transition(self._lock):
            last = self._lock_users(fcntl.LOCK_EX)
            main = self._cluster.postmaster() if last else None
            if main is not None:
                end(main.process)
                self._cluster.discard_socket_dir(main.socket_dir)
            if last and self._guard is not None:
                self._guard.terminate()
                self._guard.wait()
            os.close(self._users)
            self._users = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ------ parts

    @property
    def pid(self) -> int | None:
        """Process number of the server; None when it does not run."""
        main = self._cluster.postmaster()
        return main.process.pid if main else None

    def _ensure(self) -> bool:
        """Have a server that answers; whether one had to be started."""
        main = self._cluster.postmaster()
        if main is not None and self._answers(_url(main)):
            self.url = _url(main)
            return False
        self._cluster.end_leftovers()
        main = self._cluster.launch()
        self._guard = self._guarded(main)
        self.url = _url(main)
        self._ensure_database()
        return True

    def _guarded(self, main: Postmaster) -> "subprocess.Popen[bytes]":
        arguments = [self._lock, self._users_file, self._cluster.folder, main.process.pid]
        guard = subprocess.Popen(  # noqa: S603  the program is ours, no shell
            [sys.executable, "-I", "-S", guard_file, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,  # Ctrl-C in the terminal is not for it
        )
        threading.Thread(target=guard.wait, daemon=True).start()  # collects it, whenever it ends
        return guard

    @staticmethod
    def _answers(url: str) -> bool:
        """A process that was just killed may still be listed; only an answer proves life."""
        try:
            psycopg.connect(url, dbname="postgres", connect_timeout=5).close()
        except psycopg.OperationalError as error:
            return error.sqlstate is not None  # a refusal is an answer
        return True

    def _ensure_database(self) -> None:
        try:
            with psycopg.connect(self.url, dbname="postgres", autocommit=True) as connection:
                there = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount
                if not there:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.errors.DiskFull:
            raise StorageFull("while creating the database") from None
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable(type(error).__name__) from error

    def _lock_users(self, kind: int) -> bool:
        if self._users is None:
            raise DatabaseUnavailable("this use of the embedded server has ended")
        try:
            fcntl.flock(self._users, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def start_server(data_dir: Path) -> EmbeddedServer:
    """The embedded server of a data directory, running; stop it with `stop()` or by leaving its `with` block.

    Raises:
        SettingInvalid: The data directory cannot be used.
        DatabaseVersionMismatch: It was written by another version of PostgreSQL.
        StorageFull: No space is left.
        DatabaseUnavailable: The server does not start; the detail is its own last word.
    """
    folder = data_dir.expanduser().absolute() / "database"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        server = EmbeddedServer(folder)
        try:
            server.start()
        except BaseException:
            server.stop()
            raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(str(data_dir)) from error
        raise SettingInvalid(f"data_dir: {data_dir}: {error.strerror}") from error
    return server


def _url(main: Postmaster) -> str:
    return f"postgresql://{OWNER}@/{DATABASE}?host={quote(str(main.socket_dir), safe='')}"


@contextmanager
def _transition(path: Path) -> Iterator[None]:
    """Only one process at a time starts or stops the server."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
