"""The implementation of the generated service base."""

from chat3_user.rpc.user_service import UserService

__all__ = ["UserService"]
