"""`gyg screen people.csv out.csv`: eligibility for a list of any length.

The list is a CSV file with a header. Its columns are the keys of the eligibility question, in any
order, in English or as clerks write them; all others are passed through.

    ruleset, reference_on, track        needed (the first two may be given for the whole list)
    id_number, or born_on and sex       needed; both may stand, then they must agree
    retire_category                     M60, F55, F50
    groups                              names separated by | or ; and "none" when none applies
    unemployed, zero_employment_household   true or false, yes or no, 1 or 0

A blank cell means that nobody knows. Dates are year first: 1977-06-14, 1977/6/14, 19770614.
UTF-8 (with or without BOM) and GB18030 are read; the result is UTF-8, with BOM if the list had one
or was not UTF-8.

The result has the list's columns and then outcome, matched, becomes_eligible_on, missing (facts
that could still make a match) and reasons (clause, rule, fact, finding). Order is kept. Rows that
cannot be read go to ``out.errors.csv`` with their line and a reason. Cells that a spreadsheet would
run as a formula get an apostrophe. Nothing stands under the target's name until all is written.
"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TextIO

from rules.errors import InvalidQuestion, UnfitList
from rules.messages import Language
from rules.rulesets import load, names
from rules.screen_file import PIECE_BYTES, Form, Piece, pieces, read_form
from rules.screen_piece import ADDED, Plan, Screened, kept_columns, screen_piece
from rules.screen_rows import Given, find_columns

NOTHING_GIVEN = Given()
_AHEAD = 2  # pieces under way for each worker; bounds the memory


@dataclass(frozen=True, slots=True)
class ScreenSummary:
    """How many rows came to what, and where the bad ones are listed."""

    eligible: int
    to_verify: int
    not_eligible: int
    bad: int
    errors_path: Path

    @property
    def rows(self) -> int:
        """All rows that were not blank."""
        return self.eligible + self.to_verify + self.not_eligible + self.bad


def run_screen(
    source: Path,
    target: Path,
    *,
    workers: int | None = None,
    progress: Callable[[int], None] = lambda _bytes: None,
    given: Given = NOTHING_GIVEN,
    language: Language = "en",
) -> ScreenSummary:
    """Screen ``source`` into ``target``; :class:`UnfitList` says why a list cannot be.

    ``workers`` are processes, all cores when None; short lists are done in this one. ``progress``
    is told, piece by piece, how many bytes of the source have been dealt with since the last time.
    ``given`` holds for the whole list where it has no such column or the cell is blank.
    """
    form = read_form(source)
    plan = _plan(source, form, given, language)
    errors_path = target.with_name(target.stem + ".errors.csv")
    _refuse_same_file(source, target, errors_path)
    with ExitStack() as stack:
        good = stack.enter_context(_Draft(target, form))
        bad = stack.enter_context(_Draft(errors_path, form))
        good.write(_line([*_kept(form.header), *ADDED]))
        bad.write(_line(["line", "reason", *form.header]))
        progress(form.body_at)
        counts: Counter[str] = Counter()
        for done, size in _screened(
            plan, pieces(source, form, size=PIECE_BYTES), _workers(source, workers)
        ):
            good.write(done.good)
            bad.write(done.bad)
            counts += done.counts
            progress(size)
        good.keep()
        bad.keep()
    return ScreenSummary(
        counts["eligible"], counts["to_verify"], counts["not_eligible"], counts["bad"], errors_path
    )


def _plan(source: Path, form: Form, given: Given, language: Language) -> Plan:
    try:
        load(given.ruleset or names()[0])
    except InvalidQuestion as error:
        raise UnfitList(error.code, **error.values) from error
    find_columns(form.header, given, file=source.name)
    return Plan(form.encoding, form.delimiter, form.header, given, language, source.name)


def _screened(plan: Plan, todo: Iterator[Piece], workers: int) -> Iterator[tuple[Screened, int]]:
    """The screened pieces in order, each with its length in bytes."""
    if workers == 1:
        for piece in todo:
            yield screen_piece(plan, piece), len(piece.content)
        return
    # spawn: a progress bar has a thread, and a fork would copy its locks as they stand.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    under_way: deque[tuple[Future[Screened], int]] = deque()
    try:
        for piece in todo:
            under_way.append((pool.submit(screen_piece, plan, piece), len(piece.content)))
            if len(under_way) > _AHEAD * workers:
                yield _finished(under_way)
        while under_way:
            yield _finished(under_way)
    finally:
        pool.shutdown(cancel_futures=True)


def _finished(under_way: deque[tuple[Future[Screened], int]]) -> tuple[Screened, int]:
    future, size = under_way.popleft()
    return future.result(), size


def _workers(source: Path, wanted: int | None) -> int:
    if wanted is not None:
        return max(wanted, 1)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, max(source.stat().st_size // PIECE_BYTES, 1))


def _refuse_same_file(source: Path, *targets: Path) -> None:
    for target in targets:
        if target.exists() and target.samefile(source):
            raise UnfitList("list_same_file", file=str(target))


def _kept(header: tuple[str, ...]) -> list[str]:
    return [header[place] for place in kept_columns(header)]


def _line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


class _Draft:
    """A file that takes its name only when :meth:`keep` was called; else it disappears."""

    def __init__(self, path: Path, form: Form) -> None:
        self._path = path
        self._draft = path.with_name(path.name + ".part")
        marked = form.has_bom or form.encoding != "utf-8"
        self._encoding = "utf-8-sig" if marked else "utf-8"
        self._file: TextIO

    def __enter__(self) -> _Draft:
        try:
            self._file = self._draft.open("w", encoding=self._encoding, newline="")
        except OSError as error:
            raise UnfitList("list_target", file=str(self._path), why=error.strerror) from error
        return self

    def write(self, text: str) -> None:
        self._file.write(text)

    def keep(self) -> None:
        self._file.close()
        self._draft.replace(self._path)

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._draft.unlink(missing_ok=True)
