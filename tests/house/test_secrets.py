"""What no file of the project may hold: real people's names, a machine's paths, a registry."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from tests.house.tree import texts

NAMES = frozenset((Path(__file__).parent / "names.sha256").read_text().split())
"""SHA-256 of the names in the plan's annex 1: people in office, who are no test data."""

RUN = re.compile(r"[\u4e00-\u9fff]{2,}")
PATHS = re.compile(r"(?<![\w.*~\"'}])/(?:work|tmp|opt|root|home)/\w")
HOSTS = re.compile("|".join(["py" + r"pi\.org", "python" + "hosted", "index" + "-url"]))
ID_NUMBER = re.compile(r"(?<![\dA-Za-z])[1-9]\d{5}(?:19|20)\d{9}[\dXx](?![\dA-Za-z])")
MOBILE = re.compile(r"(?<![\d.])1[3-9]\d{9}(?![\d.])")
NO_PLACE = re.compile("^370899")
NO_LINE = re.compile("^1380000|00000")


def test_no_real_persons_name() -> None:
    windows = {
        run[start : start + length]
        for _, text in texts()
        for run in RUN.findall(text)
        for length in (2, 3)
        for start in range(len(run) - length + 1)
    }
    named = {w for w in windows if hashlib.sha256(w.encode()).hexdigest() in NAMES}
    places = {name: [where for where, text in texts() if name in text] for name in named}
    assert not places


def test_no_path_of_a_machine_and_no_registry() -> None:
    found = [
        f"{name}: {match.group()}"
        for name, text in texts()
        for pattern in (PATHS, HOSTS)
        for match in pattern.finditer(text)
    ]
    assert not found


def test_id_numbers_and_phones_belong_to_nobody() -> None:
    found = [
        f"{name}: {match.group()}"
        for name, text in texts()
        if not name.endswith((".lock", ".svg", ".json"))
        for pattern, invented in ((ID_NUMBER, NO_PLACE), (MOBILE, NO_LINE))
        for match in pattern.finditer(text)
        if not invented.search(match.group())
    ]
    assert not found
