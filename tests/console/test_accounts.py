"""`gyg staff`: accounts are opened, reset, closed and listed from the machine."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.orm import Session

from cli.database import prepare
from cli.staff import staff as command
from models import AuditEntry, Role, Staff
from models.opening import open_database
from services import staff, staff_accounts
from settings import load
from tests.builders import NOW, create_staff, region


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("GYG_SANDBOX", "1")
    monkeypatch.setenv("GYG_DATABASE_URL", f"sqlite:///{tmp_path / 'accounts.db'}")
    prepare(load())
    return CliRunner()


def add(run: CliRunner, *more: str, role: str = "administrator") -> Result:
    words = ["add", "NewOne", "--name", "新来的", "--unit", "人社局", "--role", role]
    return run.invoke(command, [*words, "--region", "yanzhou", *more])


def test_an_account_its_roles_and_its_reset(run: CliRunner) -> None:
    opened = add(run)
    assert opened.exit_code == 0, opened.output
    password = opened.output.strip().rpartition(": ")[2]
    again = add(run, "--from", "2022-01-01", "--to", "2022-12-31", role="agency")
    assert "password" not in again.output
    listed = run.invoke(command, ["list"]).output
    assert "newone\t新来的\t人社局\topen" in listed
    assert "agency\t兖州区\t2022-01-01 - 2022-12-31" in listed
    assert password not in listed
    anew = run.invoke(command, ["reset", "newone"]).output.strip().rpartition(": ")[2]
    sessions = open_database(load())
    with sessions() as session:
        member = session.scalars(select(Staff)).one()
        assert staff.fits(member.password_hash, anew)
        assert not staff.fits(member.password_hash, password)
        assert member.must_change_password
        acts = session.scalars(select(AuditEntry.act)).all()
        assert acts == ["staff.opened", "staff.reset"]
    sessions.kw["bind"].dispose()
    assert run.invoke(command, ["close", "newone"]).exit_code == 0
    assert "\tclosed" in run.invoke(command, ["list"]).output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--from", "2022-02-01", "--to", "2022-01-01"], "--to lies before --from"),
        (["--region", "nowhere"], "no place has the code nowhere"),
        (["--role", "agency"], "give --to"),
        (["--role", "king"], "is not one of"),
        (["--from", "tomorrow"], "does not match"),
    ],
)
def test_what_does_not_fit_is_said(run: CliRunner, words: list[str], sentence: str) -> None:
    refused = add(run, *words)
    assert refused.exit_code == 2
    assert sentence in refused.output
    assert run.invoke(command, ["list"]).output == ""


def test_nobody_is_reset_or_closed(run: CliRunner) -> None:
    for act in ("reset", "close"):
        refused = run.invoke(command, [act, "nobody"])
        assert refused.exit_code == 2
        assert "nobody has the login nobody" in refused.output


def test_a_grant_holds_from_its_first_to_its_last_day(seeded: Session) -> None:
    member = create_staff(seeded)
    place = region(seeded, "xinyan")
    staff_accounts.grant(seeded, member, Role.AGENCY, place,
                from_on=date(2022, 4, 1), to_on=date(2022, 4, 30))  # fmt: skip
    held = [day for day in (date(2022, 3, 31), date(2022, 4, 1), date(2022, 4, 30),
                            date(2022, 5, 1)) if staff.in_force(member, day)]  # fmt: skip
    assert held == [date(2022, 4, 1), date(2022, 4, 30)]


def test_a_lock_never_grows_beyond_a_day(seeded: Session) -> None:
    member = create_staff(seeded)
    for _ in range(40):
        staff.count_wrong(seeded, member, NOW, NOW.date())
    assert staff.locked_minutes(member, NOW) == 24 * 60
