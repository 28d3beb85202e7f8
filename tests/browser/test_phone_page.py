"""The phone page in a real browser: thumbs, keys, four phones, one phone."""

import re
import time

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from sandbox.phone.pictures import sample_picture
from sandbox.world import World
from tests.browser.conftest import OpenPage
from tests.browser.walking import NARROW
from tests.sandbox.conftest import LI, Caller
from tests.sandbox.fake_service import FakeService

MENU = {
    "button": [
        {
            "name": "我要报名",
            "sub_button": [
                {"type": "click", "name": "能不能报", "key": "eligibility"},
                {"type": "click", "name": "报名", "key": "apply"},
            ],
        },
        {"type": "click", "name": "打卡", "key": "checkin"},
    ]
}


def phone(page: Page, name: str = "李桂香") -> Locator:
    return page.get_by_label(f"{name}的手机", exact=True)


def say(page: Page, text: str, name: str = "李桂香") -> None:
    box = page.get_by_label(f"{name}要说的话（微信对话）")
    box.fill(text)
    box.press("Enter")


def test_a_text_goes_out_and_the_answer_appears(open_page: OpenPage) -> None:
    page = open_page()
    say(page, "您好")
    chat = page.get_by_label("李桂香的微信对话")
    expect(chat.locator(".mine .words")).to_have_text("您好")
    expect(chat.locator(".theirs .words")).to_have_text("您说：您好")
    expect(chat.locator(".moment")).to_have_text("2022年4月6日 09:00")
    expect(page.get_by_label("李桂香要说的话（微信对话）")).to_have_value("")


def test_the_newest_bubble_is_in_sight(open_page: OpenPage, caller: Caller) -> None:
    for number in range(12):
        caller.say(f"第{number}句")
    page = open_page()
    for _ in range(2):
        expect(phone(page).locator(".theirs .words").last).to_be_in_viewport(ratio=1)
        caller.api("menu/create", MENU)
        phone(page).locator(".menu button").first.wait_for()


def test_a_picture_of_ones_own_can_be_sent(open_page: OpenPage, service: FakeService) -> None:
    page = open_page()
    phone(page).get_by_role("button", name="照片、语音、位置、扫一扫").click()
    phone(page).get_by_role("button", name="照片", exact=True).click()
    page.get_by_label("从这台电脑里选一张").set_input_files(
        {"name": "kitchen.png", "mimeType": "image/png", "buffer": sample_picture("street")[1]}
    )
    expect(phone(page).get_by_role("img", name="[照片] kitchen")).to_be_visible()
    assert service.messages[0]["MsgType"] == "image"


def test_four_phones_stand_side_by_side_and_can_be_changed(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.locator(".phone:visible")).to_have_count(4)
    page.get_by_role("button", name="周秀兰").click()
    expect(page.locator(".phone:visible")).to_have_count(4)
    expect(phone(page, "周秀兰")).to_be_visible()
    expect(page.get_by_role("tab", name="微信").locator("visible=true")).to_have_count(3)


def test_on_a_small_screen_there_is_one_phone_and_nothing_sticks_out(open_page: OpenPage) -> None:
    page = open_page(NARROW)
    expect(page.locator(".phone:visible")).to_have_count(1)
    page.get_by_role("button", name="孙立新").click()
    expect(page.locator(".phone:visible h2")).to_have_text("孙立新")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    box = page.locator(".phone:visible .compose:visible").bounding_box()
    assert box
    assert box["y"] + box["height"] <= 844.5


def test_the_menu_of_the_account_can_be_pressed(
    open_page: OpenPage, caller: Caller, service: FakeService
) -> None:
    caller.api("menu/create", MENU)
    page = open_page()
    opener = phone(page).get_by_role("button", name="我要报名")
    opener.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(opener).to_have_attribute("aria-expanded", "false")
    opener.click()
    phone(page).get_by_role("button", name="报名", exact=True).click()
    chat = page.get_by_label("李桂香的微信对话")
    expect(chat.locator(".aside")).to_have_text("点了菜单「报名」")
    expect(chat.locator(".theirs .words")).to_have_text("事件 CLICK apply")
    assert service.messages[-1]["EventKey"] == "apply"


