"""A root key under a passphrase, in a file that the `age` program opens too (age-encryption.org/v1, scrypt)."""

from visavis.errors import PassphraseWrong, SettingInvalid

LEAST_CHARACTERS = 12


class AgeRoot:
    """Implements `ports.RootCipher` with a passphrase."""

    place = "encrypted with an age passphrase"

    def __init__(self, passphrase: str) -> None:
        """Take the passphrase; raises SettingInvalid for one of fewer than 12 characters."""
        if len(passphrase) < LEAST_CHARACTERS:
            raise SettingInvalid(f"site key: a passphrase has at least {LEAST_CHARACTERS} characters")
        self._passphrase = passphrase

    def __repr__(self) -> str:
        return "AgeRoot(…)"

    def seal(self, root: bytes) -> bytes:
        """Takes about a second: so does each guess of a thief."""
        from pyrage import passphrase  # noqa: PLC0415 - loaded where it is used

        return bytes(passphrase.encrypt(root, self._passphrase))

    def open(self, sealed: bytes) -> bytes:
        """Raises PassphraseWrong, also for a file that was changed."""
        from pyrage import DecryptError, passphrase  # noqa: PLC0415

        try:
            return bytes(passphrase.decrypt(sealed, self._passphrase))
        except DecryptError:
            raise PassphraseWrong from None
