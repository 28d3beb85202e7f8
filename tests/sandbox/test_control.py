"""Clock, logs, settings, and the people."""

import re
from pathlib import Path

import pytest
import requests

from sandbox.__main__ import main
from sandbox.config import Config, SettingError, read_config
from sandbox.people import read_people
from sandbox.phone.pictures import SAMPLES, sample_picture
from sandbox.wire import Envelope
from sandbox.world import World
from tests.sandbox.conftest import LI, Caller
from tests.sandbox.fake_service import FakeService

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def test_the_clock_moves_both_worlds(caller: Caller, service: FakeService) -> None:
    answer = caller.post("/clock", {"to": "2025-03-31T08:00:00+08:00"})
    assert answer["service_told"] is True
    assert service.clocks[0].startswith("2025-03-31T08:00:00")
    caller.post("/clock", {"advance_days": 1})
    caller.post("/clock", {"advance_minutes": 90})
    assert caller.get("/clock")["now"].startswith("2025-04-01T09:3")


@pytest.mark.parametrize("asked", [{}, {"to": "tomorrow"}, {"advance_days": "x"}, []])
def test_a_moment_that_is_none_is_refused(asked: object, caller: Caller) -> None:
    answer = requests.post(f"{caller.url}/clock", json=asked, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_service_without_a_clock_is_said_so(caller: Caller, service: FakeService) -> None:
    service.close()
    assert "nobody answers" in caller.post("/clock", {"advance_days": 1})["problem"]


def test_the_log_tells_what_was_sent_to_whom_and_why(caller: Caller) -> None:
    said = caller.say("您好")
    caller.say("俺也问", "o-stranger")
    [entry] = caller.get(f"/log/wechat?openid={LI}")
    assert (entry["text"], entry["channel"]) == ("您说：您好", "passive")
    assert entry["reply_to"] == said["msg_id"]
    assert entry["at"].startswith("2022-04-06T09:0")
    assert [one["openid"] for one in caller.get("/log/wechat")] == [LI, "o-stranger"]


def test_reset_leaves_an_empty_world(caller: Caller) -> None:
    caller.say("您好")
    caller.post("/reset", {})
    assert caller.get("/log/wechat") == []
    assert not any(person["following"] for person in caller.get("/phone/state")["people"])


def test_settings_come_from_the_environment() -> None:
    config = read_config({"SANDBOX_PORT": "8190", "SANDBOX_WECHAT_MODE": "plain", "PATH": "/"})
    assert (config.port, config.wechat_mode, config.host) == (8190, "plain", "127.0.0.1")


@pytest.mark.parametrize(
    "environ",
    [
        {"SANDBOX_PORT": "eighty"},
        {"SANDBOX_WECHAT_MODE": "open"},
        {"SANDBOX_SMS_PROVIDER": "pigeon"},
        {"SANDBOX_WECHAT_AES_KEY": "short"},
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(SettingError, match=next(iter(environ))):
        read_config(environ)


def test_the_process_ends_with_a_sentence_when_a_setting_is_no_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("SANDBOX_PORT", "eighty"), ("SANDBOX_START_AT", "spring")):
        monkeypatch.setenv(name, value)
        assert main() == 2
        assert name in capsys.readouterr().err
        monkeypatch.delenv(name)


def test_every_setting_is_documented() -> None:
    text = (Path(__file__).parents[2] / "sandbox" / "README.md").read_text("utf-8")
    named = set(re.findall(r"`SANDBOX_([A-Z_]+)`", text))
    assert named - {"URL"} == {name.upper() for name in vars(Config())}


def test_the_known_key_is_a_key() -> None:
    config = Config()
    Envelope(aes_key=config.wechat_aes_key, app_id=config.wechat_app_id)


def test_the_people_are_plainly_invented() -> None:
    people = read_people()
    assert len({person.openid for person in people if person.openid}) >= 4
    assert any(person.openid is None for person in people)
    for person in people:
        digits = person.id_number
        check = "10X98765432"[sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=False)) % 11]
        assert digits.startswith("370899")
        assert digits[-1] == check
        assert re.fullmatch(r"1380000\d{4}", person.phone)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_a_small_picture(name: str) -> None:
    label, content = sample_picture(name)
    assert label == SAMPLES[name]
    assert content.startswith(b"\x89PNG")
    assert len(content) < 200_000


def test_a_picture_can_be_uploaded_from_the_page(caller: Caller, service: FakeService) -> None:
    url = f"{caller.url}/phone/pictures"
    good = requests.post(url, files={"picture": ("a.png", b"\x89PNG", "image/png")}, timeout=10)
    caller.post("/phone/send", {"openid": LI, "kind": "image", "media_id": good.json()["media_id"]})
    assert requests.get(service.messages[0]["PicUrl"], timeout=10).content == b"\x89PNG"
    for files in ({}, {"picture": ("a.txt", b"x", "text/plain")}):
        assert requests.post(url, files=files, timeout=10).status_code == 400


def test_a_moved_world_has_its_own_time(world: World) -> None:
    assert world.clock.now().isoformat().startswith("2022-04-06T09:0")
