"""The line filter behind `gyg intents`."""

from bot.intents import label_lines


def test_every_line_comes_back_in_order_behind_its_label() -> None:
    lines = ["退订\n", "\n", "打卡\r\n", "  "]
    assert list(label_lines(lines)) == [
        "unsubscribe\t退订",
        "unclear\t",
        "checkin\t打卡",
        "unclear\t  ",
    ]
