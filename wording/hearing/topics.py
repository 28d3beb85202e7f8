"""Service words that our own replies teach, and a worker's everyday questions: they go straight to
their counter."""

from __future__ import annotations

import re

from wording.hearing.choices import bare
from wording.hearing.numbers import tidy
from wording.hearing.own_days import hear_own_question
from wording.hearing.staff_words import hear_staff_service
from wording.hearing.words import name_by_word, words_by_name

_SERVICES = name_by_word(words_by_name("services"))
_TICKET = re.compile(r"(?P<word>举报|投诉|人工)\s*\d{6}-\d{3,}")
_TICKET_WORDS = {"举报": "complaint", "投诉": "complaint", "人工": "human"}


def hear_service(text: str) -> str | None:
    """The counter that a service word standing alone, or with a ticket's number, or a worker's
    everyday question leads to; None for anything else."""
    plain = bare(text)
    if ticket := _TICKET.fullmatch(plain):
        return _TICKET_WORDS[ticket["word"]]
    return _SERVICES.get(plain) or hear_staff_service(text) or hear_own_question(plain)


_WISH = re.compile(
    r"(?:要|想|来|给.{1,5}|帮.{1,5}|替.{1,5})"
    r"(?:报(?:名|个|那个|这个|公益|公[艺意一]岗|.{1,6}岗|.{1,4}员)|申请(?:个|一个|公益))"
)
_BARE = re.compile(r"^(?:报名|申请)(?:公益岗|公益性岗位)?(?:吧|啊|呗|哈)?[。!！]?$")
_ONLY_A_QUESTION = re.compile(
    r"问问|问一下|问下|能不能|可以.*吗|能.*[不吗]$|行不|[吗没][?？]?$|要不要|报过名"
)


def wants_to_apply(text: str) -> bool:
    """Whether the writer wants to apply now, rather than to know how or whether."""
    plain = tidy(text)
    if _BARE.search(plain):
        return True
    return bool(_WISH.search(plain)) and not _ONLY_A_QUESTION.search(plain)
