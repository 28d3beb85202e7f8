"""What the plan says on a question: a small search over our own answers, or honestly nothing.

BM25 over characters and pairs of characters, one document per way of asking. A score is the share
of the question that the best way of asking covers, 0 to 1; below `ENOUGH` nothing is answered.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import wording
from rules import parameters, strict_yaml
from wording.hearing import tidy

ENOUGH = 0.45
"""Below this the plan is silent for us: better no answer than a wrong one. Measured by the cases
in tests/services/policy_questions.tsv."""

PERHAPS = 0.2
"""Above this an answer may be meant: it is worth asking back."""

ENOUGH_WITHIN = 0.26
"""The same where the topic is known already, and only its few answers compete."""

_SATURATION = 1.2
_LENGTH = 0.75
_NEARER = 0.02
"""Between equal scores the shorter way of asking wins, by this much at most."""

_PARTS = re.compile(r"[\s,，.。;；!！?？、]+")
_LEAST_PART = 4

_FOLDER = Path(wording.__file__).parent / "policy"
_KEYS = {"topic", "questions", "answer", "clause", "status", "parameters"}
STATUSES = frozenset({"found", "assumed", "silent"})


class PolicyError(Exception):
    """The answers in wording/policy break their own form."""


@dataclass(frozen=True)
class Entry:
    """One thing to know. `clause` is set exactly when the plan itself says it (status found)."""

    name: str
    topic: str
    questions: tuple[str, ...]
    answer: str
    status: str
    clause: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    def text(self, day: date) -> str:
        """The answer, with the parameters as they hold on the day."""
        values = {
            name: parameters.in_force(key, day).value for name, key in self.parameters.items()
        }
        return self.answer.format_map(values)


@dataclass(frozen=True)
class Match:
    """The entry that fits best, and how well: 0 to 1."""

    entry: Entry
    score: float


def find(
    question: str, *, topics: Collection[str] | None = None, enough: float = ENOUGH
) -> Match | None:
    """The answer to a question, from all topics or only some; None when none fits well enough.
    A question in several parts is tried whole first, then part by part."""
    parts = [question, *(part for part in _PARTS.split(question) if len(part) >= _LEAST_PART)]
    for part in dict.fromkeys(parts):
        best = rank(part, topics=topics)
        if best and best[0].score >= enough:
            return best[0]
    return None


def rank(question: str, *, topics: Collection[str] | None = None) -> list[Match]:
    """All entries that share anything with the question, the best first."""
    tokens = _tokens(question)
    index = _index()
    possible = sum(index.weight(token) for token in tokens)
    if not possible:
        return []
    scores: dict[str, float] = {}
    for phrase in index.phrases:
        if tokens.keys().isdisjoint(phrase.tokens):
            continue
        if topics is None or index.entries[phrase.owner].topic in topics:
            score = index.bm25(tokens, phrase) / possible
            score += _NEARER * index.shared(tokens, phrase)
            scores[phrase.owner] = max(score, scores.get(phrase.owner, 0.0))
    matches = [Match(index.entries[name], score) for name, score in scores.items() if score]
    return sorted(matches, key=lambda match: -match.score)


def entries() -> Mapping[str, Entry]:
    """All answers by name."""
    return _index().entries


@dataclass(frozen=True)
class _Phrase:
    """One way of asking for an entry, and the sums over it that every question needs."""

    owner: str
    tokens: Counter[str]
    damp: float
    weight: float


@dataclass(frozen=True)
class _Index:
    entries: Mapping[str, Entry]
    phrases: tuple[_Phrase, ...]
    rarity: Mapping[str, float]
    unknown: float

    def weight(self, token: str) -> float:
        """How much a token tells; a word that no answer knows tells that we do not know."""
        return self.rarity.get(token, self.unknown)

    def bm25(self, question: Counter[str], phrase: _Phrase) -> float:
        tokens, damp = phrase.tokens, phrase.damp
        return sum(
            self.weight(token) * tokens[token] * (1 + damp) / (tokens[token] + damp)
            for token in question
            if token in tokens
        )

    def shared(self, question: Counter[str], phrase: _Phrase) -> float:
        """The share of the phrase that stands in the question."""
        known = sum(self.weight(token) for token in phrase.tokens if token in question)
        return known / phrase.weight


@cache
def _index() -> _Index:
    found = load(_FOLDER / "zh.yaml")
    ways = [
        (entry.name, _tokens(question)) for entry in found.values() for question in entry.questions
    ]
    spread: Counter[str] = Counter()
    for name in found:
        spread.update({token for owner, tokens in ways if owner == name for token in tokens})
    total = len(found)
    rarity = {token: math.log(1 + (total - n + 0.5) / (n + 0.5)) for token, n in spread.items()}
    mean = sum(tokens.total() for _, tokens in ways) / len(ways)
    phrases = tuple(
        _Phrase(
            owner=owner,
            tokens=tokens,
            damp=_SATURATION * (1 - _LENGTH + _LENGTH * tokens.total() / mean),
            weight=sum(rarity[token] for token in tokens),
        )
        for owner, tokens in ways
    )
    return _Index(found, phrases, rarity, max(rarity.values()))


def load(path: Path) -> dict[str, Entry]:
    """Read and check a file of answers; `PolicyError` names the one that is wrong."""
    made: dict[str, Entry] = {}
    for name, raw in strict_yaml.load(path).items():
        if set(raw) - _KEYS or raw["status"] not in STATUSES:
            raise PolicyError(f"{name}: an unknown key or status")
        if (raw["status"] == "found") != ("clause" in raw):
            raise PolicyError(f"{name}: a clause is given exactly when the plan says it")
        made[name] = Entry(name=name, **{**raw, "questions": tuple(raw["questions"])})
    return made


@cache
def _speech() -> tuple[tuple[tuple[str, str], ...], tuple[str, ...], frozenset[str]]:
    raw: dict[str, Any] = strict_yaml.load(_FOLDER / "speech.yaml")
    same = tuple(sorted(raw["same"].items(), key=lambda pair: -len(pair[0])))
    return same, tuple(sorted(raw["empty"], key=len, reverse=True)), frozenset(raw["light"])


def _tokens(text: str) -> Counter[str]:
    same, empty, light = _speech()
    plain = tidy(text).lower()
    for said, meant in same:
        plain = plain.replace(said, meant)
    for filler in empty:
        plain = plain.replace(filler, "")
    kept = "".join(c for c in plain if c.isalnum() and c not in light)
    return Counter(kept) + Counter(kept[i : i + 2] for i in range(len(kept) - 1))
