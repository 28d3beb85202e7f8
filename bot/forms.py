"""The forms that lie open, and the counters they are handed to.

A number means what the writer saw last. So whatever puts a form's question on the screen takes back
the menu before it, and where an answer brings a menu of its own, the question underneath is not put
again: going on with it is that menu's last number (`numbers` reads the reply).
"""

from __future__ import annotations

from bot.standing import Standing
from dialog import Answers, Heard, Say, State, Turn, open_form, prompt
from handlers import registry, signals
from handlers.counter import Asked, Outcome, Start
from handlers.desk import Desk


def open_counter(desk: Desk, standing: Standing, asked: Asked) -> tuple[Say, ...]:
    """Bring an errand to its counter; what is said there, and in the first form it opens."""
    desk.write_down()  # this counter may read what the one before left for later
    heeded = signals.attend(desk, asked)
    if signals.is_answered(asked):
        return heeded + _way_to_own_pay(desk, standing, asked)
    return heeded + _take(desk, standing, registry.counter_for(asked.intent).open(desk, asked))


def settle(desk: Desk, standing: Standing, result: Turn) -> tuple[Say, ...]:
    """Keep the form's new state; a full form is handed to its counter, once."""
    standing.stack[-1] = result.state
    if result.finished is None:
        standing.offer((), desk.today)
        return result.says
    standing.stack.pop()
    return result.says + _finish(desk, standing, result.state.flow, result.finished)


def go_on(desk: Desk, standing: Standing) -> tuple[Say, ...]:
    """Go on with the form that waited underneath, if there is one; by a number, where what was just
    said offers numbers."""
    if standing.top is None:
        return ()
    flow = registry.flow(standing.top.flow)
    if flow is None:
        standing.stack.pop()
        return go_on(desk, standing)
    if standing.offered:
        slots = {"form": title(standing.top), "number": len(standing.offered) + 1}
        return (Say("dialog.go_on_by_number", slots),)
    before = (Say("dialog.go_on", {"form": title(standing.top)}),)
    return settle(desk, standing, prompt(flow, standing.top, desk, before=before))


def follow(desk: Desk, standing: Standing) -> tuple[Say, ...]:
    """Once no form is open: what the writer said besides, or what a finished form made way for."""
    if standing.stack or not standing.queued:
        return ()
    if standing.offered:
        return (Say("dialog.and_then_by_number", {"number": len(standing.offered) + 1}),)
    waiting = standing.queued.pop(0)
    queued = Asked(intent=waiting["intent"], heard=Heard(text=waiting["text"]))
    before = () if waiting.get("expected") else (Say("dialog.and_then"),)
    return (*before, *open_counter(desk, standing, queued), *follow(desk, standing))


def title(state: State) -> Say:
    """What a form is called."""
    return Say(f"{state.flow}.title")


def _finish(desk: Desk, standing: Standing, flow: str, answers: Answers) -> tuple[Say, ...]:
    counter = registry.counter_of(flow)
    if counter is None or counter.finish is None:
        raise LookupError(f"no counter finishes the form {flow}")
    outcome = counter.finish(desk, flow, answers)
    if outcome.leave:
        standing.pause()
        standing.queued.clear()
    says = _take(desk, standing, outcome)
    return says if outcome.starts else says + go_on(desk, standing)


def _way_to_own_pay(desk: Desk, standing: Standing, asked: Asked) -> tuple[Say, ...]:
    """Nothing is asked of a mourner; a number leads to their own money, where no form is open."""
    if standing.top is not None or not signals.asks_of_own_pay(desk, asked):
        return ()
    standing.offer(["pay_show"], desk.today)
    return (Say("dialog.own_pay"),)


def _take(desk: Desk, standing: Standing, outcome: Outcome) -> tuple[Say, ...]:
    """Say what the counter says and open its forms, the last one first to be asked."""
    standing.offer(outcome.offers, desk.today)
    if outcome.forget:
        standing.forget()
    standing.queued += [
        {"intent": asked.intent, "text": asked.heard.text, "expected": True}
        for asked in outcome.then
    ]
    for start in outcome.starts:
        _stack(standing, start)
    if not outcome.starts:
        return outcome.says
    return outcome.says + _open_top(desk, standing)


def _stack(standing: Standing, start: Start) -> None:
    """Lay a form on top. One that lay there already, and is opened again with nothing new to fill
    in, goes on where it stood."""
    before = [state.answers for state in standing.stack if state.flow == start.flow]
    answers = before[0] if before and not start.answers else start.answers
    standing.stack = [state for state in standing.stack if state.flow != start.flow]
    standing.stack.append(State(flow=start.flow, answers=dict(answers)))


def _open_top(desk: Desk, standing: Standing) -> tuple[Say, ...]:
    opened = standing.stack[-1]
    flow = registry.flow(opened.flow)
    if flow is None:
        raise LookupError(f"no form is called {opened.flow}")
    return settle(desk, standing, open_form(flow, opened.answers, desk))
