"""What a worker asks of their own days and money, which month is meant, and what only asks."""

from __future__ import annotations

from datetime import date

import pytest

from wording.hearing import hear_service
from wording.hearing.days import hear_month
from wording.hearing.matters import is_about

TODAY = date(2022, 4, 6)

HEARD = {
    "my_month": (
        "上个月干了几天 上月干了几天? 3月干了几天 俺三月干了多少天 3月份出勤几天 "
        "这个月俺一共来了几天 上个月算了几天 上个月的考勤 看3月考勤 俺上个月考勤咋样"
    ),
    "pay_show": (
        "这个月钱多少 上个月多少钱 上个月工资 3月工资 俺三月份补贴多少 "
        "上个月俺领了多少钱 这个月发多少钱 咋才这些 咋才这些? 钱咋这么少 "
        "上个月补贴是多少钱"
    ),
    "day_today": (
        "今天算不算 俺今天算不算 今天算上了没 今天算上没有 今天算不算数 今儿算不 今天记上了没"
    ),
    "day_ahead": (
        "明天歇着不 明天歇不歇 俺明天休息吗 后天上班不 明天用上工不 礼拜六还干不 "
        "下星期一放假吗 今天上班不 明天是不是休息 赶明儿歇着不"
    ),
    "staff_sheet": "月表咋签 月表在哪签? 咋签月表",
    "staff_absent": "王保国病了咋报 王保国请假了咋记 老孙住院了，咋报？ 王秀英有事来不了咋报",
}


@pytest.mark.parametrize(
    ("text", "service"), [(text, name) for name, said in HEARD.items() for text in said.split()]
)
def test_an_everyday_question_is_heard(text: str, service: str) -> None:
    assert hear_service(text) == service


@pytest.mark.parametrize(
    "text",
    [
        "明天歇着",
        "明天不去了",
        "明天歇着吧",
        "今天没算钱",
        "今天来了",
        "一个月多少钱",
        "一月多少钱",
        "一个月干几天",
        "公益岗多少钱",
        "明天能歇着不",
        "俺病了咋报",
        "俺娘病了咋报",
        "老伴住院了咋报销",
        "3月6号俺来了",
        "这个月",
        "三月",
        "上个月他们说给俺钱",
        "明天下雨不",
    ],
)
def test_what_only_sounds_like_it_is_not(text: str) -> None:
    assert hear_service(text) not in HEARD


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("上个月干了几天", date(2022, 3, 1)),
        ("头月的钱", date(2022, 3, 1)),
        ("上上个月", date(2022, 2, 1)),
        ("这个月钱多少", date(2022, 4, 1)),
        ("3月干了几天", date(2022, 3, 1)),
        ("三月份工资", date(2022, 3, 1)),
        ("十二月的", date(2021, 12, 1)),
        ("11月补贴", date(2021, 11, 1)),
        ("2020年3月", date(2020, 3, 1)),
        ("俺的考勤", None),
        ("3月6号没算上", None),
        ("三月初六", None),
        ("三月二十六号俺来了", None),
        ("干了3个月", None),
        ("一月多少钱", None),
        ("13月", None),
    ],
)
def test_a_month_that_is_named(text: str, first: date | None) -> None:
    assert hear_month(text, TODAY) == first


@pytest.mark.parametrize(
    "text",
    [
        "俺这个月干了几天",
        "六号算不算",
        "钱发没",
        "这钱啥时候发",
        "补贴咋算的",
        "能补不",
        "俺还能接着干吗",
        "咋没算？",
    ],
)
def test_this_only_asks(text: str) -> None:
    assert is_about("only_asks", text)


@pytest.mark.parametrize(
    "text",
    [
        "六号俺来了",
        "俺一号来了，王大成见着了",
        "就是来了",
        "四月六号俺来了，有照片，七号是请的假",
        "还有七号也来了",
        "俺那天在岗，凭啥说俺没来",
        "六号俺来了，为啥不算？",
        "少算了两天",
        "那天俺扫完街就回家了，书记没看见",
    ],
)
def test_this_tells_what_happened(text: str) -> None:
    assert not is_about("only_asks", text)
