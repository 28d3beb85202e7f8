"""Short answers: yes or no, a number of a menu, and the words that work everywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from wording.hearing.numbers import hear_integer, tidy

YES_WORDS = frozenset(
    [
        "是",
        "是的",
        "是嘞",
        "是啊",
        "对",
        "对的",
        "对嘞",
        "对对",
        "嗯",
        "嗯嗯",
        "嗯呐",
        "好",
        "好的",
        "好嘞",
        "好吧",
        "行",
        "行嘞",
        "行吧",
        "中",
        "管",
        "可以",
        "可",
        "成",
        "同意",
        "愿意",
        "确认",
        "确定",
        "没错",
        "有",
        "有的",
        "要",
        "yes",
        "y",
        "ok",
        "okay",
        "1",
        "好哩",
        "没问题",
        "俺同意",
        "我同意",
        "是我",
        "是俺",
        "能",
    ]
)
NO_WORDS = frozenset(
    [
        "不",
        "不是",
        "不对",
        "不行",
        "不中",
        "不管",
        "没有",
        "没",
        "木有",
        "无",
        "不同意",
        "不愿意",
        "不要",
        "不用",
        "不能",
        "否",
        "错",
        "错了",
        "不对劲",
        "no",
        "n",
        "2",
        "不可以",
        "算了",
        "别",
        "没得",
        "没有的",
        "都没有",
        "都不是",
    ]
)
_TAIL = re.compile(r"[\s。.!！?？~～,，、;；…]+$|[啊呀哈呢嘛哦]+$")


class Command(StrEnum):
    """Words that mean the same wherever one is in a talk."""

    MENU = "menu"
    BACK = "back"
    CANCEL = "cancel"
    HUMAN = "human"
    MORE = "more"
    RESUME = "resume"


COMMANDS: dict[Command, frozenset[str]] = {
    Command.MENU: frozenset(
        ["菜单", "目录", "主菜单", "首页", "开始", "能办啥", "menu", "help", "帮助"]
    ),
    Command.BACK: frozenset(
        ["返回", "上一步", "上一题", "退回", "回去", "后退", "填错了", "刚才填错了", "back"]
    ),
    Command.CANCEL: frozenset(
        ["取消", "不办了", "不填了", "不报了", "退出", "不弄了", "算了不办了", "停"]
    ),
    Command.HUMAN: frozenset(["人工", "转人工", "0", "找人", "人工服务", "叫个人来"]),
    Command.MORE: frozenset(["更多", "下一页", "还有呢", "more"]),
    Command.RESUME: frozenset(["继续", "接着填", "接着办", "接着来", "继续填", "继续办"]),
}


def bare(text: str) -> str:
    """The text without punctuation and polite endings, lower case."""
    plain = tidy(text).lower()
    while (shorter := _TAIL.sub("", plain)) != plain:
        plain = shorter
    return plain


def hear_command(text: str) -> Command | None:
    """A global word standing alone; never a word inside a sentence."""
    plain = bare(text)
    return next((command for command, words in COMMANDS.items() if plain in words), None)


def hear_yes_no(text: str) -> bool | None:
    """A bare yes or no. A sentence is neither."""
    plain = bare(text)
    if plain in YES_WORDS:
        return True
    return False if plain in NO_WORDS else None


def hear_choice(text: str, labels: Sequence[str]) -> int | None:
    """The index of the one label meant: by its number (2, 第二个, 选2), or by its words when they
    fit one label only. None when nothing, or more than one, fits."""
    plain = bare(text)
    number = hear_number(plain)
    if number is not None:
        return number - 1 if 1 <= number <= len(labels) else None
    if len(plain) < 2:
        return None
    fits = [i for i, label in enumerate(labels) if plain in label.lower() or label.lower() in plain]
    return fits[0] if len(fits) == 1 else None


def hear_choices(text: str, labels: Sequence[str]) -> tuple[int, ...] | None:
    """Several labels at once: 1 3, 1、3, 1和3, or words. None when one part fits no label."""
    parts = [part for part in re.split(r"[\s,，、;；和跟及+/]+", bare(text)) if part]
    if len(parts) == 1 and parts[0].isdigit() and len(labels) < 10:
        parts = list(parts[0])
    heard = [hear_choice(part, labels) for part in parts]
    if not heard or any(index is None for index in heard):
        return None
    return tuple(sorted({index for index in heard if index is not None}))


def hear_number(text: str) -> int | None:
    """The number of a menu line: 2, ２, 第二个, 选2. Nothing but the number may stand there."""
    plain = bare(text)
    matched = re.fullmatch(
        r"(?:选|第|按|回复?)?\s*([0-9]{1,2}|[一二三四五六七八九十两]{1,3})(?:个|项|号|条|\.|、|\))?",
        plain,
    )
    return hear_integer(matched.group(1)) if matched else None
