"""The gate: whose requests are taken, what a body may be, how often, and the headers on every answer."""

import asyncio
from types import SimpleNamespace

import pytest

from service.errors import TooManyRequests
from service.protection import Gate, RateLimiter, SecurityHeaders, content_security_policy, is_loopback
from service.settings import Settings


def settings(**given):
    return Settings(_env_file=None, store="unused", **given)


def ask(app, method="GET", headers=None, port=8000, body=(b"",), wait=0.0):
    """Sends one request through an ASGI application; returns status, headers, body."""
    raw = [(b"host", f"127.0.0.1:{port}".encode())]
    for name, value in (headers or {}).items():
        raw = [(key, old) for key, old in raw if key != name.encode()]
        if value is not None:
            raw.append((name.encode(), value.encode()))
    scope = {
        "type": "http", "method": method, "path": "/", "raw_path": b"/", "query_string": b"", "headers": raw,
        "scheme": "http", "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1), "state": {},
    }  # fmt: skip
    got = SimpleNamespace(status=0, headers={}, body=b"")
    parts = list(body)

    async def receive():
        await asyncio.sleep(wait)
        return {"type": "http.request", "body": parts.pop(0) if parts else b"", "more_body": bool(parts)}

    async def send(message):
        if message["type"] == "http.response.start":
            got.status = message["status"]
            got.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            got.body += message.get("body", b"")

    asyncio.run(app(scope, receive, send))
    return got


def gate(**given):
    """A gate before an application that answers 200 with the body it read."""

    async def inner(scope, receive, send):
        read, more = b"", scope["method"] == "POST"
        while more:
            message = await receive()
            read += message.get("body", b"")
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": read})

    async def refuse(scope, receive, send, error):
        await send({"type": "http.response.start", "status": 403, "headers": []})
        await send({"type": "http.response.body", "body": type(error).__name__.encode()})

    return Gate(inner, settings(**given), refuse)


OWN = {"sec-fetch-site": "same-origin", "content-type": "application/json", "content-length": "2"}


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000", "[::1]:8000"])
def test_loopback_names_with_the_port_are_taken(host):
    assert ask(gate(), headers={"host": host}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8000", "127.0.0.1.evil.example:8000", "localhost.evil.example", "127.0.0.1", "127.0.0.1:80",
        "127.0.0.1:8001", "localhost:8000@evil.example", "[::1]", "0.0.0.0:8000", "192.168.1.5:8000", "", None,
    ],
)  # fmt: skip
def test_any_other_name_is_refused_even_for_reading(host):
    got = ask(gate(), headers={"host": host})
    assert (got.status, got.body) == (403, b"ForeignRequest")


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": None},
        {"sec-fetch-site": "SAME-ORIGIN"}, {"origin": "http://evil.example"}, {"origin": "null"},
        {"origin": "http://127.0.0.1:9000"}, {"origin": "https://127.0.0.1:8000"},
    ],
)  # fmt: skip
def test_a_foreign_page_cannot_write(headers):
    got = ask(gate(), "POST", {**OWN, **headers}, body=(b"{}",))
    assert (got.status, got.body) == (403, b"ForeignRequest")


@pytest.mark.parametrize("extra", [{}, {"origin": "http://127.0.0.1:8000"}, {"sec-fetch-site": "none"}])
def test_our_own_pages_write(extra):
    got = ask(gate(), "POST", {**OWN, **extra}, body=(b"{", b"}"))
    assert (got.status, got.body) == (200, b"{}")


def test_a_foreign_page_can_link_to_us_and_nothing_more():
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert ask(gate(), headers=link).status == 200
    assert ask(gate(), headers={**link, "sec-fetch-mode": "no-cors"}).status == 403
    assert ask(gate(), "POST", {**OWN, **link}).status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "BREW"])
def test_the_public_service_takes_no_change_whatever_the_headers(method):
    got = ask(gate(public=True), method, OWN)
    assert (got.status, got.body) == (403, b"ReadOnly")
    assert ask(gate(public=True), headers={"host": "land.example"}).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "", "application/xml", "application/json-patch+json"])
