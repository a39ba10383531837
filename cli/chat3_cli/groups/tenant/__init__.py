"""`chat3 tenant`: the tenant as its back end sees it, without an acting user."""

BACK_END = "tenant"
"""The word that the names of all these groups begin with."""

IDENTITY = ("api_key",)
"""The options that their commands need."""
