"""Root keys at rest: every way says clearly what is wrong, and never what the key is."""

import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from key_services import KEY, TOKEN, Transit, running_transit

from visavis.errors import KeyServiceUnavailable, PassphraseWrong, SealBroken, SettingInvalid, VisavisError
from visavis.ports import RootCipher
from visavis.privacy.age import AgeRoot
from visavis.privacy.kms import KmsRoot
from visavis.privacy.ring import Ring, begun, finished, new_root_key, read_ring, write_ring
from visavis.privacy.roots import PlainRoot, RootFile
from visavis.privacy.transit import VaultRoot

ROOT = bytes(range(100, 132))


@pytest.fixture
def transit() -> Iterator[Transit]:
    with running_transit() as running:
        yield running


def refused(cipher: RootCipher, sealed: bytes) -> VisavisError:
    """What opening raises; it tells nothing secret."""
    with pytest.raises((KeyServiceUnavailable, PassphraseWrong, SettingInvalid)) as raised:
        cipher.open(sealed)
    shown = f"{raised.value!r} {raised.value}"
    for secret in (TOKEN, "correct horse", ROOT.hex(), sealed.decode("latin-1")):
        assert secret not in shown
    return raised.value


# ------ a passphrase


def test_another_passphrase_or_another_file_is_refused() -> None:
    """The same error: a changed file cannot be told from a wrong passphrase."""
    right = AgeRoot("correct horse battery")
    sealed = right.seal(ROOT)
    assert sealed.startswith(b"age-encryption.org/v1\n")
    assert ROOT not in sealed
    assert isinstance(refused(AgeRoot("correct horse batterx"), sealed), PassphraseWrong)
    for spoilt in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:50], b"no age file"):
        assert isinstance(refused(right, spoilt), PassphraseWrong)
    assert "correct" not in repr(right)


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(SettingInvalid, match="at least 12"):
        AgeRoot("elevenchars")


# ------ Vault


def test_vault_gets_the_token_and_the_key_stays_the_same(transit: Transit) -> None:
    """The key file holds Vault's ciphertext."""
    vault = VaultRoot(transit.url, f"transit/{KEY}", TOKEN)
    sealed = vault.seal(ROOT)
    assert sealed.startswith(b"vault:v1:")
    assert vault.open(sealed + b"\n") == ROOT
    assert TOKEN not in repr(vault) + vault.place


def test_vault_says_what_is_wrong_and_what_to_do(transit: Transit) -> None:
    vault = VaultRoot(transit.url, KEY, TOKEN)
    sealed = vault.seal(ROOT)
    assert "403, the token" in refused(VaultRoot(transit.url, KEY, "another"), sealed).detail
    assert "404, no such key" in refused(VaultRoot(transit.url, "missing", TOKEN), sealed).detail
    assert "400, it did not encrypt" in refused(vault, b"vault:v1:AAAA").detail
    transit.sealed = True
    assert "503, it is sealed" in refused(vault, sealed).detail
    transit.sealed = False
    for answer in (b"", b"[]", b'{"data": {"plaintext": "%%%"}}', b'{"data": null}'):
        transit.answer = answer
        assert "answer" in refused(vault, sealed).detail


def test_a_vault_that_is_away_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert url in refused(VaultRoot(url, KEY, TOKEN), b"vault:v1:AAAA").detail


def test_a_vault_without_tls_is_asked_on_this_machine_alone() -> None:
    with pytest.raises(SettingInvalid, match="only https"):
        VaultRoot("http://vault.example:8200", KEY, TOKEN)


def test_vaults_certificate_is_checked(tmp_path: Path) -> None:
    """An unknown one is refused before the token is sent; with its authority in a file it serves."""
    certificate = self_signed(tmp_path / "vault.pem")
    with running_transit(certificate) as transit:
        assert "ConnectError" in refused(VaultRoot(transit.url, KEY, TOKEN), b"vault:v1:AAAA").detail
        assert transit.seen == []
        vault = VaultRoot(transit.url, KEY, TOKEN, ca_file=certificate)
        assert vault.open(vault.seal(ROOT)) == ROOT
    assert "vault_ca_file" in refused(VaultRoot(transit.url, KEY, TOKEN, ca_file=tmp_path / "none"), b"x").detail


def self_signed(path: Path) -> Path:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


# ------ AWS KMS


def test_kms_keeps_the_key_and_says_what_is_wrong(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kms = KmsRoot(aws)
    sealed = kms.seal(ROOT)
    assert ROOT not in sealed
    assert kms.open(sealed) == ROOT
    assert "AWS KMS: " in refused(kms, bytes(40)).detail
    with pytest.raises(KeyServiceUnavailable, match="NotFoundException"):
        KmsRoot("alias/missing").seal(ROOT)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert "EndpointConnectionError" in refused(kms, sealed).detail


# ------ the file, and the ring beside it


def test_a_root_key_is_replaced_at_once_and_discarded(tmp_path: Path) -> None:
    file = RootFile(tmp_path / "site.key", PlainRoot())
    with pytest.raises(SettingInvalid, match="is missing; restore it"):
        file.read()
    first = file.read_or_make()
    file.write(ROOT)
    assert file.read() == ROOT != first
    assert [p.name for p in tmp_path.iterdir()] == ["site.key"]
    file.path.chmod(0o640)
    with pytest.raises(SettingInvalid, match="chmod 600"):
        file.read()
    kept = os.open(file.path, os.O_RDONLY)
    file.discard()
    assert ROOT not in os.pread(kept, 100, 0)  # overwritten before the name went
    os.close(kept)
    assert not file.exists
    file.discard()


def test_a_ring_opens_with_each_of_its_root_keys_and_no_other(tmp_path: Path) -> None:
    path, old, new = tmp_path / "site.ring", ROOT, new_root_key()
    ring = begun(read_ring(path, old))
    assert ring.rotating
    assert ring.wrapping[1] == ring.identity == old  # before the first rotation the root key is everything
    write_ring(path, ring, [old, new])
    assert read_ring(path, old) == read_ring(path, new) == ring == begun(ring)
    with pytest.raises(SealBroken, match=r"site\.ring"):
        read_ring(path, new_root_key())
    write_ring(path, finished(ring), [new])
    assert read_ring(path, new) == Ring(wrapping=ring.wrapping[:1], identity=old)
    with pytest.raises(SealBroken):
        read_ring(path, old)
    assert path.stat().st_mode & 0o777 == 0o600
    assert not any(key in path.read_bytes() for key in (old, *ring.wrapping))
    assert repr(ring) == "Ring()"


@pytest.mark.parametrize("spoil", [b"", b"visavis ring 1\n", b"visavis ring 1\n\x00", b"nonsense" * 20])
def test_a_damaged_ring_is_refused(tmp_path: Path, spoil: bytes) -> None:
    (tmp_path / "site.ring").write_bytes(spoil)
    with pytest.raises((SettingInvalid, SealBroken)):
        read_ring(tmp_path / "site.ring", ROOT)


def test_a_rotated_key_without_its_ring_opens_nothing(tmp_path: Path) -> None:
    """It must not be taken for a key of before the first rotation."""
    with pytest.raises(SettingInvalid, match=r"site\.ring is missing"):
        read_ring(tmp_path / "site.ring", new_root_key())
