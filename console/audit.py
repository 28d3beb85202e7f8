"""The audit trail for those who watch over it: searched, read, proved, taken along."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from console.base import NAV, NavItem, console, current, door, keep, look, needs, page, say, tell
from console.downloads import xlsx
from console.words import moment
from models import AuditEntry, Role
from services import audit, audit_view, sheets_out
from services.audit_view import Wanted
from services.sheets_out import Column

SEE = frozenset({Role.SUPERVISION, Role.ADMINISTRATOR})
WIDTHS = (9, 20, 24, 22, 26, 40, 40, 30)
COLUMNS = ("number", "at", "who", "act", "subject", "before", "after", "why")

NAV.append(NavItem("console.audit_trail", "audit.nav", SEE, order=90, group="house"))


@door.get("/audit")
@needs(*SEE)
def audit_trail() -> str:
    """Search the trail; needs something to search for."""
    return _screen()


def _screen() -> str:
    seat, wanted = current(), _wanted()
    before = request.args.get("before", "")
    rows: Sequence[AuditEntry] = ()
    if wanted.says_something:
        rows = audit_view.search(
            seat.session, wanted, before=int(before) if before.isdigit() else None
        )
        look("audit", "trail", rows=len(rows), asked=_asked(wanted))
    return page(
        "audit.html",
        wanted=wanted,
        asked=_asked(wanted),
        lines=_lines(rows),
        more=rows[-1].id if len(rows) == audit_view.PAGE else None,
        kinds=[(kind, say(f"audit.kind_{kind}")) for kind in audit_view.KINDS],
        seal=audit_view.last_seal(seat.session),
    )


def _wanted() -> Wanted:
    typed = {
        name: request.args.get(name, "").strip()[:64] for name in ("kind", "key", "who", "act")
    }
    return Wanted(**typed, from_on=_day("from_on"), to_on=_day("to_on"))


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _asked(wanted: Wanted) -> dict[str, str]:
    """The search as an address carries it."""
    parts = vars(wanted)
    return {name: str(value) for name, value in parts.items() if value}


def _lines(rows: Sequence[AuditEntry]) -> list[dict[str, Any]]:
    """The entries as people read them: a column's name and its words."""
    seat = current()
    names = audit_view.names(seat.session, rows)
    numbers = audit_view.numbers(seat.session, rows)
    return [
        {
            "number": entry.id,
            "at": moment(entry.at),
            "who": names.get(entry.actor) or _who(entry.actor),
            "act": _act(entry.act),
            "subject": _subject(entry, numbers),
            "before": _plain(entry.details.get("before")),
            "after": _plain(entry.details.get("after")),
            "why": _plain(entry.details.get("why")),
            "more": _rest(entry.details),
        }
        for entry in rows
    ]


def _who(actor: str) -> str:
    kind, _, key = actor.partition(":")
    words = say(f"audit.actor_{kind}") if f"audit.actor_{kind}" in console().book.phrases else kind
    return f"{words} {key[-8:]}".strip()


def _act(act: str) -> str:
    """In words where there are some; else as the trail has it."""
    book = console().book.phrases
    topic, _, name = act.partition(".")
    for key in (f"done.{act.replace('.', '_')}", f"case_act.{name}", f"audit.act_{topic}_{name}"):
        if key in book and (topic == "case") == key.startswith("case_act."):
            return say(key)
    return act


def _subject(entry: AuditEntry, numbers: dict[str, str]) -> str:
    kind = f"audit.kind_{entry.subject_kind}"
    words = say(kind) if kind in console().book.phrases else entry.subject_kind
    return f"{words} {numbers.get(entry.subject_id, entry.subject_id)}"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_plain(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(part) for part in value)
    return "" if value is None else str(value)


def _rest(details: dict[str, Any]) -> str:
    rest = {key: part for key, part in details.items() if key not in {"before", "after", "why"}}
    return json.dumps(rest, ensure_ascii=False) if rest else ""


@door.get("/audit/entries.xlsx")
@needs(*SEE)
def audit_export() -> ResponseReturnValue:
    """The search as an Excel sheet, marked with who took it; the taking is an entry itself."""
    seat, wanted = current(), _wanted()
    if not wanted.says_something:
        tell("audit.search_first", level="warning")
        return _screen(), 422
    rows = audit_view.search(seat.session, wanted, limit=audit_view.EXPORT_ROWS)
    columns = [
        Column(say(f"audit.head_{name}"), width)
        for name, width in zip(COLUMNS, WIDTHS, strict=True)
    ]
    values = [[line[name] for name in COLUMNS] for line in _lines(rows)]
    content = sheets_out.register(
        say("audit.nav"), columns, values, f"{seat.staff.name} {seat.staff.unit}", seat.now
    )
    keep("audit.exported", ("audit", "trail"), rows=len(rows), why=_asked(wanted))
    answer: Response = xlsx(content, "audit.xlsx")
    return answer


@door.get("/audit/proof")
@needs(*SEE)
def audit_proof() -> str:
    """Read the whole trail and say whether it is as it was sealed."""
    seat = current()
    verdict = audit.verify(seat.session)
    keep("audit.verified", ("audit", "trail"), holds=verdict.holds)
    return page("audit_proof.html", verdict=verdict, seal=audit_view.last_seal(seat.session))
