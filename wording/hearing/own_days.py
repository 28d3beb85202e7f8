"""What a worker asks of their own days and money in one short sentence: 上个月干了几天, 这个月钱多少,
今天算不算, 明天歇着不. The whole message must be the question; anything longer is understood
elsewhere."""

from __future__ import annotations

import re

_ME = r"(?:我|俺|咱)?"
_LOOK = r"(?:看看|查查|看一下|查一下|看|查)?"
_MONTH = (
    r"(?:这个?月|本月|上{1,2}个?月|头个?月"
    r"|(?!一月)(?:\d{1,2}|[一二三四五六七八九十]{1,2})月)(?:份|里)?"
)
_MANY = r"(?:几|多少)"
_WORKED = r"(?:干|出勤|出工|上工|上班|来|打卡|签到|算上|算|记上|记|有|上)?"
_MONEY = r"(?:钱|补贴|工资|补助)"
_GIVEN = r"(?:是|有|发|给|能|该|拿|领|开|挣|得)*"
_DAYS = re.compile(
    rf"{_ME}{_MONTH}的?{_ME}(?:一共|总共|到底|都|才|能|是)*{_WORKED}了?{_MANY}天(?:班|工|活|卡|勤)?[了的]?"
    rf"|{_LOOK}{_ME}{_MONTH}{_ME}的?(?:考勤|出勤)(?:咋样|怎么样|情况|{_MANY}天?)?"
)
_PAY = re.compile(
    rf"(?!1月){_LOOK}{_ME}{_MONTH}{_ME}的?{_MONEY}{_GIVEN}了?(?:{_MANY}(?:钱|块|元)?)?"
    rf"|(?!1月){_ME}{_MONTH}{_ME}{_GIVEN}了?多少(?:钱|块|元|补贴|工资)"
)
_DAY = (
    r"(?:今天|今儿个?|今日|明天|明儿个?|赶明儿|明日|大后天|后天|后儿"
    r"|(?:这|下)?个?(?:星期|礼拜|周)[一二三四五六日天])"
)
_OFF = re.compile(
    rf"{_ME}{_DAY}{_ME}(?:要不要|用不用|是不是|还|都|是|得|用|要|该)*"
    r"(?:歇着|歇班|歇|休息|休班|休|放假|上班|上工|出工|干活|干|来|去)"
    r"(?:不(?:歇|休息|休|放假|上班|上工|干|来|去)|不|吗|么|呗)?"
)
_COUNTS = re.compile(
    rf"{_ME}(?:今天|今儿个?|今日)的?{_ME}(?:到底)?(?:算|记)(?:不算|不记|上)?(?:数|上|出勤|一天|工)?了?"
    r"(?:没有?|吗|么|不)?"
)
_ASKS = re.compile("不|吗|么|没|呗")


def hear_own_question(plain: str) -> str | None:
    """The service that the words, bare of their ending, ask for; None for anything else."""
    if "月" in plain:
        if _DAYS.fullmatch(plain):
            return "my_month"
        return "pay_show" if _PAY.fullmatch(plain) else None
    if not _ASKS.search(plain):
        return None
    if _COUNTS.fullmatch(plain):
        return "day_today"
    return "day_ahead" if _OFF.fullmatch(plain) else None
