"""What every page of the console stands on: the door, the seat, the page (see the room's
docstring)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial, wraps
from typing import Any, cast

from flask import Blueprint, current_app, flash, g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.exceptions import NotFound

from models import Region, Role, Staff, StaffGrant, StaffSession, reading
from services.acting import Acting
from services.clock import Clock, business_date
from services.trail import note
from wording import Book

UPLOAD_LIMIT_BYTES = 20 * 1024 * 1024
EVERYBODY = frozenset(Role)
View = Callable[..., ResponseReturnValue]


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Console:
    """What the pages need; made once by the front door. `clock` tells the business time; `wall`,
    never moved, the time of sign-ins, locks and codes."""

    sessions: sessionmaker[Session]
    clock: Clock
    book: Book
    sandbox: bool = False
    wall: Callable[[], datetime] = _wall
    sms_shares: Mapping[str, int] = field(default_factory=dict)
    """SMS provider → its share of what is sent while all are well."""


@dataclass(frozen=True)
class Seat:
    """The one who is signed in, for this request. `now` is business time, `wall` the machine's.
    `only_reads`: the session is one of `models.reading`, as for every page that changes nothing."""

    session: Session
    signed_in: StaffSession
    grant: StaffGrant | None
    now: datetime
    wall: datetime
    only_reads: bool
    to_keep: list[Callable[[Session], None]] = field(default_factory=list)
    """What `settle` writes before the page goes out."""

    @property
    def staff(self) -> Staff:
        return self.signed_in.staff

    @property
    def role(self) -> Role:
        return Role(self._granted.role)

    @property
    def region(self) -> Region:
        """The place whose subtree the role is for."""
        return self._granted.region

    @property
    def acting(self) -> Acting:
        return Acting(role=self.role, staff=self.staff, region=self.region)

    @property
    def today(self) -> date:
        return business_date(self.now)

    @property
    def _granted(self) -> StaffGrant:
        if self.grant is None:
            raise RuntimeError("this page lets people in who have not chosen a role yet")
        return self.grant


@dataclass(frozen=True)
class NavItem:
    """A page in the menu: its endpoint, the phrase it is called by, who sees it, and the name of
    the group in `MENU_GROUPS` under which it stands."""

    endpoint: str
    label: str
    roles: frozenset[Role] = EVERYBODY
    order: int = 50
    group: str = "work"


NAV: list[NavItem] = []
MENU_GROUPS = ("work", "hiring", "at_work", "money", "telling", "house")
"""In the order in which they are shown; their names are `console.group_…`."""


class Elsewhere(NotFound):
    """Something that is not there, or not in this person's area: nobody learns which of the two."""

    def __init__(self, kind: str, key: object) -> None:
        super().__init__()
        self.kind, self.key = kind, str(key).replace("\x00", "")


class Door(Blueprint):
    """The console's blueprint: each view's answer is ready before `settle`, and goes out after."""

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Any = None,
        provide_automatic_options: bool | None = None,  # noqa: FBT001 - Flask's signature
        **options: Any,
    ) -> None:
        whole = _whole(view_func) if view_func is not None else None
        super().add_url_rule(rule, endpoint, whole, provide_automatic_options, **options)


def _whole(view: View) -> View:
    @wraps(view)
    def answered(**values: Any) -> ResponseReturnValue:
        response = current_app.make_response(view(**values))
        if (seat := g.get("seat")) is not None:
            settle(seat)
        return response

    return answered


def settle(seat: Seat) -> None:
    """Commit what the request did, and what is to be kept of it. Where it only read, that is a
    short transaction of its own: nobody has waited while the page was made."""
    if not seat.only_reads:
        _keep(seat.session, seat.to_keep)
        seat.session.commit()
        return
    seat.session.rollback()
    if seat.to_keep:
        with console().sessions.begin() as session:
            _keep(session, seat.to_keep)


def _keep(session: Session, to_keep: list[Callable[[Session], None]]) -> None:
    for write in to_keep:
        write(session)
    to_keep.clear()


door = Door(
    "console",
    __name__,
    url_prefix="/console",
    template_folder="templates",
    static_folder="static",
)


def needs(*roles: Role) -> Callable[[View], View]:
    """Let these roles in, and nobody else. `needs(*Role)`: whoever is signed in."""

    def mark(view: View) -> View:
        view.roles = frozenset(roles)  # type: ignore[attr-defined]  # read by the guard
        return view

    return mark


def console() -> Console:
    """This application's console."""
    return cast(Console, current_app.extensions["gongyigang.console"])


def current() -> Seat:
    """The seat of this request."""
    seat: Seat = g.seat
    return seat


@contextmanager
def transaction() -> Iterator[Session]:
    """A transaction for a page outside the door. Behind it, use `current().session`."""
    with console().sessions.begin() as session:
        yield session


def only_reading() -> Session:
    """Like `transaction`, for a page that changes nothing."""
    return reading(console().sessions)


def say(key: str, **slots: Any) -> str:
    """A phrase of the book."""
    return console().book.text(key, "console", **slots)


def tell(key: str, *, level: str = "success", **slots: Any) -> None:
    """Say a phrase at the top of the next page; `level`: success, info, warning or danger."""
    flash(say(key, **slots), level)


def look(kind: str, key: object, **shown: Any) -> None:
    """Write that this person looked at somebody's data on this page."""
    keep("console.look", (kind, key), why=request.endpoint, **shown)


def keep(act: str, subject: tuple[str, Any], **details: Any) -> None:
    """Write in the trail what this person did on this page; without it, the page does not go
    out."""
    seat = current()
    entry = partial(note, act=act, actor=seat.acting.name, at=seat.now, subject=subject, **details)
    seat.to_keep.append(entry)


def page(template: str, **context: Any) -> str:
    """A whole page, with the menu of whoever is signed in."""
    seat: Seat | None = g.get("seat")
    menu = [] if seat is None or seat.grant is None else menu_of(seat.role)
    return render_template(template, seat=seat, menu=menu, sandbox=console().sandbox, **context)


def menu_of(role: Role) -> list[NavItem]:
    """What a role finds in the menu, group by group."""
    known = current_app.view_functions
    return sorted(
        (item for item in NAV if role in item.roles and item.endpoint in known),
        key=lambda item: (MENU_GROUPS.index(item.group), item.order),
    )
