"""What the village does between the approval and the first day, by clicking."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from sandbox.phone.pictures import FOLDER
from tests.browser.walking import follow
from tests.builders import card_number
from tests.procedure.office import filled_by_the_insurer

PHOTO = FOLDER / "request.png"


def bring_the_papers(page: Page, name: str, starts_on: str) -> None:
    """On the page of somebody's first day: the yes on paper, the agreement, the ID card seen, the
    account."""
    page.get_by_label("本人签字的照片").set_input_files(PHOTO)
    follow(page.get_by_role("button", name="本人当面答应了"))
    page.get_by_label("从哪天开始上岗").fill(starts_on)
    follow(page.get_by_role("button", name="出协议"))
    page.get_by_label("签好的协议照片").set_input_files(PHOTO)
    follow(page.get_by_role("button", name="签好了，上传"))
    follow(page.get_by_role("button", name="我当面核对过了"))
    page.get_by_label("开户银行").fill("某农商银行")
    page.get_by_label("户名").fill(name)
    page.get_by_label("卡号").fill(card_number())
    follow(page.get_by_role("button", name="登记工资卡"))


def train(page: Page, name: str) -> None:
    """From there to the training, which one person attended and passed."""
    follow(page.get_by_role("link", name="去登记培训"))
    page.get_by_label(f"{name}合格").check()
    page.get_by_label("几个小时").fill("8")
    page.get_by_label("讲了什么").fill("保洁规范、道路安全")
    follow(page.get_by_role("button", name="登记培训"))
    expect(page.get_by_text("记下了")).to_be_visible()


def insure(page: Page, folder: Path, policy: str) -> None:
    """The district: the list goes to the insurer and comes back with policies on it."""
    follow(page.get_by_role("link", name="意外险", exact=True))
    with page.expect_download() as download:
        page.get_by_role("link", name="下载增员名单").click()
    sheet = folder / "名单.xlsx"
    sheet.write_bytes(filled_by_the_insurer(download.value.path().read_bytes(), policy))
    page.get_by_label("名单", exact=True).set_input_files(sheet)
    follow(page.get_by_role("button", name="记下保单"))
