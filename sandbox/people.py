"""The people who hold the phones, and what the platform knows about each follower."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

PEOPLE_FILE = Path(__file__).with_name("people.yaml")


@dataclass(frozen=True, kw_only=True)
class Person:
    """An invented person. Somebody without WeChat has no openid."""

    key: str
    name: str
    role: str
    about: str
    phone: str
    id_number: str
    colour: str
    openid: str | None


@dataclass(kw_only=True)
class Follower:
    """What the platform keeps about one openid."""

    openid: str
    following: bool = False
    followed_at: datetime | None = None
    scene: str = ""
    tags: set[int] = field(default_factory=set)


def read_people(path: Path = PEOPLE_FILE) -> tuple[Person, ...]:
    """The people of a YAML file, in its order."""
    rows: list[dict[str, str]] = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  # BaseLoader builds nothing but strings, lists and mappings
    return tuple(_person(dict(row)) for row in rows)


def _person(row: dict[str, str]) -> Person:
    openid = None if row.pop("wechat", "yes") == "no" else f"o-sandbox-{row['key']}"
    return Person(openid=openid, **row)


class Directory:
    """Finds people by name, key, openid or phone, and remembers who follows the account.

    An openid that nobody has yet is a stranger and may follow at once: other programs can bring
    their own crowd.
    """

    def __init__(self, people: tuple[Person, ...]) -> None:
        self.people = people
        self._lock = threading.Lock()
        self._followers: dict[str, Follower] = {}

    def find(self, word: str) -> Person | None:
        """The person with this name, key, openid or phone number."""
        for person in self.people:
            if word and word in (person.name, person.key, person.openid, person.phone):
                return person
        return None

    def follower(self, openid: str) -> Follower:
        """The platform's record of an openid, made on first sight."""
        with self._lock:
            return self._followers.setdefault(openid, Follower(openid=openid))

    def known(self, openid: object) -> Follower | None:
        """The record of an openid that exists: a person's, or a stranger's already seen."""
        if not isinstance(openid, str):
            return None
        if any(person.openid == openid for person in self.people):
            return self.follower(openid)
        with self._lock:
            return self._followers.get(openid)

    def following(self, *, tag: int | None = None) -> list[Follower]:
        """All who follow, or those among them who carry a tag."""
        with self._lock:
            everyone = list(self._followers.values())
        return [one for one in everyone if one.following and (tag is None or tag in one.tags)]

    def forget(self) -> None:
        """Nobody follows any more."""
        with self._lock:
            self._followers.clear()

    def as_json(self, person: Person) -> dict[str, Any]:
        """The person as the phone page shows them."""
        return {
            "key": person.key,
            "name": person.name,
            "role": person.role,
            "about": person.about,
            "phone": person.phone,
            "id_number": person.id_number,
            "colour": person.colour,
            "openid": person.openid,
            "following": bool(person.openid and self.follower(person.openid).following),
        }
