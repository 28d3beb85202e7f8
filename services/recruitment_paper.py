"""The recruitment announcement as a chat message and as a sheet for the boards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from services import documents
from wording import load_book


def chat(snapshot: Mapping[str, Any]) -> str:
    """What somebody who asked to hear of it reads on the phone."""
    return load_book().text(
        "announcement.chat",
        title=snapshot["title"],
        opens_on=snapshot["opens_on"],
        closes_on=snapshot["closes_on"],
        reference_on=snapshot["reference_on"],
        rural=snapshot["headcount"]["rural"],
        urban=snapshot["headcount"]["urban"],
        phone=snapshot["contact_phone"],
    )


def sheet(snapshot: Mapping[str, Any], place: str, published_on: date | None) -> bytes:
    """The announcement as a .docx, A4, in large type; with a line to write the date on while it is
    not published."""
    book = load_book()
    lines = [
        {
            "order": order,
            "name": line["name"],
            "place": line["place"],
            "duties": book.text("post.list", parts=line["duties"]),
            "headcount": line["headcount"],
            "pay": book.text("announcement.pay", pay_fen=line["pay_fen"])
            if line["pay_fen"]
            else book.text("announcement.pay_by_rule"),
        }
        for order, line in enumerate(snapshot["posts"], start=1)
    ]
    return documents.render(
        "recruitment",
        {
            "title": snapshot["title"],
            "year": snapshot["year"],
            "version": snapshot["version"],
            "correction_reason": snapshot["correction_reason"],
            "opens_on": date.fromisoformat(snapshot["opens_on"]),
            "closes_on": date.fromisoformat(snapshot["closes_on"]),
            "reference_on": date.fromisoformat(snapshot["reference_on"]),
            "rural": snapshot["headcount"]["rural"],
            "urban": snapshot["headcount"]["urban"],
            "rural_groups": book.text("post.list", parts=snapshot["groups"]["rural"]),
            "urban_groups": book.text("post.list", parts=snapshot["groups"]["urban"]),
            "phone": snapshot["contact_phone"],
            "remark": snapshot["remark"],
            "lines": lines,
            "place": place,
            "published_on": published_on,
        },
    )
