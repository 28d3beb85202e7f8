"""The menu: by group, the same on its own page, and only what the role may open."""

from __future__ import annotations

from console.base import MENU_GROUPS, NAV, menu_of
from models import Role
from tests.console.conftest import Visit


def test_every_page_of_the_menu_stands_in_a_known_group() -> None:
    assert {item.group for item in NAV} == set(MENU_GROUPS)


def test_the_page_of_all_pages_shows_what_the_menu_shows_by_group(visit: Visit) -> None:
    clerk = visit("cunwenshu")
    clerk.get("/console/menu")
    for words in ("手头的事", "招人", "在岗", "考勤", "月表"):
        assert words in clerk.words
    assert "审计" not in clerk.words
    assert "发钱" in clerk.words


def test_a_role_finds_groups_in_order(visit: Visit) -> None:
    with visit("qujingban").client.application.app_context():
        groups = [item.group for item in menu_of(Role.DISTRICT_CLERK)]
    assert groups == sorted(groups, key=MENU_GROUPS.index)
