"""The documentation says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scheduler.jobs import JOBS
from settings import Settings
from tests.house.pages import PAGES
from tests.house.tree import ROOT, texts

DOCS = sorted((ROOT / "docs").rglob("*.md"))
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "CHANGELOG.md"]
OF_THE_TESTS = frozenset({"GYG_PICTURES"})
"""Variables that only tests read."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_written_page_is_what_the_code_writes(page: Path) -> None:
    """After a wanted change: `make docs`."""
    assert page.read_text("utf-8") == PAGES[page]()


def test_every_variable_that_is_named_anywhere_exists() -> None:
    known = {f"GYG_{name.upper()}" for name in Settings.model_fields} | OF_THE_TESTS
    named = {
        (where, variable)
        for where, text in texts()
        if not where.startswith("tests/")
        for variable in re.findall(r"GYG_[A-Z_]*[A-Z]", text)
    }
    assert not {(where, variable) for where, variable in named if variable not in known}


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_the_runbook_says_what_a_job_does_and_what_to_do_when_it_fails(job: object) -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    name = getattr(job, "name", "")
    assert re.search(rf"^\| `{name}` \|[^|]+\|[^|]+\|[^|]+\|$", runbook, re.MULTILINE)


@pytest.mark.parametrize("page", [*DOCS, *READMES], ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    local = [target for target in targets if "://" not in target]
    assert not [target for target in local if not (page.parent / target).exists()]


@pytest.mark.parametrize("page", [*DOCS, *READMES], ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", page.read_text("utf-8")))
    assert named <= targets


def test_decisions_are_numbered_and_one_page_long() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        text = path.read_text("utf-8")
        assert len(text.split()) < 500, path.name
        for part in ("## Context", "## Decision", "## Consequences"):
            assert part in text, path.name
