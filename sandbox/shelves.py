"""Things that the platform keeps for the account: media, QR scenes, the menu, access tokens."""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

MEDIA_LIFE = timedelta(days=3)
MOST_MEDIA = 500
TOKEN_SECONDS = 7200
FORCE_APART_SECONDS = 30
FORCE_A_DAY = 20
MOST_TEMPORARY_SECONDS = 2_592_000


@dataclass(frozen=True, kw_only=True)
class Medium:
    """A photo, a voice or a video, as bytes."""

    media_id: str
    content: bytes
    mime: str
    name: str
    at: datetime


class MediaShelf:
    """Temporary media: each lives three days of the sandbox's time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._media: OrderedDict[str, Medium] = OrderedDict()

    def put(self, content: bytes, *, mime: str, name: str, at: datetime) -> Medium:
        """Keep the bytes; the oldest go when there are too many."""
        media_id = secrets.token_urlsafe(36)
        medium = Medium(media_id=media_id, content=content, mime=mime, name=name, at=at)
        with self._lock:
            self._media[media_id] = medium
            while len(self._media) > MOST_MEDIA:
                self._media.popitem(last=False)
        return medium

    def get(self, media_id: str, now: datetime) -> Medium | None:
        """The medium, unless it is unknown or older than three days."""
        with self._lock:
            medium = self._media.get(media_id)
        return medium if medium and now - medium.at < MEDIA_LIFE else None

    def forget(self) -> None:
        """Throw all media away."""
        with self._lock:
            self._media.clear()


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A parametric QR code. `until` is None for a permanent one."""

    ticket: str
    scene: str
    url: str
    until: datetime | None
    label: str = ""


class SceneShelf:
    """The account's QR codes, by ticket, and the labels that the demonstration gives them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scenes: dict[str, Scene] = {}
        self._labels: dict[str, str] = {}

    def make(self, scene: str, *, until: datetime | None) -> Scene:
        """A code for a scene; a permanent one that exists already is given again."""
        with self._lock:
            for known in self._scenes.values():
                if until is None and known.until is None and known.scene == scene:
                    return known
            ticket = "gQ" + secrets.token_urlsafe(45)
            url = f"http://weixin.qq.com/q/{secrets.token_urlsafe(12)}"
            made = Scene(ticket=ticket, scene=scene, url=url, until=until)
            self._scenes[ticket] = made
            return made

    def by_ticket(self, ticket: str) -> Scene | None:
        """The code with this ticket."""
        return self._scenes.get(ticket)

    def label(self, scene: str, text: str) -> None:
        """Say what a scene stands for, to whoever looks at the phone page."""
        with self._lock:
            self._labels[scene] = text

    def find(self, word: str, now: datetime) -> Scene:
        """The living code with this scene or label; an unknown word is a scene of its own."""
        for known in self.living(now):
            if word in (known.scene, known.label):
                return known
        return Scene(ticket="gQ-unprinted", scene=word, url="", until=None)

    def living(self, now: datetime) -> list[Scene]:
        """All codes that still work, with their labels."""
        with self._lock:
            return [
                Scene(**{**vars(one), "label": self._labels.get(one.scene, "")})
                for one in self._scenes.values()
                if one.until is None or now < one.until
            ]

    def forget(self) -> None:
        """No codes any more."""
        with self._lock:
            self._scenes.clear()
            self._labels.clear()


class MenuShelf:
    """The published menu, or None."""

    def __init__(self) -> None:
        self.published: dict[str, Any] | None = None


@dataclass(frozen=True)
class Token:
    """An access token and the real second at which it ends."""

    text: str
    until: float


class CodeDesk:
    """Login codes: each stands for one openid and works once."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}

    def make(self, openid: str) -> str:
        """A fresh code for an openid."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = openid
        return code

    def spend(self, code: str) -> str | None:
        """The openid behind a code, the first time."""
        return self._codes.pop(code, None)


TokenSort = Literal["stable", "classic"]


class TokenDesk:
    """Hands out access tokens, stable and classic ones apart from each other.

    A stable token stays the same until it ends or is forced anew; a forced one kills the former.
    Tokens belong to transport: they end by the machine's clock.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._tokens: dict[TokenSort, Token] = {}
        self._forced: list[float] = []

    def stable(self, *, force: bool) -> Token | None:
        """The stable token; None when it was forced too often or too soon."""
        now = self._now()
        with self._lock:
            if force and not self._may_force(now):
                return None
            current = self._tokens.get("stable")
            if force or current is None or now >= current.until - 300:
                current = self._tokens["stable"] = self._fresh(now)
            return current

    def _may_force(self, now: float) -> bool:
        day = [moment for moment in self._forced if now - moment < 86_400]
        self._forced = day
        if len(day) >= FORCE_A_DAY or (day and now - day[-1] < FORCE_APART_SECONDS):
            return False
        self._forced.append(now)
        return True

    def classic(self) -> Token:
        """A new token of the old kind; the former one is dead."""
        with self._lock:
            self._tokens["classic"] = self._fresh(self._now())
            return self._tokens["classic"]

    def accepts(self, text: str | None) -> bool:
        """Whether a call with this token is let in."""
        now = self._now()
        with self._lock:
            return any(token.text == text and now < token.until for token in self._tokens.values())

    def expire(self) -> None:
        """Every token given out so far is dead."""
        with self._lock:
            self._tokens.clear()

    def _fresh(self, now: float) -> Token:
        return Token(secrets.token_urlsafe(96), now + TOKEN_SECONDS)
