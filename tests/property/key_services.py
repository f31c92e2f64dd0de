"""Key services that run on this machine: HashiCorp Vault's transit engine in small, and moto's KMS."""

import json
import os
import ssl
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "s.token-of-the-site"
KEY = "visavis"


@dataclass
class Transit:
    """One transit key (AES-256-GCM) behind one token, and what is to go wrong with it."""

    url: str = ""
    sealed: bool = False
    answer: bytes | None = None  # instead of the right one
    key: bytes = field(default_factory=lambda: os.urandom(32))
    seen: list[bytes] = field(default_factory=list)  # bodies of requests

    def reply(self, path: str, token: str | None, body: bytes) -> tuple[int, dict[str, Any]]:
        self.seen.append(body)
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if token != TOKEN:
            return 403, {"errors": ["permission denied"]}
        given = json.loads(body)
        match path.removeprefix("/v1/transit/").split("/"):
            case ["encrypt", name] if name == KEY:
                nonce = os.urandom(12)
                sealed = nonce + AESGCM(self.key).encrypt(nonce, b64decode(given["plaintext"]), None)
                return 200, {"data": {"ciphertext": f"vault:v1:{b64encode(sealed).decode()}", "key_version": 1}}
            case ["decrypt", name] if name == KEY:
                try:
                    sealed = b64decode(given["ciphertext"].removeprefix("vault:v1:"))
                    plain = AESGCM(self.key).decrypt(sealed[:12], sealed[12:], None)
                except (InvalidTag, ValueError):
                    return 400, {"errors": ["invalid ciphertext: no prefix"]}
                return 200, {"data": {"plaintext": b64encode(plain).decode()}}
            case _:
                return 404, {"errors": []}


@contextmanager
def running_transit(certificate: Path | None = None) -> Iterator[Transit]:
    """On a free port of this machine; with TLS where a certificate with its key is given."""
    transit = Transit()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, document = transit.reply(self.path, self.headers.get("X-Vault-Token"), body)
            data = json.dumps(document).encode() if transit.answer is None else transit.answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "http" if certificate is None else "https"
    transit.url = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield transit
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
