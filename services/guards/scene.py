"""What every guard shares: the scene it looks at, the obstacle it names, the table of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from models import Application

_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Obstacle:
    """Why a step cannot be taken: a wording key and its slots."""

    key: str
    slots: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """What a guard looks at."""

    session: Session
    application: Application
    now: datetime
    reason_code: str | None
    only_looking: bool = False
    """For a page: no row is locked."""
    known: dict[str, Any] = field(default_factory=dict)
    """What has been found out already: several guards, and the page itself, ask the same."""

    def once(self, name: str, find: Callable[[], _Found]) -> _Found:
        """What `find` gives, asked for once."""
        if name not in self.known:
            self.known[name] = find()
        found: _Found = self.known[name]
        return found


Guard = Callable[[Scene], tuple[Obstacle, ...]]
HOLDS: tuple[Obstacle, ...] = ()
GUARDS: dict[str, Guard] = {}


def guard(function: Guard) -> Guard:
    """Register a guard under its function's name."""
    GUARDS[function.__name__] = function
    return function


def check(name: str, scene: Scene) -> tuple[Obstacle, ...]:
    """The obstacles that the guard of that name sees."""
    return scene.once(f"guard {name}", lambda: GUARDS[name](scene))


def obstacle_unless(condition: object, key: str, **slots: Any) -> tuple[Obstacle, ...]:
    """None when the condition holds; else the obstacle of that name."""
    return HOLDS if condition else (Obstacle(f"obstacle.{key}", slots),)


def exists(scene: Scene, query: Any) -> bool:
    """Whether the query finds a row."""
    return scene.session.scalars(query.limit(1)).first() is not None
