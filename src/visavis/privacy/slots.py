"""Numbers that member keys hang on, in a file beside the site key: overwriting one ends its key, also in every backup.

The database, its write-ahead log and its backups hold wrapped keys that nobody can call back. Each of them needs the
number of its slot as well, and that stands here alone, so that what has to be destroyed lies in one known place.
"""

import errno
import fcntl
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from visavis.errors import KeyDestroyed, SettingInvalid, StorageFull

MAGIC = b"visavis slots 1\n"
ID_BYTES, SHARE_BYTES = 16, 32
RECORD = ID_BYTES + SHARE_BYTES
EMPTY = bytes(RECORD)
MOST = 2**40
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class Slots:
    """A file of records, each an id and a random number of 32 bytes; those of nobody are zero.

    Several processes may use it at once. A record is on the disk when `take` or `destroy` returns; on a file system
    that copies on write, or a worn flash disk, an overwritten block may survive: encrypt the disk.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._free: list[int] = []
        self._mutex = threading.RLock()
        self._waiting = False  # writes that `together` flushes at its end
        self._alone_now = False  # inside it, once the file was locked

    def __repr__(self) -> str:
        return "Slots(…)"

    @property
    def exist(self) -> bool:
        """Whether anything was ever kept here."""
        return self._path.exists()

    def take(self) -> tuple[int, bytes, bytes]:
        """Position, id and number of a fresh slot; raises StorageFull."""
        identity, share = secrets.token_bytes(ID_BYTES), secrets.token_bytes(SHARE_BYTES)
        with self._mutex, self._alone() as file:
            position = self._empty_position(file)
            self._write(file, position, identity + share)
        return position, identity, share

    def share(self, position: int, identity: bytes) -> bytes:
        """The number of a slot.

        Raises:
            KeyDestroyed: It was overwritten, whoever has the slot now.
            SettingInvalid: The file is missing or shorter than it was.
        """
        if position > MOST:
            raise KeyDestroyed
        record = os.pread(self._open(make=False), RECORD, _offset(position))
        if len(record) < RECORD:
            raise SettingInvalid(f"{self._path.name} is shorter than it was; restore its newest copy")
        if record[:ID_BYTES] != identity:
            raise KeyDestroyed
        return record[ID_BYTES:]

    def destroy(self, position: int, identity: bytes) -> bool:
        """Overwrite a slot; False when that was done before."""
        with self._mutex, self._alone() as file:
            if position > MOST or os.pread(file, ID_BYTES, _offset(position)) != identity:
                return False
            self._write(file, position, EMPTY)
            self._free.append(position)
        return True

    def taken(self) -> dict[int, bytes]:
        """Position and id of every slot in use."""
        if not self.exist:
            return {}
        with self._mutex, self._alone() as file:
            records = _records(file)
        used = np.flatnonzero(records.any(axis=1))
        return {int(position): records[position, :ID_BYTES].tobytes() for position in used}

    @contextmanager
    def together(self) -> Iterator[None]:
        """Many changes that are on the disk together when this ends, instead of each one by itself."""
        with self._mutex:
            self._waiting = True
            try:
                yield
            finally:
                self._waiting = False
                if self._file is not None and self._alone_now:
                    os.fsync(self._file)
                    fcntl.flock(self._file, fcntl.LOCK_UN)
                self._alone_now = False

    # ------ the file

    def _open(self, *, make: bool) -> int:
        with self._mutex:
            if self._file is None:
                self._file = _opened(self._path, make=make)
                self._free = [int(p) for p in np.flatnonzero(~_records(self._file).any(axis=1))]
            return self._file

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """The file, while no other process writes it."""
        file = self._open(make=True)
        if not self._alone_now:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._alone_now = self._waiting
        try:
            yield file
        finally:
            if not self._alone_now:
                fcntl.flock(file, fcntl.LOCK_UN)

    def _empty_position(self, file: int) -> int:
        while self._free:
            position = self._free.pop()
            if os.pread(file, RECORD, _offset(position)) == EMPTY:  # another process may have taken it
                return position
        return max(0, os.fstat(file).st_size - len(MAGIC)) // RECORD

    def _write(self, file: int, position: int, record: bytes) -> None:
        try:
            os.pwrite(file, record, _offset(position))
            if not self._waiting:
                os.fsync(file)
        except OSError as error:
            refusal = StorageFull if error.errno in NO_ROOM else SettingInvalid
            raise refusal(f"{self._path.name} cannot be written: {error.strerror}") from error


def _opened(path: Path, *, make: bool) -> int:
    try:
        file = os.open(path, os.O_RDWR | (os.O_CREAT if make else 0), 0o600)
        os.set_inheritable(file, False)
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            start = os.pread(file, len(MAGIC), 0)
            if not start and make:
                os.pwrite(file, MAGIC, 0)
                os.fsync(file)
                flush_folder(path.parent)
            elif start != MAGIC:
                raise SettingInvalid(f"{path.name} does not hold member keys; restore its newest copy")
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
    except FileNotFoundError:
        raise SettingInvalid(f"{path.name} is missing; restore its newest copy, no member opens without it") from None
    except OSError as error:
        refusal = StorageFull if error.errno in NO_ROOM else SettingInvalid
        raise refusal(f"{path.name} cannot be opened: {error.strerror}") from error
    if os.fstat(file).st_mode & 0o077:
        raise SettingInvalid(f"others can read {path.name}; run chmod 600 on it")
    return file


def flush_folder(path: Path) -> None:
    """Make the names in a folder survive a power cut."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _records(file: int) -> np.ndarray:
    data = os.pread(file, os.fstat(file).st_size, len(MAGIC))
    whole = len(data) // RECORD * RECORD
    return np.frombuffer(data[:whole], np.uint8).reshape(-1, RECORD)


def _offset(position: int) -> int:
    return len(MAGIC) + position * RECORD
