"""Words that mean the same wherever one is in a talk, and leaving a form for something else."""

from __future__ import annotations

from bot.forms import go_on, open_counter, settle, title
from bot.standing import Standing
from dialog import Heard, Say, step_back
from handlers import registry
from handlers.counter import Asked
from handlers.desk import Desk
from wording.hearing import Command


def obey(desk: Desk, standing: Standing, command: Command, heard: Heard) -> tuple[Say, ...] | None:
    """A global word, but for 更多. None where it means nothing here: the message goes on as it
    is."""
    if command is Command.MENU or (command is Command.BACK and standing.top is None):
        return leave_for(desk, standing, Asked("menu", heard))
    if command is Command.HUMAN:
        return leave_for(desk, standing, Asked("human", heard))
    if command is Command.RESUME:
        return go_on(desk, standing) if standing.resume() else None
    return _within_form(desk, standing, command)


def more(desk: Desk, standing: Standing) -> tuple[Say, ...]:
    """The rest of a long reply: its menu stands there, and holds still."""
    rest, standing.more = standing.more, ""
    if not rest:
        return (Say("dialog.no_more"), *go_on(desk, standing))
    return (Say("dialog.more_text", {"text": rest}),)


def _within_form(desk: Desk, standing: Standing, command: Command) -> tuple[Say, ...] | None:
    """One step back, or leave the form; None when no form is open."""
    if standing.top is None:
        return None
    if command is Command.CANCEL:
        dropped = standing.top
        standing.pause()
        standing.queued.clear()
        return (Say("dialog.cancelled", {"form": title(dropped)}),)
    flow = registry.flow(standing.top.flow)
    return settle(desk, standing, step_back(flow, standing.top, desk)) if flow else None


def leave_for(desk: Desk, standing: Standing, asked: Asked) -> tuple[Say, ...]:
    """Go to a counter and put the open forms aside: after a global word, a menu click, a scan."""
    left = standing.top
    standing.leave()
    says = open_counter(desk, standing, asked)
    if left is None or left not in standing.paused:
        return says
    if standing.top is not None and standing.top.flow == left.flow:
        standing.paused.pop()  # the same form, begun anew
        return says
    return (*says, Say("dialog.put_aside", {"form": title(left)}))
