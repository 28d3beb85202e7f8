"""What village staff write to the service that residents do not: their work by phone."""

from __future__ import annotations

import re

from wording.hearing.choices import bare
from wording.hearing.words import name_by_word

_PAIRING = re.compile(r"绑定?(?:我的)?工作(?:微信|手机|号)?\s*[:：]?\s*\d{6}")
_WORDS = {
    "staff_work": "今天有啥要办 今天有什么要办 今天要办啥 有啥要办 我的待办 工作待办 待办",
    "staff_demand": "报岗位需求 岗位需求 报需求 村里要设岗",
    "staff_review": "录评议 录评议结果 评议结果 报评议结果",
    "staff_visits": "要上门告诉的 上门告诉 要上门的 上门通知 当面告诉 要当面告诉的 谁要上门告诉",
    "staff_vacancy": "报空岗 空岗 报退岗 有人不干了 有人退岗",
    "roll_call": "点名 今天点名 考勤点名 记考勤 点昨天的名 昨天点名",
    "confirm_days": "确认考勤 考勤确认 确认今天的考勤",
    "who_came": "今天谁来了 谁来了 今天谁没来 谁没来 今天到了几个 到岗情况",
    "who_on_leave": "谁请假 谁请假了 今天谁请假 今天谁请假了 谁在休假",
    "witness": "作证 补签作证 给人作证",
    "leave_answer": "批假 批请假 请假待批 有人请假吗",
    "staff_sheet": (
        "月表咋签 月表怎么签 月表在哪签 月表在哪里签 月表上哪签 月表去哪签 月表哪里签 月表签字 月表咋弄 月表咋办 月表 "
        "咋签月表 怎么签月表 在哪签月表 签月表 我签月表 俺签月表 考勤月表咋签 这个月月表咋签 上个月月表咋签 月表谁签"
    ),
    "staff_leave": "解绑工作微信 解绑工作手机 解除工作绑定",
}
_SERVICES = name_by_word({name: words.split() for name, words in _WORDS.items()})
_DAY = (
    r"(?:今天|今儿|昨天|昨儿|昨日|夜来|夜儿|前天|前儿|大前天|明天|那天|上个?(?:星期|礼拜|周)[一二三四五六日天]"
    r"|(?:\d{1,2}月)?\d{1,2}[号日]|[一二三四五六七八九十]{1,3}月[一二三四五六七八九十]{1,3}[号日])"
)
_DONE = r"(?:上|了|下|一下|一遍|完|吧|呗|一回)*"
_ROLL_CALL = re.compile(
    rf"(?:我|俺|咱|要|想|来|再|请|帮我|把|给|补|点|一下)*{_DAY}(?:那天)?的?(?:点个?|补个?|没)?点?名"
    rf"(?:还没|没有?|忘了|忘)?(?:补点|点|补|记){{0,2}}{_DONE}[,，\s]*(?:补点|点|补){{0,1}}{_DONE}"
)
"""A roll-call of a day that is named. Questions about it, and other people's words, do not fit."""
_ABSENT = re.compile(
    r"(?:(?!我|俺|咱|老伴|爹|娘|爸|妈|媳妇|对象|孩子|儿子|闺女|家里)[\u4e00-\u9fff]){2,4}"
    r"(?:(?:生病|病|住院|请假|有事|不舒服|来不了)了?){1,2}[,\s]*(?:该|要|得)?(?:咋|怎么|如何)(?:上报|报|记|写|填)(?:上去|上)?"
)
"""How somebody else's absence is told: 王保国病了咋报."""
_PERSON = re.compile(
    r"([\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]{1,12}(?:·[\u4e00-\u9fff]{1,12})+)(?:[（(]([^（）()]*)[）)])?"
)
_LINE = re.compile(r"(\d+)")


def hear_staff_service(text: str) -> str | None:
    """The staff's service that a message asks for; None for anything else."""
    plain = bare(text)
    if _PAIRING.fullmatch(plain):
        return "staff_pairing"
    known = _SERVICES.get(plain)
    if known is None and _ABSENT.fullmatch(plain):
        return "staff_absent"
    return known or ("roll_call" if is_roll_call(plain) else None)


def is_roll_call(text: str) -> bool:
    """Whether the words want the roll of a named day called: 点4月1号的名, 昨天的名补点一下."""
    return bool(re.search("[点补]", text) and _ROLL_CALL.fullmatch(text))


def hear_people(text: str) -> list[tuple[str, str]]:
    """Names and what each is (`party_member`, `committee_member`, `town_observer`, else
    `villager_representative`), from a list: “张三、李四（党员）、王五（村委）”. Nobody where one part is
    no name: a person left out would be missed in the quorum."""
    found = []
    for part in re.split(r"[、，,;；\s]+", text.strip().rstrip("。.、，,；;")):
        matched = _PERSON.fullmatch(part)
        if matched is None:
            return []
        found.append((matched[1], _role(matched[2] or "")))
    return found


def _role(said: str) -> str:
    if "党" in said:
        return "party_member"
    if "镇" in said or "街" in said:
        return "town_observer"
    return "committee_member" if "委" in said or "支书" in said else "villager_representative"


def hear_votes(text: str, people: int) -> list[tuple[int, int, int]] | None:
    """For each of some people: for, against, abstaining. One line or stretch a person, in order:
    “8 0 1；7 1 1”, also with words between. None where it is not three numbers a person."""
    numbers = [int(number) for number in _LINE.findall(text)]
    if len(numbers) == 3 * people:
        rows = [numbers[at : at + 3] for at in range(0, len(numbers), 3)]
    elif len(numbers) == 4 * people and numbers[::4] == list(range(1, people + 1)):
        rows = [numbers[at + 1 : at + 4] for at in range(0, len(numbers), 4)]
    else:
        return None
    return [(row[0], row[1], row[2]) for row in rows]
