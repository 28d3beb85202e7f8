"""`gyg rules ask`: one JSON question a line in, one JSON answer a line out, in order.

A line that cannot be answered gives ``{"error": "…"}`` in words; the others are answered all the
same, and the exit status is 1. Keys that a question does not have are errors, so that a misspelt
key cannot pass for an unknown fact.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from rules import answers, messages
from rules.errors import InvalidQuestion, RuleError
from rules.messages import Language


@dataclass(frozen=True, slots=True)
class Answer:
    """One line out: the text, and whether the question was answered."""

    line: str
    ok: bool


def run_ask(
    stdin: Iterable[str | bytes],
    stdout: TextIO,
    *,
    today: date | None = None,
    language: Language = "en",
) -> int:
    """Answer every line of ``stdin``; 0 when all were answered, else 1.

    ``stdin`` may give bytes, which is safer: a line that is not UTF-8 is then one bad line.
    ``today`` is the day whose law ends an urban term; without it, the date in Shanghai.
    """
    status = 0
    for answer in ask_lines(stdin, today=today or _today(), language=language):
        stdout.write(answer.line + "\n")
        stdout.flush()
        status |= not answer.ok
    return int(status)


def ask_lines(
    lines: Iterable[str | bytes], *, today: date, language: Language = "en"
) -> Iterator[Answer]:
    """One answer per line, in order, as soon as its line was read; never raises for bad input."""
    for line in lines:
        yield _answer(line, today, language)


def _answer(line: str | bytes, today: date, language: Language) -> Answer:
    try:
        question = _parse(line)
        return Answer(_dump(answers.answer(question, today=today, language=language)), ok=True)
    except RuleError as error:
        return Answer(_dump({"error": messages.say(error, language)}), ok=False)


def _parse(line: str | bytes) -> dict[str, Any]:
    text = _decoded(line).strip("\ufeff \t\r\n")
    if not text:
        raise InvalidQuestion("empty_line")
    try:
        question = json.loads(text, object_pairs_hook=_once_each, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidQuestion("not_json", why=str(error)) from error
    if not isinstance(question, dict):
        raise InvalidQuestion("not_object")
    return question


def _decoded(line: str | bytes) -> str:
    if isinstance(line, str):
        return line
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidQuestion("not_utf8") from error


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise InvalidQuestion("duplicate_key", key=key)
        found[key] = value
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _dump(answer: dict[str, Any]) -> str:
    text = json.dumps(answer, ensure_ascii=False)
    # Half a surrogate pair, quoted back from a question, cannot be written as UTF-8.
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()
