"""Certificates and keys are looked at before the service starts."""

from chat3_user.settings import ConfigError
from chat3_user.tls.listener import listener_tls
from chat3_user.tls.outgoing import upstream_tls
from chat3_user.tls.settings import Authorities, TlsError, TlsFiles


def check_files(listener: TlsFiles, authorities: Authorities) -> None:
    """Check that certificates and keys can be used.

    Raises `ConfigError`.
    """
    problems: list[str] = []
    for variable, load in (
        ("GRPC_TLS_CERT", lambda: listener_tls(listener)),
        ("TENANT_API_CA_FILE", lambda: upstream_tls(authorities.tenant_api)),
        ("RABBITMQ_CA_FILE", lambda: upstream_tls(authorities.rabbitmq)),
        ("REDIS_CA_FILE", lambda: upstream_tls(authorities.redis)),
        ("TOKEN_ISSUER_CA_FILE", lambda: upstream_tls(authorities.token_issuer)),
    ):
        try:
            load()
        except TlsError as error:
            problems.append(f"{variable}: {error}")
    if problems:
        raise ConfigError(*problems)
