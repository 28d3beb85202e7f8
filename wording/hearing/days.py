"""What workers and village staff write about days: signs, forgotten ones, leave, a roll-call."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from wording.hearing.choices import bare
from wording.hearing.numbers import hear_integer, hear_year, tidy

_LEAVING = re.compile(r"下班|收工|下工|完工|签退|退勤|放工|干完了|回家了")
_CODE = re.compile(
    r"(?:打卡|签到|到岗|到了|来了|岗位?码|码|签退|下班)?\s*[:：]?\s*(?<!\d)(\d{6})(?!\d)"
)
_FOR_OTHERS = re.compile(
    r"替|代打|代签|帮.{0,8}(?:打|签|记)|(?:手机|微信).{0,6}(?:帮|给).{0,4}打"
    r"|(?:闺女|女儿|儿|媳妇|老伴|对象|孙|家里人|家人|孩子|邻居|别人|人家).{0,4}的?(?:手机|微信|电话).{0,6}(?:打|签)"
)
_FORGOT = re.compile(
    r"忘|没打卡|没签到|补[签打卡]|补上|没打上|没打成|没签上|没电|没信号|没网|坏了|拍不了|打不开"
)
_CAME = re.compile(
    r"(?:打卡?|签到?|记)(?:上)?了?(?:没有?|不|吗|木有)|打上没|记上没|(?:看看|查查|看一下|查一下)"
)
_MONTH = re.compile(r"(?:这个?|本|上个?)月|多少天|几天|考勤|出勤")
_WINDOW = re.compile(r"几点|啥时候|什么时候|迟到|晚了|过了.{0,4}分|几回|几次|算不算缺勤|窗口")


class Matter(StrEnum):
    """What a message about check-in is about, when it does not check in."""

    FOR_OTHERS = "for_others"
    FORGOT = "forgot"
    MONTH = "month"
    CAME = "came"
    WINDOW = "window"


_MATTERS = (
    (_FOR_OTHERS, Matter.FOR_OTHERS),
    (_WINDOW, Matter.WINDOW),
    (_FORGOT, Matter.FORGOT),
    (_MONTH, Matter.MONTH),
    (_CAME, Matter.CAME),
)


def hear_leaving(text: str) -> bool:
    """Whether a sign is one of going home."""
    return bool(_LEAVING.search(tidy(text)))


def hear_sign_code(text: str) -> str | None:
    """The six digits of a post's code, alone or with the word for checking in."""
    found = _CODE.fullmatch(bare(text))
    return found[1] if found else None


def hear_matter(text: str) -> Matter | None:
    """What a message about check-in is about; None where it cannot be told."""
    plain = tidy(text)
    return next((matter for pattern, matter in _MATTERS if pattern.search(plain)), None)


def hear_own_kin(text: str) -> bool:
    """Whether a head speaks of somebody of their own family, or of themselves."""
    return bool(re.search(r"家属|亲戚|亲属|俺?对象|媳妇|老伴|本人|我自己|俺自己", tidy(text)))


_MONTHS_BACK = re.compile(r"(上{1,2}|头)个?月")
_THIS_MONTH = re.compile(r"这个?月|本月")
_MONTH_NAMED = re.compile(
    r"(?<![\d一二三四五六七八九十])(?!一月)(\d{1,2}|[一二三四五六七八九十]{1,2})月"
    r"(?!\s*(?:\d|初|[一二三四五六七八九十]{1,3}[号日]))"
)


def hear_month(text: str, today: date) -> date | None:
    """The first day of the month that is spoken of: 上个月, 这个月, 3月 (the last one there was, or
    that of the year named). None where no month is, and for a day of a month; 一月 is “a month”."""
    plain = tidy(text)
    first = today.replace(day=1)
    if back := _MONTHS_BACK.search(plain):
        for _ in back[1]:
            first = (first - timedelta(days=1)).replace(day=1)
        return first
    if _THIS_MONTH.search(plain):
        return first
    named = _MONTH_NAMED.search(plain)
    number = hear_integer(named[1]) if named else None
    if number is None or not 1 <= number <= 12:
        return None
    year = hear_year_meant(plain, today)
    return date(year or today.year - (number > today.month), number, 1)


