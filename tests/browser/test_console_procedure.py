"""One application carried through the console by five people in a real Chromium, by clicking and
by the keyboard alone; pictures for the handbook."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PICTURES
from tests.browser.first_day import PHOTO, bring_the_papers, insure, train
from tests.browser.hall import Hall
from tests.browser.walking import (
    NARROW,
    WIDE,
    enter,
    follow,
    pictures_wanted,
    resize,
)

pytestmark = pytest.mark.timeout(300)


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
