"""What a public text must not carry: ID, bank card and mobile numbers, words about hardship or
illness (requirements 2.6, invariant 10). Numbers are found however they are written: 全角, with
spaces or dashes, in Chinese figures.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

_FIGURES = str.maketrans("零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "0001234567891123456789")
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_RECENT_DATE = re.compile(r"20[2-9]\d[-./]\d{1,2}[-./]\d{1,2}")
_RUN = re.compile(r"\d(?:[\s\-—–_.·,，、/]{0,2}\d){10,}(?:[\s\-]?[Xx×](?![A-Za-z]))?")
_BIRTH = re.compile(r"\d{6}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx×]")
_MOBILE = re.compile(r"1[3-9]\d{9}")


@dataclass(frozen=True)
class Exposure:
    """`kind`: id_number, bank_card, phone or private_word; `word` only for the last: a number is
    never written out again."""

    kind: str
    word: str = ""


def exposed(text: str) -> tuple[Exposure, ...]:
    """Everything in a text that may not be public; nothing when it may."""
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    return (*_numbers(plain), *_words(plain))


def _numbers(plain: str) -> tuple[Exposure, ...]:
    figures = _RECENT_DATE.sub("#", plain).translate(_FIGURES)
    runs = (re.sub(r"[^\dXx×]", "", run) for run in _RUN.findall(figures))
    kinds = (_kind(run) for run in runs)
    return tuple(Exposure(kind) for kind in kinds if kind)


def _kind(run: str) -> str | None:
    if _BIRTH.search(run) or len(run) == 15 or not run[-1].isdigit():
        return "id_number"
    if len(run) >= 16:
        return "bank_card"
    return "phone" if _MOBILE.search(run) else None


def _words(plain: str) -> tuple[Exposure, ...]:
    bare = "".join(plain.split())
    for name in _lists()["harmless"]:
        bare = bare.replace(name, "")
    return tuple(Exposure("private_word", word) for word in _lists()["words"] if word in bare)


@cache
def _lists() -> dict[str, tuple[str, ...]]:
    text = resources.files("wording.hearing").joinpath("exposed.yaml").read_text(encoding="utf-8")
    return {name: tuple(words.split()) for name, words in yaml.safe_load(text).items()}
