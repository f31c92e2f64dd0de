"""Where the root key of a site rests while nothing runs: a file beside the database, plain or encrypted."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from visavis.errors import SettingInvalid, StorageFull
from visavis.ports import RootCipher
from visavis.privacy.ring import KEY_BYTES, replace_file, write_new
from visavis.privacy.slots import NO_ROOM, flush_folder

MOST_BYTES = 64 * 1024


class PlainRoot:
    """Implements `ports.RootCipher` by leaving the key as it is: the file's owner alone can read it."""

    place = "in the file itself, readable by its owner alone"

    def seal(self, root: bytes) -> bytes:
        """The same bytes."""
        return root

    def open(self, sealed: bytes) -> bytes:
        """The same bytes."""
        return sealed


class RootFile:
    """A root key in one file, as its cipher left it."""

    def __init__(self, path: Path, cipher: RootCipher) -> None:
        self.path, self._cipher = path, cipher

    def __repr__(self) -> str:
        return f"RootFile({self.path.name})"

    @property
    def place(self) -> str:
        """Where it is, and who can open it."""
        return f"{self.path}, {self._cipher.place}"

    @property
    def exists(self) -> bool:
        """Whether there is one."""
        return self.path.exists()

    def read(self) -> bytes:
        """The key, 32 bytes.

        Raises:
            SettingInvalid: The file is missing, does not hold a key, or others can read it.
            PassphraseWrong, KeyServiceUnavailable: It cannot be decrypted.
        """
        try:
            return self._read()
        except FileNotFoundError:
            raise SettingInvalid(f"site key: {self.path} is missing; restore it, nothing opens without it") from None

    def read_or_make(self) -> bytes:
        """The key, made at first use: two processes at once agree on one, a crash leaves none half-written."""
        try:
            return self._read()
        except FileNotFoundError:
            self._make()
            return self._read()

    def write(self, root: bytes) -> None:
        """Replace the key at once; raises as `read` does, and StorageFull."""
        replace_file(self.path, self._cipher.seal(root))

    def discard(self) -> None:
        """Overwrite and delete the file; a file system that copies on write may keep the blocks."""
        if self.exists:
            with self.path.open("r+b") as file:
                file.write(secrets.token_bytes(os.fstat(file.fileno()).st_size))
                file.flush()
                os.fsync(file.fileno())
            self.path.unlink()
            flush_folder(self.path.parent)

    def _read(self) -> bytes:
        name = self.path.name
        try:
            with self.path.open("rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                sealed = file.read(MOST_BYTES)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise SettingInvalid(f"site key: {name}: {error.strerror}") from error
        if mode & 0o077:
            raise SettingInvalid(f"site key: others can read {name}; run chmod 600 on it")
        root = self._cipher.open(sealed)
        if len(root) != KEY_BYTES:
            raise SettingInvalid(f"site key: {name} does not hold {KEY_BYTES} bytes; restore it from its backup")
        return root

    def _make(self) -> None:
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        sealed = self._cipher.seal(secrets.token_bytes(KEY_BYTES))
        try:
            write_new(draft, sealed)
            with suppress(FileExistsError):  # another process was first; its key counts
                os.link(draft, self.path)
            flush_folder(self.path.parent)  # before anything is sealed with a key that a power cut could take away
        except OSError as error:
            refusal = StorageFull if error.errno in NO_ROOM else SettingInvalid
            raise refusal(f"site key: {self.path.name} cannot be made: {error.strerror}") from error
        finally:
            draft.unlink(missing_ok=True)