def test_bodies_are_json_or_forms(kind):
    got = ask(gate(), "POST", {**OWN, "content-type": kind}, body=(b"{}",))
    assert (got.status, got.body) == (403, b"WrongBodyType")


@pytest.mark.parametrize("length", ["1025", "99999999999999999999", "-1", "1e3", "", "abc"])
def test_a_body_said_to_be_too_large_is_not_read(length):
    got = ask(gate(body_limit=1024), "POST", {**OWN, "content-length": length}, body=(b"{}",))
    assert (got.status, got.body) == (403, b"BodyTooLarge")


def test_a_body_that_grows_too_large_is_cut_off():
    chunked = {**OWN, "content-length": None, "transfer-encoding": "chunked"}
    assert ask(gate(body_limit=1024), "POST", chunked, body=(b"x" * 1000, b"x" * 24)).status == 200
    got = ask(gate(body_limit=1024), "POST", chunked, body=(b"x" * 1000, b"x" * 25, b"x"))
    assert (got.status, got.body) == (403, b"BodyTooLarge")


def test_a_body_that_drips_is_given_up():
    got = ask(gate(body_seconds=0.05), "POST", OWN, body=[b"x"] * 100, wait=0.01)
    assert (got.status, got.body) == (403, b"BodyTooSlow")


# --- how often --------------------------------------------------------------------------------------------


def spend(limiter, address, times):
    """How many of so many acts were allowed."""
    allowed = 0
    for _ in range(times):
        try:
            limiter.count(address)
        except TooManyRequests:
            continue
        allowed += 1
    return allowed


def test_a_visitor_has_so_many_acts_a_minute_and_they_come_back():
    now = SimpleNamespace(value=0.0)
    limiter = RateLimiter(100, clock=lambda: now.value)
    assert spend(limiter, "192.0.2.1", 150) == 100
    assert spend(limiter, "192.0.2.2", 1) == 1
    with pytest.raises(TooManyRequests) as refused:
        limiter.count("192.0.2.1")
    assert refused.value.params["seconds"] == 1
    now.value += 6.1
    assert spend(limiter, "192.0.2.1", 50) == 10
    now.value += 3600
    assert spend(limiter, "192.0.2.1", 150) == 100


def test_one_network_is_one_visitor():
    limiter = RateLimiter(3, clock=lambda: 0.0)
    assert spend(limiter, "2001:db8:1:2::1", 2) + spend(limiter, "2001:db8:1:2:ffff::9", 5) == 3
    assert spend(limiter, "2001:db8:1:3::1", 1) == 1
    assert spend(limiter, "::ffff:192.0.2.7", 2) + spend(limiter, "192.0.2.7", 5) == 3


def test_the_table_of_visitors_is_bounded_and_zero_means_no_limit():
    limiter = RateLimiter(1, clock=lambda: 0.0, visitors=100)
    for number in range(1_000):
        limiter.count(f"10.0.{number // 256}.{number % 256}")
    assert len(limiter._seen) == 100
    assert spend(RateLimiter(0), "10.0.0.1", 1_000) == 1_000


# --- headers ----------------------------------------------------------------------------------------------


def test_every_answer_tells_browsers_what_may_be():
    async def inner(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    headers = ask(SecurityHeaders(inner, settings())).headers
    assert headers["content-security-policy"].startswith("default-src 'self'; img-src 'self' data: blob:;")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "unsafe" not in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


def test_an_online_map_layer_opens_exactly_its_host_for_images():
    policy = content_security_policy(settings(tiles="https://tiles.example/{z}/{x}/{y}.png"))
    assert "img-src 'self' data: blob: https://tiles.example;" in policy
    assert "example" not in content_security_policy(settings())


@pytest.mark.parametrize(
    "tiles", ["http://tiles.example/{z}", "https://a.example/; script-src *", "https://a.example", "javascript:1"]
)
def test_a_map_layer_that_could_widen_the_policy_is_no_setting(tiles):
    with pytest.raises(ValueError, match="tiles"):
        settings(tiles=tiles)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.5.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False),
     ("::", False), ("192.168.0.1", False), ("land.example", False), ("", False)],
)  # fmt: skip
def test_which_addresses_only_this_machine_reaches(host, loopback):
    assert is_loopback(host) is loopback
