"""What is worked out when somebody asks for it, and kept.

`functools.cached_property` holds, until Python 3.12, one lock for all objects of the class. A turn
that asks inside it for SQLite's write lock, and another one that holds that and asks for its own
value, would wait for each other until both give up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - reads as the decorator that it is
    """A property that is computed at most once by each thread that asks before it is there."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> Self: ...
    @overload
    def __get__(self, owner: object, kind: type) -> T: ...
    def __get__(self, owner: object | None, kind: type) -> Self | T:
        if owner is None:
            return self
        found = self._compute(owner)
        owner.__dict__[self._name] = found  # where it is looked for first from now on
        return found
