"""Who is answered: this machine's user in their own browser, and no page of anybody else.

A studio on 127.0.0.1 can be reached by every page that is open in the browser. So each request must
show the token, in a cookie that browsers do not send along from other sites; must name the studio by an
address that no stranger's domain can have (DNS rebinding); and one that changes something must come from
a page of the studio itself.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN = "token"  # of the first address's query
_READING = ("GET", "HEAD")
_CSP = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _CSP,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_NO_TOKEN = "This is an Understudy studio. Open the address that it printed when it was started."
_OTHER_HOST = "The studio is not called by this name. Open the address that it printed when it was started."
_OTHER_SITE = "Another site's page asked for this. It is refused."


class Guard:
    """Answers only who may be answered, and says in every answer what its page may do.

    Args:
        app: the studio.
        token: what a browser must show.
        host: the address that the studio listens on.
    """

    def __init__(self, app: ASGIApp, token: str, host: str = "127.0.0.1") -> None:
        """Remember what is allowed."""
        self._app, self._token, self._host = app, token, host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # the studio has no web sockets
            return
        answer = self._refusal(scope)
        await (answer or self._app)(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        """What is answered instead; None where the request is fine."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not is_own_host(host, self._host):
            return PlainTextResponse(_OTHER_HOST, 421)
        if not _is_own_page(headers, scope["method"], host):
            return PlainTextResponse(_OTHER_SITE, 403)
        cookie = cookie_name(host)
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if scope["method"] == "GET" and self._is_token(query.pop(TOKEN, [""])[0]):
            rest = urlencode(query, doseq=True)
            # one slash: what begins with two is another host's address
            path = "/" + scope["path"].lstrip("/\\")
            answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
            answer.set_cookie(cookie, self._token, httponly=True, samesite="strict", path="/")
            return answer
        if not self._is_token(_cookie(headers, cookie)):
            return PlainTextResponse(_NO_TOKEN, 401)
        return None

    def _is_token(self, shown: str) -> bool:
        # compared in a time that says nothing of how much is right
        return hmac.compare_digest(shown.encode(), self._token.encode())


def is_own_host(host: str, listens_on: str) -> bool:
    """Whether a Host header names the studio itself, and by no name that a stranger's DNS could point here.

    Args:
        host: as the request has it, with the port.
        listens_on: the studio's address.
    """
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    name = name.strip("[]").lower()
    if name in ("localhost", "127.0.0.1", "::1") or name == listens_on.lower():
        return True
    if is_loopback(listens_on):
        return False
    # on a network: by the machine's name, or by a number, which DNS cannot point elsewhere
    return name == socket.gethostname().lower() or _is_address(name)


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own, which nobody else can reach."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def cookie_name(host: str) -> str:
    """What the cookie is called: of two studios on one machine each has its own, as cookies know no ports."""
    port = host.rsplit(":", 1)[-1]
    return f"understudy_{port if port.isdigit() else 80}"


def _is_own_page(headers: Headers, method: str, host: str) -> bool:
    """Whether it is a page of the studio that asks, or somebody who opens one."""
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return False
    if method not in _READING:
        return origin is not None
    # browsers say who asks; what a person opens, by a link or by hand, is told by its mode
    site, mode = headers.get("sec-fetch-site", "none"), headers.get("sec-fetch-mode", "navigate")
    return site in ("same-origin", "none") or mode == "navigate"


def _cookie(headers: Headers, name: str) -> str:
    pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
    return next((value for key, _, value in pairs if key == name), "")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-cache")
        await send(message)

    return sent
