"""`python -m tests.services.broadcasts.walker URL KEY`: goes on with a broadcast in small pieces,
each committed and said on the standard output, until it is done or somebody kills it."""

from __future__ import annotations

import sys
import uuid

from models import Broadcast, BroadcastState, make_engine, session_factory
from models.sealing import install
from services.broadcasts import expansion, release
from tests.builders import NOW
from tests.databases import TEST_KEYRING


def main() -> None:
    """Expand in tens, hand over in fives."""
    install(TEST_KEYRING)
    url, key = sys.argv[1], uuid.UUID(sys.argv[2])
    sessions = session_factory(make_engine(url))
    going_on = True
    while going_on:
        with sessions.begin() as session:
            held = session.get_one(Broadcast, key, with_for_update=True)
            if held.expanded_at is None:
                expansion.expand(session, held, NOW, chunk=10)
            release.release(session, held, NOW, chunk=5)
            going_on = held.state == BroadcastState.SENDING
        print("piece", flush=True)  # noqa: T201 - whoever kills us counts these


if __name__ == "__main__":
    main()
