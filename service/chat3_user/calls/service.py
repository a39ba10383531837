"""The services of the contract, and how their calls differ."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chat3_user.validation import Identity, parse_identity, parse_tenant_identity


@dataclass(frozen=True, slots=True)
class Service:
    """One service: ``identify`` reads the identity of its callers from request metadata.

    ``takes_tokens`` lets a bearer token stand for it. ``prefix`` begins the labels of its methods,
    which name them wherever methods of all services meet: in metrics, logs, idempotency keys and
    page tokens.
    """

    package: str
    name: str
    identify: Callable[[Mapping[str, str]], Identity]
    prefix: str
    takes_tokens: bool = False

    @property
    def full_name(self) -> str:
        """The name on the wire."""
        return f"{self.package}.{self.name}"


USER: Final = Service("chat3.user.v1", "UserService", parse_identity, "", takes_tokens=True)
"""Its labels are bare: stored keys, clients' page tokens and dashboards have them so."""

TENANT: Final = Service("chat3.tenant.v1", "TenantService", parse_tenant_identity, "TenantService/")

_BY_PACKAGE: Final = {service.package: service for service in (USER, TENANT)}
_GENERATED: Final = "chat3_api."


def service_of(request: type[object]) -> Service:
    """Return the service that a generated type of requests belongs to."""
    return _BY_PACKAGE[request.__module__.removeprefix(_GENERATED)]
