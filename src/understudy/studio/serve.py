"""Serve the studio to this machine's browser until it is interrupted."""

from __future__ import annotations

import contextlib
import errno
import socket
import webbrowser
from collections.abc import Callable

import uvicorn

from understudy.core.errors import UnderstudyError
from understudy.studio.app import create_app
from understudy.studio.context import StudioContext
from understudy.studio.security import TOKEN

USUAL_PORT = 8420
_CLOSING_S = 2  # for answers that are under way when the studio ends


class Server(uvicorn.Server):
    """Uvicorn, on a socket that is open already: its address is known before it answers."""

    def __init__(self, context: StudioContext, host: str, listening: socket.socket) -> None:
        """Nothing is answered yet."""
        config = uvicorn.Config(
            create_app(context, host),
            log_level="critical",  # `app` tells failures; that answers are broken off at the end is none
            access_log=False,
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=_CLOSING_S,
        )
        super().__init__(config)
        self._listening, self._queue = listening, context.queue
        self.address = address_of(listening)

    def url(self, token: str, path: str = "/") -> str:
        """What a browser opens first."""
        return f"http://{self.address}{path}{'&' if '?' in path else '?'}{TOKEN}={token}"

    def serve_here(self) -> None:
        """Have jobs done and answer until `should_exit`, or until a signal."""
        with self._queue:
            self.run(sockets=[self._listening])


def serve(
    context: StudioContext,
    *,
    path: str = "/",
    port: int | None = None,
    host: str = "127.0.0.1",
    browser: bool = True,
    on_ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve a studio until it is interrupted.

    Args:
        context: what it shows.
        path: the page that is opened.
        port: where it listens; `USUAL_PORT`, or a free one where that is taken, where None.
        host: address to listen on.
        browser: whether a browser is opened.
        on_ready: hears of the address.

    Raises:
        UnderstudyError: the port is in use, or is not allowed, or there is no such address.
        KeyboardInterrupt: it was interrupted.
    """
    with contextlib.closing(open_socket(host, port)) as listening:
        server = Server(context, host, listening)
        url = server.url(context.token, path)
        on_ready(url)
        if browser:
            webbrowser.open(url)
        server.serve_here()


def open_socket(host: str, port: int | None) -> socket.socket:
    """A socket that listens.

    Raises:
        UnderstudyError: as `serve`.
    """
    if port is None:
        try:
            return open_socket(host, USUAL_PORT)
        except PortInUseError:
            return open_socket(host, 0)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(f"port {port} is in use", "name another --port, or leave it out") from error
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise UnderstudyError(f"this machine has no address {host}", "leave --host out") from error
        raise UnderstudyError(
            f"cannot listen on {host}, port {port} ({error.strerror})", "name another --port"
        ) from error
    return listening


class PortInUseError(UnderstudyError):
    """Something else listens there."""


def address_of(listening: socket.socket) -> str:
    """Host and port as a URL has them; a socket that listens everywhere is called by this machine's own."""
    host, port = str(listening.getsockname()[0]), int(listening.getsockname()[1])
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
