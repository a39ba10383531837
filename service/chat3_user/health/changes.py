"""A change of health is one line in the log."""

import logging

from chat3_user.health.machine import Change, State

log = logging.getLogger(__name__)


def log_change(change: Change) -> None:
    """Log a change; a component that has started well is worth a line only as the last one."""
    after = change.after
    if change.before.state is State.STARTING and not after.reason:
        if change.status is not change.status_before:
            log.info("health of the worker changed", extra={"status": change.status})
        return
    extra = {
        "component": change.component,
        "state": after.state,
        **({"reason": after.reason, "detail": after.detail} if after.reason else {}),
        "status": change.status,
    }
    if after.reason:
        log.warning("health of a component changed", extra=extra)
    else:
        log.info("health of a component changed", extra=extra)
