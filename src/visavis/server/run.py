"""Serve a site until it is told to stop."""

import asyncio
import errno
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_address

import uvicorn

from visavis.config import Settings
from visavis.errors import PortInUse, SettingInvalid
from visavis.server.app import create_app
from visavis.server.connection import Connection
from visavis.server.door import MAX_HEADER_BYTES
from visavis.server.site import Progress, Site, open_site

CONNECTIONS = 2000  # beyond this a caller is told to come again

EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - what it means is what is refused


def listen(settings: Settings) -> socket.socket:
    """A listening socket, taken before anything slow starts; raises PortInUse or SettingInvalid."""
    loopback(settings.host)
    if settings.host in EVERY_ADDRESS and not settings.names:
        raise SettingInvalid(f"names: say by which names browsers reach {settings.host}")
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise SettingInvalid("tls_certificate, tls_key: give both or neither")
    sock = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted connections inherit it; without it head and body of an answer wait 40 ms for each other (Nagle).
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        sock.bind((settings.host, settings.port))
        sock.listen(512)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(f"port {settings.port}") from None
        if error.errno in (errno.EACCES, errno.EADDRNOTAVAIL):
            raise SettingInvalid(f"host, port: cannot listen on {settings.host}:{settings.port}") from None
        raise
    return sock


def loopback(host: str) -> bool:
    """Whether only this machine reaches it; raises SettingInvalid."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        raise SettingInvalid(f"host: {host!r} is not an address") from None


async def check_door(site: Site) -> None:
    """Raises SettingInvalid when others would reach a site that nobody can sign in to."""
    if not loopback(site.settings.host) and not await site.accounts.people.administered():
        how = "visavis staff add LOGIN --role administrator"
        raise SettingInvalid(f"host: beyond loopback only once an administrator has an account; run `{how}`")


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `stop_asked`, which also stops what runs beside the server."""
        yield


@asynccontextmanager
async def serving(settings: Settings, *, progress: Progress) -> AsyncIterator[tuple[Site, str]]:
    """A running site and its base address; everything that was started has ended on leaving."""
    sock = listen(settings)
    try:
        async with open_site(settings, progress=progress) as site:
            await check_door(site)
            config = uvicorn.Config(
                create_app(site),
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=2,
                ws_max_size=2_000_000,
                ws_max_queue=4,
                server_header=False,
                ssl_certfile=settings.tls_certificate,
                ssl_keyfile=settings.tls_key,
                http=Connection,  # httptools takes headers of any length
                h11_max_incomplete_event_size=MAX_HEADER_BYTES * 2,
                limit_concurrency=CONNECTIONS,
            )
            server = _Server(config)
            task = asyncio.create_task(server.serve(sockets=[sock]))
            try:
                while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn sets no event
                    await asyncio.sleep(0.02)
                if task.done():
                    task.result()
                host, port = sock.getsockname()[:2]
                scheme = "http" if settings.tls_certificate is None else "https"
                yield site, f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
            finally:
                site.screens.close()
                server.should_exit = True
                await task
    finally:
        sock.close()


def stop_asked() -> asyncio.Event:
    """Set by Ctrl-C or a polite kill."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, event.set)
    return event
