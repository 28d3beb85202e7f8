"""The last question before something that is hard to take back: a yes, and no doubt in it."""

from __future__ import annotations

from dialog import Heard, Reader, Reading, Reopen, Say, Suggest, Value, Wrong
from handlers.readers import Options, choice
from wording.hearing.matters import is_about


def certainly(options: Options) -> Reader:
    """One of two options, like `choice`; but a yes with a question mark ("嗯？") is no yes."""
    pick = choice(options)

    def read(heard: Heard, reading: Reading) -> Value | Wrong | Suggest | Reopen:
        if is_about("in_doubt", heard.text):
            return Wrong(Say("reader.choice", {"count": len(reading.menu)}))
        return pick(heard, reading)

    return read
