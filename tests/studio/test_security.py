"""Nobody but this machine's user is answered, and no page of another site can ask for anything."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path

import httpx
import pytest

from understudy.studio import security
from understudy.studio.context import StudioContext
from understudy.studio.security import cookie_name, is_own_host

from .conftest import Studio

HOME = "/api/studio"


def _answer(studio: Studio, path: str = HOME, method: str = "GET", **headers: str) -> int:
    """The status of a request that has the cookie, and headers as given (underscores are hyphens)."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(
        method,
        studio.base + path,
        headers=sent,
        cookies={cookie_name(studio.server.address): studio.context.token},
    ).status_code


@pytest.mark.parametrize("path", ["/", HOME, "/web/studio.js", "/api/start/facesets", "/nothing"])
def test_nothing_without_the_token(studio: Studio, path: str) -> None:
    assert httpx.get(studio.base + path).status_code == 401
    assert httpx.get(studio.base + path, params={"token": "wrong"}).status_code == 401
    name = cookie_name(studio.server.address)
    assert httpx.get(studio.base + path, cookies={name: "wrong"}).status_code == 401
    assert httpx.get(studio.base + path, cookies={name: ""}).status_code == 401


def test_the_token_becomes_a_cookie_that_scripts_and_other_sites_do_not_get(studio: Studio) -> None:
    answer = httpx.get(studio.base + "/review", params={"faceset": "ab", "token": studio.context.token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/review?faceset=ab")
    cookie = answer.headers["set-cookie"].lower()
    assert studio.context.token.lower() in cookie
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_a_redirect_leads_nowhere_else(studio: Studio) -> None:
    connection = http.client.HTTPConnection(studio.server.address)
    connection.request("GET", f"//evil.example/?token={studio.context.token}")
    answer = connection.getresponse()
    connection.close()
    assert not (answer.getheader("location") or "").startswith("//")


def test_tokens_are_compared_in_constant_time(monkeypatch, studio: Studio) -> None:
    asked: list[bytes] = []
    monkeypatch.setattr(security.hmac, "compare_digest", lambda a, b: asked.append(a) or a == b)
    assert _answer(studio) == 200
    assert studio.context.token.encode() in asked


def test_each_studio_has_its_own_token() -> None:
    tokens = {StudioContext(production=Path("p")).token for _ in range(9)}
    assert len(tokens) == 9
    assert min(map(len, tokens)) >= 32


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example:{port}", "", "10.0.0.1:{port}"]
)
def test_another_name_for_this_machine_is_refused(studio: Studio, host: str) -> None:
    """DNS rebinding: a stranger's domain that points to 127.0.0.1 is another host to the browser."""
    assert _answer(studio, Host=host.format(port=studio.server.address.split(":")[1])) in (400, 421)


@pytest.mark.parametrize(
    ("host", "listens_on", "is_own"),
    [
        ("localhost:8420", "127.0.0.1", True),
        ("[::1]:8420", "::1", True),
        ("192.168.1.5:8420", "127.0.0.1", False),
        ("192.168.1.5:8420", "0.0.0.0", True),
        (f"{socket.gethostname()}:8420", "0.0.0.0", True),
        ("evil.example:8420", "0.0.0.0", False),
        ("evil.example", "evil.example", True),
        ("", "0.0.0.0", False),
    ],
)
def test_names_of_the_studio(host: str, listens_on: str, is_own: bool) -> None:
    assert is_own_host(host, listens_on) == is_own


def test_a_change_comes_from_the_studio_itself(studio: Studio) -> None:
    own = studio.base
    for origin in ("http://evil.example", "null", own.replace("http:", "https:"), own + "0", ""):
        assert _answer(studio, method="POST", Origin=origin) == 403, origin
    assert _answer(studio, method="POST") == 403, "without an origin nobody knows who asks"
    assert _answer(studio, method="POST", Origin=own) == 405, "it gets through, though nothing is there"
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        assert _answer(studio, method=method, Origin="http://evil.example") == 403


def test_what_another_page_includes_is_refused(studio: Studio) -> None:
    assert _answer(studio, sec_fetch_site="cross-site", sec_fetch_mode="no-cors") == 403
    assert _answer(studio, sec_fetch_site="same-site", sec_fetch_mode="cors") == 403
    assert _answer(studio, Origin="http://evil.example") == 403
    assert _answer(studio, sec_fetch_site="same-origin", sec_fetch_mode="cors") == 200


def test_every_answer_says_what_its_page_may_do(studio: Studio) -> None:
    with studio.client() as client:
        for path in ("/", HOME, "/web/studio.js", "/nothing"):
            headers = client.get(path).headers
            assert "default-src 'self'" in headers["content-security-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert "access-control-allow-origin" not in headers
    assert "content-security-policy" in httpx.get(studio.base).headers, "of refusals, too"


@pytest.mark.parametrize(
    "path",
    [
        "/web/../app.py",
        "/web/..%2fapp.py",
        "/web/%2e%2e/app.py",
        "/web/....//app.py",
        "/web//etc/passwd",
        "/web/..\\app.py",
        "/web/%00",
    ],
)
def test_no_file_but_those_of_pages(studio: Studio, path: str) -> None:
    connection = http.client.HTTPConnection(studio.server.address)
    cookie = f"{cookie_name(studio.server.address)}={studio.context.token}"
    connection.request("GET", path, headers={"Cookie": cookie})  # httpx would tidy the path up
    answer = connection.getresponse()
    connection.close()
    assert answer.status in (400, 404)


def test_another_sites_page_gets_nothing(browser, studio: Studio) -> None:
    """A page of another origin in the same browser, which has the cookie, tries what pages can try."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(studio.url)
    page.wait_for_selector("body.ready")
    other = context.new_page()
    other.route(
        "http://evil.example/**", lambda route: route.fulfill(body="<p>hello", content_type="text/html")
    )
    other.goto("http://evil.example/")
    statuses: list[int] = []
    other.on("response", lambda answer: statuses.append(answer.status) if studio.base in answer.url else None)
    got = other.evaluate(
        """async (base) => {
            const tries = [
                () => fetch(base + "/api/studio", {credentials: "include"}).then((a) => a.text()),
                () => fetch(base + "/api/start/places", {method: "POST", credentials: "include", body: "{}"})
                    .then((a) => a.text()),
                () => new Promise((done, failed) => {
                    const script = document.createElement("script");
                    script.src = base + "/web/theme.js";
                    Object.assign(script, {onload: () => done("ran"), onerror: failed});
                    document.head.append(script);
                }),
            ];
            const got = [];
            for (const one of tries) got.push(await one().catch(() => "refused"));
            return got;
        }""",
        studio.base,
    )
    context.close()
    assert got == ["refused"] * 3
    assert set(statuses) <= {401, 403}