_YEARS_BACK = (("今年", 0), ("去年", 1), ("头年", 1), ("上一年", 1), ("前年", 2))
_TOTAL = re.compile(
    r"一共|总共|拢共|合计|累计|总数|加起来|(?:领|发|拿|干|打)了?(?:几|多少)个月"
    r"|(?:今年|去年|前年|年)(?:一年|里|的)?(?:都|俺|我)?(?:发|领|拿|挣|打)了?(?:多少|几)"
)


_RATE = re.compile(
    r"(?:一天|一日|每天|一个月|一月|每月|每个月)(?:是|能|该|给|发|拿|挣|领|合|工资|补贴)*(?:多少|几个?钱)"
)


def hear_rate(text: str) -> bool:
    """Whether somebody asks what a day or a month of theirs is worth: 一天多少钱."""
    return bool(_RATE.search(tidy(text))) and not hear_total(text)


def hear_year_meant(text: str, today: date) -> int | None:
    """The year that is spoken of: 去年, 前年, 今年, 2023年; else None."""
    plain = tidy(text)
    back = next((years for word, years in _YEARS_BACK if word in plain), None)
    return hear_year(plain) if back is None else today.year - back


def hear_total(text: str) -> bool:
    """Whether somebody asks what it all comes to: 一共发了多少, 今年领了多少, 领了几个月了. Not
    where a month is named."""
    plain = tidy(text)
    return bool(_TOTAL.search(plain)) and not _MONTH_NAMED.search(plain)


@dataclass(frozen=True)
class Roll:
    """A roll-call as it was said: lines of the list by place (from 0). Who is in none of them was
    not spoken of; `rest`: what holds for those, where the words say it for all."""

    present: frozenset[int] = frozenset()
    absent: frozenset[int] = frozenset()
    on_leave: frozenset[int] = frozenset()
    rest: str | None = None
    unknown: tuple[str, ...] = ()
    """Pieces that name nobody of the list, or more than one."""


_ALL = re.compile(
    r"^(?:今天|今儿|都|人)*(?:全部?|都|一个不少|齐|到齐|全员)(?:都|到|来|齐|在|岗|了|全)*$"
)
_NOBODY = re.compile(r"^(?:今天)?(?:都|全)(?:没|未)(?:来|到)(?:了)?$")
_PIECES = re.compile(r"[,，。;；\n]+|\s(?=(?:缺|没来|没到|请假|到|来了)\s*[:：]?\s*\d)")
_ABSENT = re.compile(
    r"^(?:就|只|光)?(?:缺|缺勤|没来|没到|没|未到|旷工|少)(?:的|了|是)?[:：]?\s*(.*)$"
)
_ABSENT_AFTER = re.compile(r"^(.*?)\s*(?:没来|没到|没上工|未到|缺勤|旷工)(?:了)?$")
_PRESENT = re.compile(r"^(?:来了?|到了?|在岗?|实到)(?:的|是)?[:：]?\s*(.*)$")
_PRESENT_AFTER = re.compile(r"^(.*?)\s*(?:来了|到了|都来了|都到了|在|到)$")
_LEAVE = re.compile(r"^(?:请假|假)(?:的|了|是)?[:：]?\s*(.*)$")
_LEAVE_AFTER = re.compile(r"^(.*?)\s*(?:请假|请了假|休假|有假|生病|病|住院)(?:了)?$")
_EXCEPT = re.compile(r"^除了?(.+?)(?:以外|之外|外)?[,，]?\s*(?:其他人?|别人|剩下的?|余下的?)?"
                     r"(?:都|全)(?:到|来|在|齐)(?:了|齐|岗)*$")  # fmt: skip
_REST = re.compile(r"(?:其他人?|别人|剩下的?|余下的?)(?:都|全)?(?:到|来|在)(?:了|岗)*")
_SPLIT = re.compile(r"[\s、,，和跟与及.]+")


def hear_roll(text: str, names: Sequence[str]) -> Roll | None:
    """A roll-call over a numbered list: 全到; 缺 3 5; 张三请假; 到 1 2 3; 除了张三都来了. Numbers
    are lines of the list, names are those of the list. None where it is no roll-call at all."""
    plain = tidy(text)
    short = bare(text)
    if _ALL.fullmatch(short):
        return Roll(rest="present")
    if _NOBODY.fullmatch(short):
        return Roll(rest="absent")
    if but := _EXCEPT.fullmatch(short):
        lines, unknown = _lines(but[1], names)
        return Roll(absent=lines, rest="present", unknown=unknown)
    heard = _Heard()
    for piece in filter(None, (part.strip() for part in _PIECES.split(plain))):
        if not heard.take(piece, names):
            return None
    return heard.roll()


