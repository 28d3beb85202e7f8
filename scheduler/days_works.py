"""What the clock does about days: it reminds heads, closes evenings and days, and forgets where
people stood."""

from __future__ import annotations

import time

import structlog

from channels.wechat.errors import WechatError
from scheduler.works import Works, judge_fetch
from services.days import photos, places, schedule
from services.materials import Miss

log = structlog.get_logger()

RUN_SECONDS = 20
"""Of one run: a clock that was moved by years goes through them in several."""


def has_steps(works: Works) -> bool:
    """Whether a day owes a step."""
    with works.reading() as session:
        return next(schedule.due(session, works.clock.now(session)), None) is not None


def close_days(works: Works) -> int:
    """Do what days owe, in order; gives how many people were told something."""
    told, until = 0, time.monotonic() + RUN_SECONDS
    while time.monotonic() < until and not works.stopping.is_set():
        with works.reading() as session:
            owed = next(schedule.due(session, works.clock.now(session)), None)
            pieces = schedule.pieces(session, owed) if owed else ()
        if owed is None:
            break
        told += _do(works, owed, pieces)
    return told


def _do(works: Works, owed: schedule.Due, pieces: object) -> int:
    told = 0
    assert isinstance(pieces, list | tuple)
    for piece in pieces:
        with works.sessions.begin() as session:
            schedule.derive(session, owed, piece, works.clock.now(session))
        with works.sessions.begin() as session:
            told += schedule.tell(session, owed, piece, works.clock.now(session))
    with works.sessions.begin() as session:
        schedule.settle(session, owed, told, works.clock.now(session))
    return told


def has_photos(works: Works) -> bool:
    """Whether a check-in's photo waits to be fetched."""
    with works.reading() as session:
        return photos.is_due(session, works.clock.now(session))


def fetch_photos(works: Works) -> int:
    """Fetch some photos of check-ins; no transaction is open while the platform is asked."""
    with works.sessions.begin() as session:
        errands = photos.take(session, works.clock.now(session))
    for errand in errands:
        _fetch(works, errand)
    return len(errands)


def _fetch(works: Works, errand: photos.Errand) -> None:
    try:
        media = works.fetch(errand.media_id)
    except Exception as error:  # one that fails must not keep the others waiting
        log.warning("check_in_photo.not_fetched", photo=errand.event_id, error=str(error))
        why = judge_fetch(error) if isinstance(error, WechatError) else Miss.NOT_NOW
        with works.sessions.begin() as session:
            photos.miss(session, errand.event_id, why, works.clock.now(session))
        return
    with works.sessions.begin() as session:
        photos.keep(session, errand.event_id, media.content, works.clock.now(session))


def forget_points(works: Works) -> int:
    """Delete the raw points of check-ins that have been kept for long enough."""
    with works.sessions.begin() as session:
        return places.forget_points(session, works.clock.now(session))
