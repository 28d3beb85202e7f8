"""The main job by thumb, in a real browser, against the real service: from 关注 to 收件号."""

import re
from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.walking import NARROW, WIDE
from tests.scenarios.town import running_town

TakePicture = Callable[[Page, str], None]

# What is typed, and what the last bubble must then hold.
TO_THE_CODE = (
    ("俺51了够不够条件", "给谁问"),
    ("1", "户口和住处"),
    ("1", "出生日期"),
    ("1970年5月2日", "有残疾证"),
    ("都没有", "农村大龄人员"),
    ("报名", "同意，登记"),
    ("1", "叫啥名"),
    ("李桂香", "身份证号"),
    ("370899197005020029", "手机号"),
    ("13800000001", "哪个镇"),
    ("新兖镇杏花岭村", "短信里的6位数"),
)
TO_THE_PHOTO = (
    ("1", "户口和住处"),
    ("1", "有残疾证"),
    ("都没有", "护林绿化员"),
    ("护林绿化员", "当干部"),
    ("没有", "身份证正面"),
)
# What goes on next door meanwhile, so that the picture shows a village and not one woman.
NEXT_DOOR: tuple[tuple[str, dict[str, str]], ...] = (
    ("王保国", {"kind": "text", "text": "俺54了够条件不"}),
    ("王保国", {"kind": "text", "text": "俺在路上扫地让车撞了"}),
    ("赵敏", {"kind": "text", "text": "一个月发多少钱"}),
    ("赵敏", {"kind": "location", "place": "村委会"}),
    ("孙立新", {"kind": "scan", "scene": "v-xinyan-xinghualing", "label": "杏花岭村"}),
    ("孙立新", {"kind": "text", "text": "公示"}),
)


@pytest.fixture(scope="module")
def phones_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    database = tmp_path_factory.mktemp("town") / "town.db"
    with running_town(f"sqlite:///{database}", menu=True) as phones:
        answer = requests.post(
            f"{phones}/clock", json={"to": "2022-04-06T09:00:00+08:00"}, timeout=10
        )
        assert answer.json()["service_told"]
        yield phones


def talk(phone: Locator, lines: tuple[tuple[str, str], ...]) -> None:
    box = phone.get_by_label("李桂香要说的话（微信对话）")
    for text, wanted in lines:
        box.fill(text)
        box.press("Enter")
        expect_last(phone, wanted)


def expect_last(phone: Locator, wanted: str) -> None:
    expect(
        phone.locator(".screen[data-lane=wechat] .theirs:not(.typing) .words").last
    ).to_contain_text(wanted)


def send_photo(page: Page, phone: Locator, label: str) -> None:
    photo = phone.get_by_role("button", name="照片", exact=True)
    if not photo.is_visible():
        phone.get_by_role("button", name="照片、语音、位置、扫一扫").click()
    photo.click()
    page.get_by_role("button", name=label).click()


def test_from_the_first_word_to_the_receipt_number(
    open_page: OpenPage, phones_url: str, take_picture: TakePicture
) -> None:
    for person, act in NEXT_DOOR:
        said = requests.post(f"{phones_url}/phone/send", json={"person": person, **act}, timeout=30)
        assert said.json()["replies"], person
    page = open_page(WIDE)
    phone = page.get_by_label("李桂香的手机", exact=True)
    page.get_by_role("button", name="李桂香关注公众号").click()
    expect_last(phone, "公益性岗位服务")
    take_picture(page, "phones")
    talk(phone, TO_THE_CODE)
    take_picture(page, "phones-talking")
    tab = phone.get_by_role("tab", name="短信")
    expect(tab.locator(".count")).to_have_text("1")
    tab.click()
    phone.locator(".code").click()
    phone.get_by_role("button", name="发送").locator("visible=true").click()
    expect_last(phone, "给谁报名")
    talk(phone, TO_THE_PHOTO)
    send_photo(page, phone, "身份证正面")
    expect_last(phone, "户口本")
    send_photo(page, phone, "户口本")
    expect_last(phone, "都是真的")
    phone.get_by_role("button", name="照片、语音、位置、扫一扫").click()
    talk(phone, (("1", "提交"), ("提交", "收件号：2022")))
    expect(tab.locator(".count")).to_have_text("1")
    take_picture(page, "phones-receipt")

    small = open_page(NARROW, people="liguixiang")
    one = small.get_by_label("李桂香的手机", exact=True)
    expect_last(one, "收件号：2022")
    assert small.evaluate("document.documentElement.scrollWidth") == 390
    take_picture(small, "phone-receipt")
    one.get_by_role("tab", name="短信").click()
    expect(one.locator(".sms .words").last).to_contain_text(re.compile(r"号2022\d{6}"))
    take_picture(small, "phone-sms")
