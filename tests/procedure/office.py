"""Members of staff at their desks: they sign in and work by the console's own pages over HTTP, with
its cookies, CSRF tokens and hidden fields, as a browser would send them."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import pyotp
import requests
from python_calamine import CalamineWorkbook

from sandbox.phone.pictures import sample_picture
from services import demo_staff
from tests.procedure.pages import Page, controls, fill, value_of
from tests.sheets import workbook

ACTS = frozenset({"open", "case", "go", "fill", "all", "press", "list", "download"})
OWN_PASSWORD = "mai-tian-bian-de-yanghuai"


@dataclass
class Browser:
    """One browser: where it stands, and what it may be told to do."""

    service: str
    session: requests.Session = field(default_factory=requests.Session)
    address: str = ""
    status: int = 0
    page: Page = field(default_factory=lambda: Page(""))
    content: bytes = b""

    def __post_init__(self) -> None:
        self.session.trust_env = False

    def open(self, path: str) -> None:
        """Go to an address."""
        self._arrive(self.session.get(urljoin(self.address or self.service, path), timeout=60))

    def follow(self, link: str) -> None:
        """Click the link with that text."""
        self.open(self.page.link(link))

    def press(self, button: str, filled: dict[str, Any], everywhere: list[str]) -> None:
        """Fill in the form that has the button, and press it. `everywhere`: tick all of that name.
        A field's value may be a list, for as many fields as `label {}` counts, and a photo is
        `{photo: name}`."""
        form, pressed = self.page.form(button)
        files = {}
        for label, value in _spread(filled):
            for one in self.page.fields(form, label):
                if isinstance(value, dict):
                    files[one.attrib["name"]] = _file(value)
                else:
                    fill(one, value)
        for label in everywhere:
            for one in self.page.fields(form, label):
                fill(one, "yes")
        sent = [(one.attrib["name"], text)
                for one in controls(form) if one.get("name") for text in value_of(one)]  # fmt: skip
        if "name" in pressed.attrib:
            sent.append((pressed.attrib["name"], pressed.get("value", "")))
        self._send(form.get("method", "get"), form.get("action") or self.address, sent, files)

    def _send(
        self, method: str, action: str, sent: list[tuple[str, str]], files: dict[str, Any]
    ) -> None:
        where = urljoin(self.address, action)
        if method == "post":
            self._arrive(self.session.post(where, data=sent, files=files or None, timeout=60))
        else:
            self._arrive(self.session.get(where, params=sent, timeout=60))

    def _arrive(self, answer: requests.Response) -> None:
        assert answer.status_code < 500, f"{answer.url}: {answer.status_code} {answer.text[-600:]}"
        self.status, self.content = answer.status_code, answer.content
        if answer.headers["Content-Type"].startswith("text/html"):
            self.address, self.page = answer.url, Page(answer.text)


def _spread(filled: dict[str, Any]) -> list[tuple[str, Any]]:
    pairs = []
    for label, value in filled.items():
        many = value if isinstance(value, list) else [value]
        pairs += [(label.replace("{}", str(n)), one) for n, one in enumerate(many, 1)]
    return pairs


def _file(value: dict[str, Any]) -> tuple[str, bytes]:
    if "bytes" in value:
        return "list.xlsx", value["bytes"]
    return "photo.png", sample_picture(value["photo"])[1]


@dataclass
class Clerk:
    """Somebody with an account. The first act signs in."""

    login: str
    browser: Browser
    first_password: str | None = None
    """Of an account that was just opened: it asks for a password and a code generator of one's
    own."""

    def act(self, act: dict[str, Any]) -> str:
        """Do what a scenario says; gives the words of the page that came. A refusal is a page, too:
        `refused` stands before its words."""
        unknown = set(act) - ACTS
        assert not unknown, f"staff cannot {unknown}; they can {sorted(ACTS)}"
        if not self.browser.address:
            self._sign_in()
        self._go_there(act)
        if "list" in act:
            self._insure(act["list"])
        if "press" in act:
            everywhere = act.get("all", [])
            everywhere = everywhere if isinstance(everywhere, list) else [everywhere]
            self.browser.press(act["press"], act.get("fill", {}), everywhere)
        refused = "refused " if self.browser.status >= 400 else ""
        return refused + self.browser.page.words

    def _go_there(self, act: dict[str, Any]) -> None:
        if "open" in act:
            self.browser.open(act["open"])
        if "case" in act:
            self.browser.open("/console/search")
            self.browser.press("查", {"要查什么": act["case"]}, [])
            self.browser.follow(act["case"])
        links = act.get("go", [])
        for link in links if isinstance(links, list) else [links]:
            self.browser.follow(link)
        if "download" in act:
            self.browser.follow(act["download"])
            assert self.browser.status == 200
            assert self.browser.content.startswith(b"PK"), "neither Word nor Excel"

    def _sign_in(self) -> None:
        desk = self.browser
        desk.open("/console/sign-in")
        password = self.first_password or demo_staff.PASSWORD
        desk.press("下一步", {"账号": self.login, "密码": password}, [])
        secret = demo_staff.TOTP_SECRET
        if self.first_password:
            secret = desk.page.text_of("secret")
        desk.press("登录", {"六位数字": pyotp.TOTP(secret).at(datetime.now(UTC))}, [])
        if self.first_password:
            own = {"原密码": password, "新密码": OWN_PASSWORD, "再输一遍新密码": OWN_PASSWORD}
            desk.press("改好了", own, [])
        assert "退出" in desk.page.words, desk.page.words

    def _insure(self, policy: str) -> None:
        """The insurer: fills the downloaded list in and sends it back."""
        self.browser.open("/console/insurance")
        self.browser.follow("下载增员名单（Excel，含身份证号）")
        content = filled_by_the_insurer(self.browser.content, policy)
        self.browser.press("记下保单", {"名单": {"bytes": content}}, [])


def filled_by_the_insurer(content: bytes, policy: str) -> bytes:
    """The add-list with that policy for everybody, from the day that it asks for."""
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    top = next(number for number, row in enumerate(rows) if "保单号" in row)
    place = {str(head): number for number, head in enumerate(rows[top])}
    for row in rows[top + 1 :]:
        if row[place["身份证号"]]:
            row[place["保单号"]] = policy
            row[place["起保日期"]] = row[place["应从哪天起保"]]
    return workbook(rows).getvalue()
