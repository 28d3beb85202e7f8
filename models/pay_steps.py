"""The life of a month sheet and of a payment, as tables (requirements 3.5): who may take which step
from which state. `services.pay` walks them; nothing else changes these states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from models.staff import Role


class SheetState(StrEnum):
    """Where a village's month stands. Paid or not is said by its payments."""

    GATHERING = "gathering"
    SIGNED = "signed"
    """By the village head."""
    ON_VIEW = "on_view"
    """The town has checked it; the workers see it and may dispute."""
    APPROVED = "approved"
    """By the district: locked, with a subsidy record for each worker."""


@dataclass(frozen=True)
class SheetStep:
    """One edge. `signs`: a signature, of another person than each signature before it on this
    sheet. `reason`: words must be given. `due`: the parameter with the day of the next month by
    which it should be taken."""

    act: str
    source: SheetState
    target: SheetState
    roles: frozenset[Role]
    due: str
    signs: bool = True
    reason: bool = False


S = SheetState
_TOWN = frozenset({Role.TOWN_CLERK, Role.TOWN_HEAD})
_DISTRICT = frozenset({Role.DISTRICT_CLERK, Role.DISTRICT_APPROVER})
LOCK, ROLL, PAY = "pay.lock_day", "pay.town_roll_day", "pay.pay_day"

SHEET_STEPS: tuple[SheetStep, ...] = (
    SheetStep("sign", S.GATHERING, S.SIGNED, frozenset({Role.VILLAGE_HEAD}), LOCK),
    SheetStep("check", S.SIGNED, S.ON_VIEW, _TOWN, ROLL),
    SheetStep("return_to_village", S.SIGNED, S.GATHERING, _TOWN, ROLL, signs=False, reason=True),
    SheetStep("approve", S.ON_VIEW, S.APPROVED, frozenset({Role.DISTRICT_APPROVER}), PAY),
    # A dispute that is upheld: the days are let go, put right, and signed again.
    SheetStep("return_to_village", S.ON_VIEW, S.GATHERING, _TOWN, ROLL, signs=False, reason=True),
    SheetStep("return_to_town", S.ON_VIEW, S.SIGNED, _DISTRICT, PAY, signs=False, reason=True),
)

SIGNS_FOR_A_TOWN = frozenset({Role.TOWN_CLERK})
"""Where the town itself is the employer, no village head can sign: its clerk does, its head
checks."""


def sheet_step(state: SheetState, act: str) -> SheetStep | None:
    """The step of that name from a state; None where there is none."""
    return next((one for one in SHEET_STEPS if one.source is state and one.act == act), None)


class PaymentState(StrEnum):
    """Where the payment of one record stands."""

    WAITING = "waiting"
    """In a file for the bank; no result yet."""
    PAID = "paid"
    FAILED = "failed"
    """The bank did not pay, or it was taken out of the file; the record may go into another
    batch."""


PAYMENT_STEPS: Mapping[PaymentState, frozenset[PaymentState]] = {
    PaymentState.WAITING: frozenset({PaymentState.PAID, PaymentState.FAILED}),
    PaymentState.PAID: frozenset(),
    PaymentState.FAILED: frozenset({PaymentState.PAID}),
}
"""What a result may do. A failed payment stays failed, and paying again is a new one; but for one
that was taken out of the file and that the bank then paid all the same."""


class ClawBackState(StrEnum):
    """Money that must come back (F-07)."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    """By a second person of the district; the worker is told."""
    SETTLED = "settled"
    HANDED_OVER = "handed_over"
    """To the office that collects it."""
    DROPPED = "dropped"


CLAW_BACK_STEPS: Mapping[ClawBackState, frozenset[ClawBackState]] = {
    ClawBackState.PROPOSED: frozenset({ClawBackState.AGREED, ClawBackState.DROPPED}),
    ClawBackState.AGREED: frozenset({ClawBackState.SETTLED, ClawBackState.HANDED_OVER}),
    ClawBackState.HANDED_OVER: frozenset({ClawBackState.SETTLED}),
    ClawBackState.SETTLED: frozenset(),
    ClawBackState.DROPPED: frozenset(),
}
