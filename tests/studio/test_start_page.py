"""The start page in a real browser."""

from __future__ import annotations


def test_the_start_page_opens_and_the_token_leaves_the_address(page, studio) -> None:
    assert page.url == studio.base + "/"
    assert page.locator("h1").inner_text() == "New swap"
    assert page.locator("nav a[aria-current=page]").inner_text() == "Start"
