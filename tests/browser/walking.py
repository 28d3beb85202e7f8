"""From one page of the console to the next, and what every page must be.

A click comes back before the next page is there: whoever looks then sees the page that is leaving,
or a document that has no root yet. So whatever leads to another page goes through `follow` or
`enter`, and whoever looks at a whole page asks `standing` first.
"""

from __future__ import annotations

import os
from datetime import datetime

import pyotp
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from services import demo_staff

WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
THERE = "document.readyState === 'complete' && document.documentElement !== null"


def follow(link: Locator) -> None:
    """Click what leads to another page; that page stands when this comes back."""
    with link.page.expect_navigation(wait_until="load"):
        link.click()


def enter(page: Page) -> None:
    """The Enter key where it leads to another page; that page stands when this comes back."""
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")


def standing(page: Page) -> Page:
    """The page once its document is whole."""
    page.wait_for_load_state("load")
    page.wait_for_function(THERE)
    return page


def resize(page: Page, size: dict[str, int]) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict of the library's own
    page.wait_for_function("wide => innerWidth === wide", arg=size["width"])


def sticks_out(page: Page) -> list[str]:
    wide = standing(page).evaluate(TOO_WIDE)
    return [f"{wide} px too wide"] if wide > 0 else []


def faults(page: Page) -> list[str]:
    """What axe finds, and how far the page sticks out of the screen."""
    wrong = sticks_out(page)
    for one in Axe().run(page).response["violations"]:
        wrong.append(f"{one['id']} {[node['html'][:160] for node in one['nodes']][:3]}")
    return wrong


def pictures_wanted() -> bool:
    return os.environ.get("GYG_PICTURES") == "1"


def sign_in(page: Page, login: str, at: datetime) -> None:
    """By the keyboard alone."""
    page.get_by_label("账号", exact=True).focus()
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type(demo_staff.PASSWORD)
    enter(page)
    expect(page.get_by_label("六位数字")).to_be_focused()
    page.keyboard.type(pyotp.TOTP(demo_staff.TOTP_SECRET).at(at))
    enter(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("的待办")
