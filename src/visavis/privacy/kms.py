"""A root key that AWS KMS encrypts and decrypts: its own key never leaves KMS. Needs the extra `kms`.

Region, endpoint and credentials are found as every AWS program finds them: environment, profile, role of the machine.
"""

from typing import Any

from visavis.errors import ExtraMissing, KeyServiceUnavailable

WAIT_S = 10
CONTEXT = {"visavis": "site key"}  # bound to the ciphertext, and shown in CloudTrail


class KmsRoot:
    """Implements `ports.RootCipher` by asking KMS."""

    def __init__(self, key: str) -> None:
        """Take the id, ARN or alias (`alias/visavis`) of a symmetric key."""
        self._key = key

    def __repr__(self) -> str:
        return "KmsRoot(…)"

    @property
    def place(self) -> str:
        """Which key."""
        return f"encrypted by AWS KMS, {self._key}"

    def seal(self, root: bytes) -> bytes:
        """KMS's ciphertext blob."""
        asked = self._asked("encrypt", KeyId=self._key, Plaintext=root, EncryptionContext=CONTEXT)
        return bytes(asked["CiphertextBlob"])

    def open(self, sealed: bytes) -> bytes:
        """Raises KeyServiceUnavailable."""
        asked = self._asked("decrypt", KeyId=self._key, CiphertextBlob=sealed, EncryptionContext=CONTEXT)
        return bytes(asked["Plaintext"])

    def _asked(self, verb: str, **given: Any) -> dict[str, Any]:
        try:
            import boto3  # noqa: PLC0415 - an extra
            from botocore.config import Config  # noqa: PLC0415
            from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
        except ImportError:
            raise ExtraMissing("pip install 'visavis[kms]'") from None
        waiting = Config(connect_timeout=WAIT_S, read_timeout=WAIT_S, retries={"total_max_attempts": 2})
        try:
            client = boto3.client("kms", config=waiting)
            answer: dict[str, Any] = getattr(client, verb)(**given)
        except ClientError as error:
            raise KeyServiceUnavailable(f"AWS KMS: {error.response['Error']['Code']}") from None
        except BotoCoreError as error:  # its text may quote what was given; its name tells enough
            raise KeyServiceUnavailable(f"AWS KMS: {type(error).__name__}") from None
        return answer
