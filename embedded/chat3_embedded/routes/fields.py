"""Body fields that several endpoints share."""

from __future__ import annotations

from chat3_embedded.validation import Field, array, meta, obj, string

USER_TYPE = string(maximum=50)
# Neither lower-cased nor refused for a dot: only POST /api/users does that.
ANY_USER_ID = string(maximum=100)
META = Field(meta(), nullable=True, default={})
MEMBER = obj({"userId": Field(ANY_USER_ID, required=True), "type": Field(USER_TYPE)})
MEMBERS = Field(array(MEMBER), default=[])
EMPTY = obj({})
