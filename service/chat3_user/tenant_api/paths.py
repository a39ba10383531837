"""The routes of tenant-api that several modules ask, and what a 404 means on all of them."""

from typing import Final

from chat3_user.errors import CallError, reasons
from chat3_user.tenant_api.models import Problem
from chat3_user.tenant_api.transport import segment
from chat3_user.validation import Identity

USER_DIALOGS: Final = "/api/users/{user_id}/dialogs"
USER_MESSAGES: Final = "/api/users/{user_id}/dialogs/{dialog_id}/messages"
USER_MESSAGE: Final = USER_MESSAGES + "/{message_id}"
DIALOG_MESSAGES: Final = "/api/dialogs/{dialog_id}/messages"
MESSAGES: Final = "/api/messages"
SET_STATUS: Final = USER_MESSAGE + "/status/{status}"


def user_messages(identity: Identity, dialog_id: str) -> str:
    """Return the path of a dialog's messages as the calling user sees them."""
    return f"/api/users/{segment(identity.user_id)}/dialogs/{dialog_id}/messages"


def tenant_problem(problem: Problem, identity: Identity) -> CallError | None:
    """Return the failure for a 404 that is about the tenant."""
    if problem.message.startswith("Tenant '"):
        return reasons.tenant_not_found(identity.tenant_id)
    return None
