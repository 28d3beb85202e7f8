"""One application carried through the console by five people in a real Chromium, by clicking; the
keyboard alone; every page that a role reaches, judged by axe; pictures for the handbook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PICTURES
from tests.browser.first_day import PHOTO, bring_the_papers, insure, train
from tests.browser.walking import (
    NARROW,
    WIDE,
    enter,
    faults,
    follow,
    pictures_wanted,
    resize,
    sign_in,
    standing,
    sticks_out,
)
from tests.procedure.company import Company
from tests.scenarios.town import Town, running_house

APPLY = """
title: 三个人报名
steps:
  - clock: 2022-04-06T09:00:00+08:00
  - 报名: {谁: 李桂香, 村: 新兖镇王家庄村, 答: &a ["1", 都没有, 村道路保洁员, 没有,
      {photo: id_front}, {photo: household}, 以后, "1", 提交]}
  - 报名: {谁: 王保国, 村: 新兖镇王家庄村, 答: *a}
  - 报名: {谁: 孙立新, 村: 新兖镇王家庄村, 答: *a}
"""
MOST_PAGES = 40
FILES = (".docx", ".xlsx", ".svg", "/photo", "/signed")
VARIABLE = re.compile(r"(?<=/parameters/)[\w.]+|[0-9a-f-]{36}|GS[\d-]+|P\d{4}-\d+|\d+")
ROLES = ("cunwenshu", "zhenjingban", "zhenfuze", "qujingban", "qushenpi", "jiandu", "guanliyi",
         "linye", "disanfang")  # fmt: skip

pytestmark = pytest.mark.timeout(300)


@dataclass
class Hall:
    """The town's office building: one browser window for everybody who works there."""

    town: Town
    chromium: Browser
    troubles: list[str] = field(default_factory=list)
    windows: dict[str, Page] = field(default_factory=dict)

    def at(self, login: str) -> Page:
        """That person's window, signed in."""
        if login not in self.windows:
            page = self.windows[login] = self.open_window()
            page.goto(f"{self.town.service}/console/")
            sign_in(page, login, datetime.now(UTC))
        return self.windows[login]

    def open_window(self) -> Page:
        """A window of its own; what goes wrong in it is kept in `troubles`."""
        context = self.chromium.new_context(viewport=WIDE, locale="zh-CN")  # type: ignore[arg-type]  # a TypedDict of the library's own
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", lambda m: self._hear(m.text) if m.type == "error" else None)
        page.on("request", lambda r: self._watch(r.url))
        page.on("response", lambda r: None if r.status < 400 else self._refused(r.url))
        return page

    def _watch(self, url: str) -> None:
        ours = (self.town.service, self.town.phones, "data:", "blob:")
        if not url.startswith(ours):
            self.troubles.append(url)

    def _hear(self, text: str) -> None:
        if "Failed to load resource" not in text:  # `_refused` says which
            self.troubles.append(text)

    def _refused(self, url: str) -> None:
        if "/phone/pictures/" not in url:  # WeChat forgets photos after three days
            self.troubles.append(f"refused: {url}")

    def move_clock(self, moment: str) -> None:
        answer = requests.post(f"{self.town.phones}/clock", json={"to": moment}, timeout=30)
        assert answer.json()["service_told"]


