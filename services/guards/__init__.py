"""The guards of `models.procedure.STEPS`: what must hold for a step, each by its name.

A guard gives the obstacles it sees, none when it holds. It decides nothing and writes nothing; what
a step brings with it (a decision trace, a quota taken) is `services.settling`'s.
"""

from services.guards import notice as notice
from services.guards.district import DECIDED_OUTSIDE_THE_LIST, longest_wait
from services.guards.first_day import engagement_of
from services.guards.scene import GUARDS, Obstacle, Scene, check
from services.guards.village import exclusions

__all__ = [
    "DECIDED_OUTSIDE_THE_LIST",
    "GUARDS",
    "Obstacle",
    "Scene",
    "check",
    "engagement_of",
    "exclusions",
    "longest_wait",
]
