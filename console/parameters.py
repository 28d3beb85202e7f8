"""The rules' parameters: what holds, where it comes from, how sure it is; a district's own values
with four eyes."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.base import NAV, Elsewhere, NavItem, console, current, door, needs, page, say, tell
from console.changes import tell_why_not
from console.words import obstacle_words
from models import ParameterOverride, Role, Staff
from rules import parameters
from rules.parameters import Parameter
from services import override_work, overrides
from services.guards import Obstacle
from services.overrides import Proposal
from services.procedure import Hindered

SEE = frozenset({Role.ADMINISTRATOR, Role.SUPERVISION, Role.DISTRICT_CLERK, Role.DISTRICT_APPROVER})

NAV.append(NavItem("console.parameter_list", "parameters.nav", SEE, order=80, group="house"))
override_work.register()


@door.get("/parameters")
@needs(*SEE)
def parameter_list() -> str:
    """Every parameter with the value in force today; what waits for a second person first."""
    seat = current()
    topics: dict[str, list[Parameter]] = {}
    for one in parameters.all_parameters():
        topics.setdefault(one.topic, []).append(one)
    return page(
        "parameters.html",
        topics=topics,
        held=_held,
        shown=shown,
        title=override_work.title,
        unit=unit,
        pending=overrides.pending(seat.session),
        unsure=len(parameters.assumptions(seat.today)),
        known=console().book.phrases,
    )


def _held(parameter: Parameter) -> parameters.InForce:
    """What holds today, or will first hold."""
    today = current().today
    return parameter.on(max(today, parameter.values[0].since))


def unit(name: str) -> str:
    """A unit in words."""
    key = f"parameters.unit_{name.replace(' ', '_')}"
    return say(key) if key in console().book.phrases else name


def shown(value: Any) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return say("parameters.truth_yes") if value else say("parameters.truth_no")
    if isinstance(value, dict):
        if all(isinstance(part, dict) for part in value.values()):
            return json.dumps(value, ensure_ascii=False)
        return say("parameters.comma").join(f"{key} {part}" for key, part in value.items())
    if isinstance(value, list):
        return say("parameters.comma").join(str(part) for part in value)
    return str(value)


@door.get("/parameters/<name>")
@needs(*SEE)
def parameter(name: str) -> str:
    """One parameter: its values in time, every proposal, and the form for another one."""
    return _screen(_found(name), {}, ())


def _found(name: str) -> Parameter:
    found = overrides.find(name)
    if found is None:
        raise Elsewhere("parameter", name[:64])
    return found


def _screen(one: Parameter, typed: dict[str, str], why: tuple[Obstacle, ...]) -> str:
    seat = current()
    rows = overrides.history(seat.session, one.name)
    return page(
        "parameter.html",
        it=one,
        held=_held(one),
        shown=shown,
        title=override_work.title,
        unit=unit,
        typed=typed,
        why=[obstacle_words(obstacle) for obstacle in why],
        proposals=[(row, _name(row.proposed_by_id), _name(row.decided_by_id)) for row in rows],
        shape=_shape(one),
        choices=[(word, word) for word in parameters.choices().get(one.name, ())],
        model=one.values[-1].value,
        may=seat.role is Role.ADMINISTRATOR,
        me=seat.staff.id,
    )


def _name(key: Any) -> str:
    member = current().session.get(Staff, key) if key is not None else None
    return member.name if member else ""


def _shape(one: Parameter) -> str:
    """Which fields the form needs; `fixed`: it changes with a release only."""
    model = one.values[-1].value
    if one.unit == "choice":
        return "choice" if one.name in parameters.choices() else "fixed"
    if isinstance(model, bool):
        return "truth"
    if isinstance(model, dict):
        deep = any(isinstance(part, dict | list) for part in model.values())
        return "fixed" if deep else "table"
    if isinstance(model, list):
        return "list"
    return "number" if isinstance(model, int | float) else "text"


@door.post("/parameters/<name>")
@needs(Role.ADMINISTRATOR)
def parameter_propose(name: str) -> ResponseReturnValue:
    """Propose a value; nothing holds before another administrator agrees."""
    seat, one, form = current(), _found(name), request.form
    typed = form.to_dict()
    try:
        from_on = date.fromisoformat(form.get("from_on", ""))
    except ValueError:
        return _screen(one, typed, (Obstacle("parameters.no_day"),)), 422
    proposal = Proposal(one.name, _value(one), from_on, form.get("reference", ""))
    try:
        overrides.propose(seat.session, proposal, seat.acting, seat.now)
    except Hindered as hindered:
        return _screen(one, typed, hindered.obstacles), 409
    tell("parameters.proposed")
    return redirect(url_for("console.parameter", name=one.name))


def _value(one: Parameter) -> Any:
    """What was typed, as a value of the parameter's kind; what cannot be read stays text, and does
    not fit."""
    form, model, shape = request.form, one.values[-1].value, _shape(one)
    typed = form.get("value", "").strip()
    if shape == "truth":
        return {"yes": True, "no": False}.get(typed)
    if shape == "table":
        return {key: _plain(form.get(f"value-{key}", ""), part) for key, part in model.items()}
    if shape == "list":
        return [_plain(part, model[0]) for part in _parts(typed)]
    return _plain(typed, model)


def _parts(text: str) -> list[str]:
    for mark in say("parameters.list_marks"):
        text = text.replace(mark, " ")
    return text.split()


def _plain(text: str, model: Any) -> Any:
    text = text.strip()
    if isinstance(model, int | float) and not isinstance(model, bool):
        try:
            return float(text) if "." in text else int(text)
        except ValueError:
            return text
    return text


@door.post("/parameters/<name>/proposals/<int:key>")
@needs(Role.ADMINISTRATOR)
def parameter_decide(name: str, key: int) -> ResponseReturnValue:
    """Agree to another's proposal, or turn it down."""
    seat = current()
    made = seat.session.get(ParameterOverride, key)
    if made is None or made.name != name:
        raise Elsewhere("parameter", f"{name} {key}"[:64])
    agreed = request.form.get("answer") == "agree"
    try:
        overrides.decide(seat.session, made, seat.acting, seat.now, agreed=agreed)
    except Hindered as hindered:
        tell_why_not(hindered)
        return redirect(url_for("console.parameter", name=name))
    overrides.take_over(seat.session)
    if agreed:
        tell("parameters.agreed", day_on=made.from_on)
    else:
        tell("parameters.turned_down", level="info")
    return redirect(url_for("console.parameter", name=name))
