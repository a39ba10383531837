"""Whether calls should come to this worker, and why not: one state machine, and who asks it."""

from chat3_user.health.machine import Change, ComponentState, Health, State, Status
from chat3_user.health.table import COMPONENTS

__all__ = ["COMPONENTS", "Change", "ComponentState", "Health", "State", "Status"]