@dataclass
class _Heard:
    """A roll-call, piece by piece. A piece without a word goes on with the one before."""

    said: dict[str, frozenset[int]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    rest: str | None = None
    word: str = ""

    def take(self, piece: str, names: Sequence[str]) -> bool:
        """Hear one piece; False where it is no part of a roll-call."""
        if _ALL.fullmatch(piece) or _REST.fullmatch(piece):
            self.rest = "present"
            return True
        word, whom = _hear_piece(piece) or (self.word, piece)
        lines, unknown = _lines(whom, names)
        if not word or (word == self.word and not lines and unknown == (piece,)):
            return False
        self.word = word
        self.said[word] = self.said.get(word, frozenset()) | lines
        self.unknown += unknown
        return True

    def roll(self) -> Roll | None:
        """The whole; who only said who is absent means that the others came, and the reverse."""
        if not self.said and self.rest is None:
            return None
        rest: str | None = self.rest or ("absent" if set(self.said) == {"present"} else "present")
        if self.rest is None and len(self.said) > 1 and "present" in self.said:
            rest = None
        return Roll(
            present=self.said.get("present", frozenset()),
            absent=self.said.get("absent", frozenset()),
            on_leave=self.said.get("on_leave", frozenset()),
            rest=rest,
            unknown=self.unknown,
        )


def _hear_piece(piece: str) -> tuple[str, str] | None:
    for word, patterns in (
        ("on_leave", (_LEAVE, _LEAVE_AFTER)),
        ("absent", (_ABSENT, _ABSENT_AFTER)),
        ("present", (_PRESENT, _PRESENT_AFTER)),
    ):
        for pattern in patterns:
            if (found := pattern.fullmatch(piece)) and found[1].strip():
                return word, found[1].strip()
    return None


def _lines(whom: str, names: Sequence[str]) -> tuple[frozenset[int], tuple[str, ...]]:
    """Lines that numbers and names mean, and the pieces that mean none, or several."""
    lines: set[int] = set()
    unknown: list[str] = []
    for piece in filter(None, _SPLIT.split(whom)):
        number = hear_integer(piece.removesuffix("号"))
        if number is not None and 1 <= number <= len(names):
            lines.add(number - 1)
            continue
        named = [place for place, name in enumerate(names) if piece in name and len(piece) >= 2]
        if len(named) == 1:
            lines.add(named[0])
        else:
            unknown.append(piece)
    return frozenset(lines), tuple(unknown)


_DAYS_AHEAD = {
    "今天": 0, "今儿": 0, "今门儿": 0, "今每": 0, "今日": 0, "今早": 0, "今": 0,
    "明天": 1, "赶明儿": 1, "明门": 1, "明儿": 1, "明日": 1, "明": 1,
    "大后天": 3, "后天": 2, "后儿": 2,
    "前天": -2, "前儿": -2, "昨天": -1, "夜来": -1, "夜儿": -1, "昨儿": -1, "昨": -1,
}  # fmt: skip
_WEEKDAYS = {name: number for number, name in enumerate("一二三四五六日", 1)} | {"天": 7}
_DATE = re.compile(r"(?:(\d{1,2})月)?(\d{1,2})[号日]")
_WEEKDAY = re.compile(r"(下)?(?:个)?(?:星期|礼拜|周)([一二三四五六日天])")
_LAST_WEEK = re.compile(r"上(?:个)?(?:星期|礼拜|周)([一二三四五六日天])")
_LENGTH = re.compile(
    r"([0-9一二两俩三四五六七八九十]{1,3})(?:个)?(天|星期|礼拜|周|个月)(?![一二三四五六日])"
)
_HALF = re.compile(r"半(?:天|个?上午|个?下午|晌)?|上午|下午|头晌|过晌")
_UNTIL = re.compile(r"(?:到|至|—|--|-|～|~)")


@dataclass(frozen=True)
class Span:
    """The days somebody speaks of. `said_length`: whether they said how long."""

    from_on: date
    to_on: date
    half_day: bool = False


def hear_span(text: str, today: date) -> Span | None:
    """The days of a leave: 明天一天, 今天半天, 5号到8号, 从今天到下礼拜一, 三天. None where no day
    and no length is said."""
    plain = tidy(text)
    first_part, _, last_part = _parted(plain)
    first = hear_day(first_part, today)
    last = hear_day(last_part, first or today) if last_part else None
    length = _length(plain)
    half = bool(_HALF.search(plain)) and length is None and last is None
    if first is None and length is None and not half:
        return None
    begins = first or today
    if last is not None and last >= begins:
        return Span(begins, last)
    return Span(begins, begins + timedelta(days=(length or 1) - 1), half)


def hear_day(text: str, today: date) -> date | None:
    """A day near today: 今天, 夜来, 下礼拜一, 5号, 4月8号."""
    plain = tidy(text)
    if found := _DATE.search(plain):
        return _near(int(found[1] or 0), int(found[2]), today)
    if found := _WEEKDAY.search(plain):
        ahead = _WEEKDAYS[found[2]] - today.isoweekday() + (7 if found[1] else 0)
        return today + timedelta(days=ahead if ahead >= 0 else ahead + 7)
    word = next((word for word in _DAYS_AHEAD if word in plain), None)
    return today + timedelta(days=_DAYS_AHEAD[word]) if word else None


def hear_past_day(text: str, today: date) -> date | None:
    """The day of which somebody speaks when they look back: 31号 said on the first of a month is
    yesterday. What can only lie ahead (明天) stays there."""
    plain = tidy(text)
    if (found := _DATE.search(plain)) is None:
        if last := _LAST_WEEK.search(plain):
            monday = today - timedelta(days=today.isoweekday() - 1 + 7)
            return monday + timedelta(days=_WEEKDAYS[last[1]] - 1)
        return today - timedelta(days=3) if "大前天" in plain else hear_day(plain, today)
    month, day = int(found[1] or 0), int(found[2])
    for back in range(367):
        near = today - timedelta(days=back)
        if near.day == day and month in {0, near.month}:
            return near
    return None


def _parted(plain: str) -> tuple[str, str, str]:
    found = _UNTIL.search(plain)
    if found is None:
        return plain, "", ""
    return plain[: found.start()], found[0], plain[found.end() :]


def _near(month: int, day: int, today: date) -> date | None:
    for year in (today.year, today.year + 1):
        for number in (month,) if month else (today.month, today.month % 12 + 1):
            try:
                found = date(year, number, day)
            except ValueError:
                continue
            if found >= today - timedelta(days=31):
                return found
    return None


def _length(plain: str) -> int | None:
    found = _LENGTH.search(plain)
    if found is None or (number := hear_integer(found[1])) is None:
        return None
    unit = {"天": 1, "个月": 30}.get(found[2], 7)
    return number * unit


_CLAUSES = re.compile(r"[,，。;；!！\s]+")
_NOT_COMING = re.compile(r"(?:来|去|到|干|上)不了|不(?:来|去|能来|能去|上工|到)|没(?:来|去|到)")


def clauses(text: str) -> tuple[str, ...]:
    """The parts of a message, as the writer set them apart."""
    return tuple(filter(None, (part.strip() for part in _CLAUSES.split(text))))


def is_not_coming(text: str) -> bool:
    """Whether the words say that the writer does not come at all."""
    return bool(_NOT_COMING.search(tidy(text)))


_LEAVE_KINDS = (
    ("bereavement", r"白事|去世|过世|老了人|没了|出殡|送殡|奔丧|丧"),
    ("sick", r"病|不舒服|发烧|感冒|腰疼|腿疼|头疼|疼|住院|医院|复查|看牙|做手术|难受|摔|伤"),
    ("weather", r"下雪|下雨|路滑|大风|雾|太热|高温|冰"),
    ("work_elsewhere", r"打工|外出务工|找了活|别处干|上班去"),
    ("family_emergency", r"急事|伺候|照顾|陪护|孩子|孙子|家长会|生孩子|老伴|俺娘|俺爹"),
    ("personal", r"有事|有点事|事假|麦子|浇地|收|种|赶集|红事|喜事|结婚|办事|开会|走亲"),
)


def hear_leave_kind(text: str) -> str | None:
    """The kind of leave that a reason speaks of; None where it does not say."""
    plain = tidy(text)
    return next((kind for kind, words in _LEAVE_KINDS if re.search(words, plain)), None)
