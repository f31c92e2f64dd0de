"""A root key that HashiCorp Vault's transit engine encrypts and decrypts: its own key never leaves Vault.

API: https://developer.hashicorp.com/vault/api-docs/secret/transit
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visavis.errors import KeyServiceUnavailable, SettingInvalid

if TYPE_CHECKING:
    import httpx

WAIT_S = 10.0


class VaultRoot:
    """Implements `ports.RootCipher` by asking Vault."""

    def __init__(self, url: str, key: str, token: str, *, ca_file: Path | None = None) -> None:
        """Remember whom to ask.

        Args:
            url: of Vault; https, or http on this machine.
            key: name of the transit key, perhaps with its mount: `transit/visavis`.
            token: may do `update` on encrypt/ and decrypt/ of that key, and needs nothing else.
            ca_file: certificates to trust instead of the machine's own.
        """
        mount, _, name = key.rpartition("/")
        self._mount, self._name = mount or "transit", name
        self._url, self._token, self._ca_file = url.rstrip("/"), token, ca_file
        if not url.startswith(("https://", "http://127.0.0.1", "http://localhost", "http://[::1]")):
            raise SettingInvalid("vault_url: only https, or http on this machine")

    def __repr__(self) -> str:
        return "VaultRoot(…)"

    @property
    def place(self) -> str:
        """Which key of which Vault."""
        return f"encrypted by {self._mount}/{self._name} of {self._url}"

    def seal(self, root: bytes) -> bytes:
        """What Vault calls the ciphertext: `vault:v1:…`."""
        return self._asked("encrypt", {"plaintext": b64encode(root).decode()}, "ciphertext").encode()

    def open(self, sealed: bytes) -> bytes:
        """Raises KeyServiceUnavailable."""
        answer = self._asked("decrypt", {"ciphertext": sealed.decode("ascii", "replace").strip()}, "plaintext")
        try:
            return b64decode(answer, validate=True)
        except Base64Error:
            raise KeyServiceUnavailable("Vault: its answer is no key") from None

    def _asked(self, verb: str, body: dict[str, str], field: str) -> str:
        import httpx  # noqa: PLC0415 - loaded where it is used

        path = f"{self._url}/v1/{self._mount}/{verb}/{self._name}"
        try:
            with httpx.Client(verify=self._trusted(), timeout=WAIT_S, follow_redirects=False) as client:
                answer = client.post(path, json=body, headers={"X-Vault-Token": self._token})
            answer.raise_for_status()
            return str(answer.json()["data"][field])
        except httpx.HTTPStatusError as error:
            raise KeyServiceUnavailable(_meaning(error.response)) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise KeyServiceUnavailable(f"Vault at {self._url}: {type(error).__name__}") from None
        except (ValueError, KeyError, TypeError):
            raise KeyServiceUnavailable("Vault: its answer cannot be read") from None

    def _trusted(self) -> Any:
        import ssl  # noqa: PLC0415

        try:
            return ssl.create_default_context(cafile=self._ca_file)
        except OSError as error:
            raise SettingInvalid(f"vault_ca_file: {type(error).__name__}") from None


def _meaning(answer: "httpx.Response") -> str:
    """What an operator can do about a status; Vault's own words may quote what was sent."""
    match answer.status_code:
        case 400:
            return "Vault: 400, it did not encrypt this key file; restore the newest copy of the file"
        case 403:
            return "Vault: 403, the token has ended or may not use this key"
        case 404:
            return "Vault: 404, no such key or transit engine; see vault_key"
        case 503:
            return "Vault: 503, it is sealed; unseal it"
        case status:
            return f"Vault: {status}"
