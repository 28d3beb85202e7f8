"""A notice on paper: to print, and the photos of the boards on which it hangs."""

from __future__ import annotations

from datetime import date

from flask import request
from sqlalchemy import select
from werkzeug.wrappers import Response

from console.base import Elsewhere, current, door, look, needs, tell
from console.changes import tell_why_not
from console.files import docx, shown, upload
from console.public_notices import found_here, to_notice
from console.typed import typed
from console.worklist import CASE_ROLES
from models import Attachment, BoardPhoto, Region
from services import documents, notice_boards, notice_paper
from services.acting import covers
from services.notice_boards import HANGERS
from services.procedure import Hindered
from services.staff import area


@door.post("/notices/<code>/board")
@needs(*HANGERS)
def notice_board(code: str) -> Response:
    """The photo of the paper on one board."""
    seat, found = current(), found_here(code)
    region = seat.session.scalars(
        select(Region).where(Region.code == typed("board"), area(seat.region))
    ).first()
    if region is None:
        raise Elsewhere("region", request.form.get("board"))
    try:
        notice_boards.show(
            seat.session,
            found,
            region=region,
            hung_on=_day(request.form.get("hung_on", "")),
            upload=upload("photo"),
            acting=seat.acting,
            now=seat.now,
        )
    except Hindered as hindered:
        tell_why_not(hindered)
    else:
        tell("done.board_shown")
    return to_notice(code)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min  # refused with the days that are possible


@door.get("/notices/<code>/paper.docx")
@needs(*CASE_ROLES)
def notice_docx(code: str) -> Response:
    """The paper for the boards: full names, large type."""
    found = found_here(code)
    look("public_notice", found.id, document="public_notice")
    content = documents.render("public_notice", notice_paper.for_print(found))
    return docx(content, f"notice-{found.code}.docx")


@door.get("/notices/<code>/boards/<int(max=2147483647):key>")
@needs(*CASE_ROLES)
def notice_photo(code: str, key: int) -> Response:
    """The photo of one board."""
    seat, found = current(), found_here(code)
    photo = seat.session.get(BoardPhoto, key)
    if photo is None or photo.notice_id != found.id or not covers(seat.region, photo.region):
        raise Elsewhere("board_photo", key)
    look("attachment", photo.attachment_id, notice=found.code)
    return shown(seat.session.get_one(Attachment, photo.attachment_id))
