"""Personal data at rest: sealed to its place, readable by rotated keys, equal by blind index."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models import Person
from models.sealing import Keyring, Sealed, SealError, blind_index, derive_index_key, install, ring
from tests.builders import NOW, create_person, id_number, phone

OLD, NEW = os.urandom(32), os.urandom(32)
TRUNCATED = (b"a:", b"a:short")


def keyring(**keys: bytes) -> Keyring:
    return Keyring(keys=keys, index_key=b"i" * 32)


@given(st.text(max_size=200))
def test_what_is_sealed_opens_in_its_place(plain: str) -> None:
    sealed = keyring(a=OLD).seal(plain, "person.phone|1")
    assert keyring(a=OLD).open(sealed, "person.phone|1") == plain
    assert len(plain) < 4 or plain.encode() not in sealed


@pytest.mark.parametrize("place", ["person.phone|2", "person.id_number|1", "contact.phone|1", ""])
def test_a_moved_value_does_not_open(place: str) -> None:
    sealed = keyring(a=OLD).seal("13800000001", "person.phone|1")
    with pytest.raises(SealError, match="moved"):
        keyring(a=OLD).open(sealed, place)


@given(st.data())
def test_a_damaged_value_does_not_open(data: st.DataObject) -> None:
    sealed = bytearray(keyring(a=OLD).seal("13800000001", "p"))
    place = data.draw(st.integers(2, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealError):
        keyring(a=OLD).open(bytes(sealed), "p")


@pytest.mark.parametrize("sealed", [b"", b":", b"no colon", *TRUNCATED, b"\xff:x"])
def test_rubbish_is_an_error_with_a_name(sealed: bytes) -> None:
    with pytest.raises(SealError):
        keyring(a=OLD).open(sealed, "p")


def test_a_rotated_key_still_reads_and_the_new_one_writes() -> None:
    before = keyring(a=OLD).seal("x", "p")
    rotated = keyring(b=NEW, a=OLD)
    assert rotated.open(before, "p") == "x"
    assert rotated.seal("x", "p").startswith(b"b:")
    with pytest.raises(SealError, match="not on the ring"):
        keyring(b=NEW).open(before, "p")


def test_the_same_value_is_never_sealed_to_the_same_bytes() -> None:
    assert keyring(a=OLD).seal("x", "p") != keyring(a=OLD).seal("x", "p")


def test_the_blind_index_tells_equal_from_unequal_and_purposes_apart() -> None:
    first = keyring(a=OLD)
    assert first.index("x", "phone") == first.index("x", "phone")
    assert first.index("x", "phone") != first.index("y", "phone")
    assert first.index("x", "phone") != first.index("x", "id_number")
    other = Keyring(keys={"a": OLD}, index_key=derive_index_key("another secret"))
    assert first.index("x", "phone") != other.index("x", "phone")


def test_without_a_keyring_nothing_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.sealing._Ring.installed", None)
    with pytest.raises(SealError, match="no keyring"):
        ring()


def test_a_row_needs_its_id_first() -> None:
    with pytest.raises(SealError, match=r"person\.phone"):
        Person(name="李桂香").phone = phone()


def test_a_class_shows_the_column_itself() -> None:
    assert isinstance(Person.phone, Sealed)


def test_no_number_stands_readable_in_the_table(session: Session) -> None:
    number, mobile = id_number(order=7), phone(7)
    person = create_person(session, id_number=number, phone=mobile)
    session.commit()
    session.expire_all()
    assert (person.id_number, person.phone) == (number, mobile)
    row = session.execute(text("SELECT * FROM person")).one()
    shown = " ".join(bytes(v).hex() if isinstance(v, bytes) else str(v) for v in row)
    for secret in (number, mobile, number.encode().hex(), mobile.encode().hex()):
        assert secret not in shown


def test_a_person_is_found_by_the_blind_index(session: Session) -> None:
    number = id_number(order=8)
    person = create_person(session, id_number=number)
    create_person(session, id_number=id_number(order=9))
    index = blind_index(number, "id_number")
    assert session.scalars(select(Person).where(Person.id_number_index == index)).one() is person


def test_a_value_copied_to_another_person_does_not_open(session: Session) -> None:
    one, other = create_person(session), create_person(session)
    other.phone_sealed = one.phone_sealed
    with pytest.raises(SealError):
        _ = other.phone


def test_nothing_is_sealed_as_nothing(session: Session) -> None:
    person = create_person(session, phone=None)
    assert person.phone is None
    assert person.phone_sealed is None


def test_rows_of_an_old_key_open_after_the_rotation(session: Session) -> None:
    install(keyring(a=OLD))
    person = create_person(session, phone="13800000001", created_at=NOW)
    session.commit()
    install(keyring(b=NEW, a=OLD))
    session.expire_all()
    assert person.phone == "13800000001"
