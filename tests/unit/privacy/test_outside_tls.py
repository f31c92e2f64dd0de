"""A pinned request over real TLS: to the address that was checked, for the name that was asked."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from visavis.privacy.outside import networks, outside


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(302 if self.path == "/away" else 200)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(self.headers["Host"].encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[tuple[int, ssl.SSLContext]]:
    """A server with a certificate for partner.example, and a context that trusts it."""
    key, name = Ed25519PrivateKey.generate(), x509.Name([])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("partner.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, None)
    )
    file = tmp_path / "partner.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, ssl.create_default_context(cadata=certificate.public_bytes(Encoding.PEM).decode())
        server.shutdown()


def test_the_certificate_must_be_that_of_the_name(partner: tuple[int, ssl.SSLContext]) -> None:
    """The pinned address serves partner.example; under another name its certificate is refused."""
    port, trusts = partner

    def asked(host: str, path: str = "/") -> httpx.Response:
        found = outside(
            f"https://{host}:{port}{path}", allowed=networks(["127.0.0.0/8"]), resolve=lambda *_: ("127.0.0.1",)
        )
        with httpx.Client(verify=trusts, trust_env=False) as client:
            return client.get(found.pinned, headers=found.headers, extensions=found.extensions)

    assert asked("partner.example").text == f"partner.example:{port}"
    assert asked("partner.example", "/away").status_code == 302  # and nobody followed it
    with pytest.raises(httpx.ConnectError, match="certificate"):
        asked("other.example")
