"""User tokens: what proves a user without an API key, by keys of ours or by a customer's issuer."""

from chat3_user.tokens.bearer import Bearer
from chat3_user.tokens.settings import IssuerSettings, TokenSettings
from chat3_user.tokens.user_tokens import UserTokens

__all__ = ["Bearer", "IssuerSettings", "TokenSettings", "UserTokens"]
