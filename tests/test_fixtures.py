"""The fixtures themselves: what is written in one test is not there in the next."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from models import Contact, Region
from rules.id_number import read
from tests.builders import create_contact, create_person, id_number
from tests.talk import Talk


@pytest.mark.parametrize("_again", [1, 2])
def test_a_session_begins_empty_and_leaves_nothing(session: Session, _again: int) -> None:
    assert session.scalar(select(func.count()).select_from(Contact)) == 0
    create_contact(session)
    session.commit()
    assert session.scalar(select(func.count()).select_from(Contact)) == 1


@pytest.mark.parametrize("_again", [1, 2])
def test_real_commits_are_seen_by_others_and_taken_out_afterwards(
    sessions: sessionmaker[Session], _again: int
) -> None:
    with sessions.begin() as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 0
        create_contact(session)
    with sessions() as other:
        assert other.scalar(select(func.count()).select_from(Contact)) == 1


def test_the_seed_holds_the_demonstration(seeded: Session) -> None:
    codes = set(seeded.scalars(select(Region.code)))
    assert {"yanzhou", "xinyan", "v-xinyan-xinghualing"} <= codes


def test_builders_make_valid_people(session: Session) -> None:
    person = create_person(session)
    session.expire_all()
    assert person.id_number is not None
    found = read(person.id_number, on=date(2022, 4, 6))
    assert found.valid
    assert (found.born_on, found.sex) == (person.born_on, person.sex)
    assert id_number(sex="male", order=3) != id_number(sex="male", order=4)


def test_a_talk_is_answered_and_kept(talk: Talk) -> None:
    reply = talk("您好")
    assert reply
    assert talk.transcript == f"> 您好\n{reply}\n"


def test_two_people_talk_side_by_side(talk: Talk) -> None:
    talk("我够条件不")
    assert talk("您好", who="王大成") != talk("您好")
    assert talk.session.scalar(select(func.count()).select_from(Contact)) == 2


def test_a_failing_turn_fails_the_test(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("bot.inbox.converse", fail)
    with pytest.raises(ZeroDivisionError):
        talk("您好")
