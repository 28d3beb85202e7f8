"""Every code that a provider's table knows is sorted, so that staff are told what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from channels.sms.gateway import Rejected, Remedy, Unknown
from channels.wechat.errors import ACTIONS, Action, Refusal
from services import failures
from tests.house.tree import ROOT
from wording import load_book

SMS = ("tencent", "aliyun")


@pytest.mark.parametrize(
    ("error", "sort"),
    [
        ("recipient: 43101 user refuse to accept the msg rid: 5f0a", "no_consent"),
        ("recipient: 43004 require subscribe", "left_account"),
        ("content: 47003 argument invalid", "our_words"),
        ("permanent: isv.MOBILE_NUMBER_ILLEGAL", "bad_number"),
        ("MK:0001", "bad_number"),
        ("later: LimitExceeded.PhoneNumberDailyLimit", "too_often"),
        ("expired before it could leave", "too_late"),
        ("refused: 43101 user refuse", "no_consent"),
        ("something new", "other"),
        (None, "other"),
    ],
)
def test_what_the_providers_say_is_sorted(error: str | None, sort: str) -> None:
    assert failures.sort_of(error) == sort


def test_no_code_of_a_provider_is_left_without_a_sort() -> None:
    said = [str(Refusal(code, "x")) for code, what in ACTIONS.items() if what is not Action.DONE]
    for name in SMS:
        table = yaml.safe_load(Path(ROOT, f"channels/sms/{name}.yaml").read_text("utf-8"))
        for remedy in Remedy:
            said += [str(Rejected(code, remedy)) for code in table.get(remedy, ())]
        said += [str(Unknown(code)) for code in table["unknown"]]
    assert {one for one in said if failures.sort_of(one) == failures.OTHER} == {
        "permanent: isv.MOBILE_COUNT_OVER_LIMIT"  # we never send to many numbers in one call
    }


def test_every_sort_has_words() -> None:
    codes, words = failures._table()
    phrases = load_book().phrases
    for sort in {*codes.values(), *words.values(), failures.OTHER}:
        assert f"outbox.because_{sort}" in phrases
