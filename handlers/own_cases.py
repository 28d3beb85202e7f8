"""Which of one's own applications is meant: its number, and the masked name of whom it is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dialog import Answers, Ask, Option, Say
from handlers.desk import Desk
from handlers.readers import choice
from models import Application
from wording.hearing import mask_name


def which_ask(open_ones: Callable[[Desk], Sequence[Application]]) -> Ask:
    """The question which of them; one alone is not asked for."""

    def options(_answers: Answers, desk: Desk) -> Sequence[Option]:
        return [Option(str(one.id), _label(one)) for one in open_ones(desk)]

    return Ask("which", choice(options), options=options, alone=True)


def _label(one: Application) -> Say:
    slots = {"number": one.number, "name": mask_name(one.person.name)}
    return Say("withdrawal.which_one", slots)