def test_photo_voice_place_and_scan(open_page: OpenPage, service: FakeService) -> None:
    page = open_page()
    mine = phone(page)
    mine.get_by_role("button", name="照片、语音、位置、扫一扫").click()
    mine.get_by_role("button", name="照片", exact=True).click()
    page.get_by_role("button", name="户口本").click()
    expect(mine.get_by_role("img", name="[照片] 户口本")).to_be_visible()
    mine.get_by_role("button", name="语音", exact=True).click()
    page.get_by_label("微信听出来的字").fill("俺想报名")
    page.get_by_role("button", name="发出去").click()
    expect(mine.locator(".with-icon")).to_have_text("俺想报名")
    mine.get_by_role("button", name="位置", exact=True).click()
    page.get_by_role("button", name="村文化广场").click()
    expect(mine.locator(".with-icon")).to_have_count(2)
    mine.get_by_role("button", name="扫一扫", exact=True).click()
    page.get_by_label("或者写一个场景值").fill("v-1")
    page.get_by_role("button", name="扫这个").click()
    expect(mine.locator(".aside")).to_have_text("扫了二维码 v-1")
    kinds = [message["MsgType"] for message in service.messages]
    assert kinds == ["image", "voice", "location", "event"]


def test_following_and_leaving(open_page: OpenPage, world: World) -> None:
    page = open_page()
    page.get_by_role("button", name="李桂香关注公众号").click()
    page.get_by_role("button", name="李桂香取消关注").click()
    expect(page.get_by_role("button", name="李桂香关注公众号")).to_be_visible()
    assert not world.directory.follower(LI).following


def test_a_code_by_sms_is_one_tap_away(open_page: OpenPage, caller: Caller) -> None:
    page = open_page()
    caller.post("/sandbox/sms-templates", {"1001": "验证码{1}，五分钟内有效。"})
    headers = {
        "X-TC-Action": "SendSms",
        "X-TC-Timestamp": str(int(time.time())),
        "Authorization": "TC3-HMAC-SHA256 Credential=id/2022-04-06/sms/tc3_request, "
        f"SignedHeaders=host, Signature={'0' * 64}",
    }
    body = {"PhoneNumberSet": ["+8613800000001"], "SmsSdkAppId": "1", "TemplateId": "1001"}
    body |= {"TemplateParamSet": ["482913"]}
    requests.post(f"{caller.url}/", json=body, headers=headers, timeout=10)
    tab = phone(page).get_by_role("tab", name="短信")
    expect(tab.locator(".count")).to_have_text("1")
    tab.click()
    page.get_by_role("button", name="482913").click()
    expect(page.get_by_label("李桂香要说的话（微信对话）")).to_have_value("482913")


def test_the_tabs_answer_to_the_arrow_keys(open_page: OpenPage) -> None:
    page = open_page()
    tabs = phone(page).get_by_role("tab")
    tabs.nth(0).press("ArrowRight")
    expect(tabs.nth(1)).to_be_focused()
    expect(tabs.nth(1)).to_have_attribute("aria-selected", "true")


def test_the_time_machine_moves_the_service(open_page: OpenPage, service: FakeService) -> None:
    page = open_page()
    page.get_by_role("button", name="明早 8 点").click()
    expect(page.locator("#now")).to_contain_text("2022年4月7日 星期四")
    page.get_by_role("button", name="选日子").click()
    page.get_by_role("button", name="到期前两个月").click()
    page.get_by_role("button", name="拨过去").click()
    expect(page.locator("#now")).to_contain_text("2025年4月1日")
    assert service.clocks[-1].startswith("2025-04-01T09:00")


def test_a_fault_is_armed_and_disarmed(open_page: OpenPage, world: World) -> None:
    page = open_page()
    page.get_by_role("button", name="制造故障").click()
    page.get_by_role("button", name="消息重复推送 同一条消息同时来两次").click()
    expect(page.locator("#fault-active")).to_contain_text("消息重复推送 × 1")
    assert world.faults.active()
    page.get_by_role("button", name="取消：消息重复推送").click()
    expect(page.locator("#fault-active")).to_have_text("没有")
    page.get_by_role("button", name="凭证作废").click()
    expect(page.get_by_role("status")).to_have_text("凭证都作废了")


def test_text_from_outside_is_never_markup(open_page: OpenPage) -> None:
    page = open_page()
    say(page, "<img src=x onerror=alert(1)><b>粗</b>")
    words = page.get_by_label("李桂香的微信对话").locator(".theirs .words")
    expect(words).to_have_text("您说：<img src=x onerror=alert(1)><b>粗</b>")
    expect(words.locator("b")).to_have_count(0)


@pytest.mark.parametrize("size", [NARROW, None], ids=["390", "1280"])
def test_every_control_has_a_name_and_room_for_a_thumb(
    size: dict[str, int] | None, open_page: OpenPage, caller: Caller
) -> None:
    caller.api("menu/create", MENU)
    page = open_page(size) if size else open_page()
    page.locator(".menu button").first.wait_for(state="attached")
    for control in page.locator("button:visible, textarea:visible, input:visible").all():
        name = control.evaluate("e => e.ariaLabel || e.innerText || e.labels?.[0]?.innerText || ''")
        box = control.bounding_box()
        assert re.search(r"\S", name), control.evaluate("e => e.outerHTML")
        assert box
        assert box["height"] >= 24, name
