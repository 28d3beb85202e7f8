"""The ways from a case to its review, its notice and its objections: for whom each is work."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from console.base import Seat
from console.case import HOOKS
from console.objections import READERS
from models import ApplicationStatus
from services.case_page import CasePage
from services.public_notices import MAKERS
from services.reviews import KEEPERS

STAGES = frozenset(
    {
        ApplicationStatus.VILLAGE_REVIEW,
        ApplicationStatus.TO_PUBLISH,
        ApplicationStatus.ON_NOTICE,
        ApplicationStatus.OBJECTION,
    }
)


def links(seat: Seat, shown: CasePage) -> str:
    """Nothing where the case is elsewhere: what is over stands in the page's own words."""
    if shown.application.status not in STAGES:
        return ""
    return Markup(  # noqa: S704 - the template escapes its values
        render_template(
            "notice_links.html",
            it=shown,
            case=shown.application,
            keeps=seat.role in KEEPERS,
            makes=seat.role in MAKERS,
            reads=seat.role in READERS,
        )
    )


HOOKS.append(links)
