"""The menu below the chat and the villages' codes: what the platform or a resident would refuse."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.orm import Session

from handlers import registry
from services.storefront import StorefrontError, check_menu, village_scene

INTENTS = frozenset({"apply", "menu"})


def click(name: str = "报名", key: str = "go:apply") -> dict[str, str]:
    return {"type": "click", "name": name, "key": key}


def test_our_menu_may_be_published_and_every_button_leads_somewhere(root: Path) -> None:
    menu = yaml.safe_load((root / "deploy" / "menu.yaml").read_text("utf-8"))
    assert check_menu(menu, registry.intents()) == menu


@pytest.mark.parametrize(
    ("menu", "why"),
    [
        ({}, "1 to 3"),
        ({"button": []}, "1 to 3"),
        ({"button": [click()] * 4}, "1 to 3"),
        ({"button": [click(name="")]}, "name"),
        ({"button": [click(name="五个字再多一")]}, "16 bytes"),
        ({"button": [{"name": "办事", "sub_button": [click()] * 6}]}, "1 to 5"),
        ({"button": [{"name": "办事", "sub_button": []}]}, "1 to 5"),
        ({"button": [{"name": "办事", "sub_button": [click(name="长" * 21)]}]}, "60 bytes"),
        ({"button": [click(key="apply")]}, "go:"),
        ({"button": [click(key="go:nowhere")]}, "no counter"),
        ({"button": [{"name": "网页", "type": "view"}]}, "url"),
    ],
)
def test_a_menu_that_would_not_work_is_refused(menu: dict[str, Any], why: str) -> None:
    with pytest.raises(StorefrontError, match=why):
        check_menu(menu, INTENTS)


def test_a_page_may_stand_in_the_menu() -> None:
    menu = {"button": [{"name": "网页", "type": "view", "url": "https://example.org"}, click()]}
    assert check_menu(menu, INTENTS) == menu


@pytest.mark.parametrize("text", ["v-xinyan-xinghualing", "杏花岭村", "杏花岭"])
def test_a_village_is_found_by_code_or_name(seeded: Session, text: str) -> None:
    scene, name = village_scene(seeded, text)
    assert scene == "v-xinyan-xinghualing"
    assert "杏花岭村" in name


def test_two_villages_of_one_name_are_both_named(seeded: Session) -> None:
    with pytest.raises(StorefrontError, match="v-xiaomeng-wangjiazhuang") as told:
        village_scene(seeded, "王家庄村")
    assert "v-xinyan-wangjiazhuang" in str(told.value)


def test_no_village_of_that_name(seeded: Session) -> None:
    with pytest.raises(StorefrontError, match="no village"):
        village_scene(seeded, "天上人间村")
