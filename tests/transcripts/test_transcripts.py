"""Every transcript is what the service says today, on both databases.

After a wanted change: `make transcripts`, and read the difference as a resident would.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.talk import Talk
from tests.transcripts.script import files, parse, replay


@pytest.mark.parametrize("file", files(), ids=lambda file: file.stem)
def test_the_service_says_what_the_transcript_says(file: Path, talk: Talk) -> None:
    script = file.read_text("utf-8")
    assert replay(script, talk) == script


def test_there_are_transcripts() -> None:
    assert files()


def test_a_message_of_several_lines_is_one_message() -> None:
    messages = [line.text for line in parse("> 王桂兰\n> 1970年5月2日\n好。\n\n> 是\n\n> 对\n")]
    assert messages == ["王桂兰\n1970年5月2日", "是", "对"]