@pytest.fixture(scope="module")
def hall(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    folder = tmp_path_factory.mktemp("hall")
    (folder / "apply.yaml").write_text(APPLY, "utf-8")
    database = f"sqlite:///{folder / 'town.db'}"
    with running_house(database, clock="tests.procedure.hurried_clock") as town:
        failed = Company(town, lambda _line: None).play_all([folder / "apply.yaml"])
        assert not failed, failed
        hall = Hall(town, chromium)
        yield hall
        for page in hall.windows.values():
            page.context.close()


def keep_picture(
    page: Page, name: str, *, sizes: tuple[dict[str, int], ...] = (WIDE, NARROW)
) -> None:
    """The page as it is now, at a desk's and a phone's width, when GYG_PICTURES=1 asks for it."""
    if not pictures_wanted():
        return
    PICTURES.mkdir(parents=True, exist_ok=True)
    for size in sizes:
        resize(page, size)
        page.wait_for_load_state("networkidle")
        width = "desk" if size is WIDE else "phone"
        page.screenshot(path=Path(PICTURES) / f"console-{name}-{width}.png", full_page=True)
    resize(page, WIDE)


def open_case(page: Page, name: str) -> None:
    """As one does it: look somebody up."""
    follow(page.get_by_role("link", name="查人查件"))
    page.get_by_label("要查什么").fill(name)
    page.keyboard.press("Enter")
    follow(page.get_by_role("link", name=name, exact=True))


def press(page: Page, button: str, says: str) -> None:
    """Unfold the step where it is folded, press its button, and see what the page says then."""
    found = page.get_by_role("button", name=button, exact=True)
    if not found.is_visible():
        page.locator("summary", has_text=button).click()
    follow(found)
    expect(page.get_by_role("status")).to_contain_text(says)


def test_five_people_take_an_application_to_the_first_day(hall: Hall, tmp_path: Path) -> None:
    village = hall.at("cunwenshu")
    keep_picture(village, "village-worklist")
    for name in ("李桂香", "王保国"):
        open_case(village, name)
        if name == "李桂香":
            keep_picture(village, "village-case")
        press(village, "收件，交民主评议", "现在：等民主评议")
    _hold_the_review(hall, village)
    _pass_the_town(hall)
    _publish(hall)
    hall.move_clock("2022-04-18T09:00:00+08:00")
    _pass_the_district(hall)
    _get_started(hall, tmp_path)
    assert not hall.troubles


def _hold_the_review(hall: Hall, village: Page) -> None:
    follow(village.get_by_role("link", name="民主评议"))
    village.get_by_label("全选").check()
    village.get_by_label("哪天开会").fill("2022-04-08")
    village.get_by_label("在哪儿开").fill("村委会")
    press(village, "定下来", "评议会定好了")
    hall.move_clock("2022-04-08T16:00:00+08:00")
    village.reload()
    for number in range(1, 8):
        village.get_by_label(f"第{number}个人的姓名").fill(f"村民代表{number}")
    for box in village.get_by_label("赞成").all():
        box.fill("6")
    for box in village.get_by_label("反对").all():
        box.fill("1")
    village.get_by_label("选照片").set_input_files(PHOTO)
    keep_picture(village, "village-review")
    press(village, "录完了，结束评议", "评议结束")


def _pass_the_town(hall: Hall) -> None:
    clerk, head = hall.at("zhenjingban"), hall.at("zhenfuze")
    for name in ("李桂香", "王保国"):
        open_case(clerk, name)
        for box in clerk.get_by_label("没有", exact=True).all():
            box.check()
        clerk.get_by_label("在哪里查的").fill("社保系统，4月8日查")
        if name == "李桂香":
            keep_picture(clerk, "town-checks")
        press(clerk, "记下结果", "记下了6项核查结果")
        press(clerk, "审核通过，报负责人", "等镇街负责人审核")
    head.goto(f"{hall.town.service}/console/")
    keep_picture(head, "head-worklist")
    head.get_by_label("这一页全选").check()
    head.get_by_label("选中的一起").select_option("pass")
    follow(head.get_by_role("button", name="一起办"))
    expect(head.get_by_text("办成2件，没办成0件")).to_be_visible()


def _publish(hall: Hall) -> None:
    head = hall.at("zhenfuze")
    follow(head.get_by_role("link", name="公示", exact=True))
    press(head, "起草王家庄村的公示", "公示草稿做好了")
    keep_picture(head, "head-notice")
    press(head, "现在发布", "公示到2022年4月15日")
    public = hall.windows["public"] = hall.open_window()
    public.goto(f"{hall.town.service}/notices/")
    follow(public.get_by_role("link", name="新兖镇王家庄村公益性岗位拟安置人员公示（2022年第1号）"))
    expect(public.get_by_role("cell", name="李*香")).to_be_visible()
    assert "李桂香" not in public.content()
    keep_picture(public, "public-notice")


def _pass_the_district(hall: Hall) -> None:
    clerk, approver = hall.at("qujingban"), hall.at("qushenpi")
    keep_picture(clerk, "district-worklist")
    open_case(clerk, "李桂香")
    for _try in range(20):
        if clerk.get_by_text("等区经办审核").count():
            break
        clerk.wait_for_timeout(500)
        clerk.reload()
    press(clerk, "审核通过，报审批", "等区里审批")
    open_case(approver, "李桂香")
    keep_picture(approver, "approver-case")
    _by_keyboard(approver, "批准")
    expect(approver.get_by_role("status")).to_contain_text("已批准，等签协议")
    follow(approver.get_by_role("link", name="年度计划"))
    keep_picture(approver, "plan")
    open_case(hall.at("cunwenshu"), "李桂香")
    follow(hall.at("cunwenshu").get_by_role("link", name="去办上岗手续"))
    keep_picture(hall.at("cunwenshu"), "village-onboarding")


def _get_started(hall: Hall, folder: Path) -> None:
    bring_the_papers(hall.at("cunwenshu"), "李桂香", "2022-04-20")
    train(hall.at("cunwenshu"), "李桂香")
    insure(hall.at("qujingban"), folder, "P-2022-1")
    expect(hall.at("qujingban").get_by_text("记好了1人")).to_be_visible()
    hall.move_clock("2022-04-20T08:30:00+08:00")
    clerk = hall.at("zhenjingban")
    open_case(clerk, "李桂香")
    follow(clerk.get_by_role("link", name="去办上岗手续"))
    press(clerk, "手续齐了，上岗", "已上岗")
    keep_picture(clerk, "town-first-day")


def _by_keyboard(page: Page, button: str) -> None:
    """Tab to a button and press it with Enter."""
    wanted = page.get_by_role("button", name=button, exact=True)
    page.locator("body").press("Home")
    for _tab in range(80):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            enter(page)
            return
    raise AssertionError(f"80 tabs do not reach {button}")


@dataclass
class Inspection:
    """Pages judged so far, by what they are made of, and what was wrong with them."""

    seen: set[tuple[str, ...]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def judge(self, page: Page, who: str) -> None:
        """axe, and nothing wider than the screen, once for each kind of page and of forms."""
        actions = standing(page).eval_on_selector_all("form", "all => all.map(one => one.action)")
        kind = (shape(page.url), *sorted({shape(one) for one in actions}))
        if kind in self.seen:
            return
        self.seen.add(kind)
        for size, look in ((NARROW, faults), (WIDE, sticks_out)):
            resize(page, size)
            self.wrong += [f"{who} {page.url} at {size['width']}: {one}" for one in look(page)]


def shape(url: str) -> str:
    """An address without what it is about: numbers, codes, keys, the query."""
    return VARIABLE.sub("*", re.sub(r"^https?://[^/]+|[?#].*$", "", url))


def links(page: Page) -> list[str]:
    """The pages that this one leads to."""
    found = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
    return [one.partition("#")[0] for one in found
            if "/console/" in one and not one.partition("?")[0].endswith(FILES)
            and "/papers/" not in one and "/boards/" not in one]  # fmt: skip


@pytest.mark.parametrize("login", ROLES)
def test_every_page_of_a_role_is_sound(hall: Hall, login: str) -> None:
    page, inspection = hall.at(login), Inspection()
    waiting = [f"{hall.town.service}/console/"]
    known: set[str] = set()
    while waiting and len(known) < MOST_PAGES:
        address = waiting.pop(0)
        if shape(address) in known:
            continue
        known.add(shape(address))
        answer = page.goto(address)
        assert answer is not None
        assert answer.status < 400, f"{address}: {answer.status}"
        inspection.judge(page, login)
        waiting += links(page)
    assert len(known) >= 4
    assert not inspection.wrong, "\n".join(inspection.wrong)
    assert not hall.troubles


def test_the_pages_without_an_account_are_sound(hall: Hall) -> None:
    page, inspection = hall.open_window(), Inspection()
    service = hall.town.service
    page.goto(f"{service}/notices/")
    addresses = [f"{service}/{path}" for path in ("notices/", "notices/answers", "console/sign-in")]
    addresses += page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
    for address in dict.fromkeys(one for one in addresses if one.startswith(service)):
        page.goto(address)
        inspection.judge(page, "anybody")
    page.goto(f"{hall.town.phones}/#wuxiaohe")
    page.locator(".phone:visible").first.wait_for()
    inspection.judge(page, "anybody")
    page.context.close()
    assert not inspection.wrong, "\n".join(inspection.wrong)
    assert not hall.troubles
