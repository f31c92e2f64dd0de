"""Secrets that were given in the environment, and what must not leave memory while the program runs."""

import ctypes
import os
import resource
from contextlib import suppress
from pathlib import Path

_STAT_ENV_START, _STAT_ENV_END = 49, 50  # fields of /proc/self/stat, counted from 0 (proc_pid_stat(5))
_PR_SET_DUMPABLE = 4


def taken_from_environment(name: str) -> str | None:
    """The value of a variable, which is then gone: for this program, its children, and readers of /proc/PID/environ."""
    value = os.environ.pop(name, None)
    if value is not None:
        with suppress(OSError, ValueError, IndexError):  # no /proc: another kernel than Linux
            _overwrite(name, value)
    return value


def forbid_core_dumps() -> None:
    """A crash writes no memory to a disk, whether the kernel writes the file or hands it to a program."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, AttributeError):  # Linux alone; a limit of 0 does not bind programs that core_pattern names
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _overwrite(name: str, value: str) -> None:
    """The kernel shows the strings that the program began with, so they are blanked where they lie."""
    fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    begin, end = int(fields[_STAT_ENV_START - 2]), int(fields[_STAT_ENV_END - 2])
    wanted = os.fsencode(f"{name}={value}")
    at = begin
    while at < end:
        found = ctypes.string_at(at)
        if found == wanted:
            ctypes.memset(at + len(os.fsencode(name)) + 1, ord("-"), len(found) - len(os.fsencode(name)) - 1)
        at += len(found) + 1
