"""All settings: each part's own, put together; every default stands where its part states it."""

from dataclasses import dataclass, field

from chat3_user.calls.settings import DeadlineSettings
from chat3_user.demo.settings import DemoSettings
from chat3_user.health.settings import HealthSettings
from chat3_user.idempotency.settings import IdempotencySettings
from chat3_user.limits.settings import PlaceSettings, RateSettings
from chat3_user.logs import LogSettings
from chat3_user.ops import OpsSettings
from chat3_user.server.settings import ServerSettings
from chat3_user.shared_redis import RedisSettings
from chat3_user.tenant_api.settings import ResilienceSettings, TenantApiSettings
from chat3_user.tls.settings import Authorities, TlsFiles
from chat3_user.tokens.settings import IssuerSettings, TokenSettings
from chat3_user.transport.cors import CorsSettings
from chat3_user.transport.limits import ConnectionLimits
from chat3_user.updates.amqp.settings import AmqpSettings
from chat3_user.updates.fanout.settings import HubSettings, StreamSettings


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of every part; `chat3_user.config.variables` names them for operators."""

    server: ServerSettings = field(default_factory=ServerSettings)
    ops: OpsSettings = field(default_factory=OpsSettings)
    health: HealthSettings = field(default_factory=HealthSettings)
    tls: TlsFiles = field(default_factory=TlsFiles)
    authorities: Authorities = field(default_factory=Authorities)
    connections: ConnectionLimits = field(default_factory=ConnectionLimits)
    cors: CorsSettings = field(default_factory=CorsSettings)
    places: PlaceSettings = field(default_factory=PlaceSettings)
    rates: RateSettings = field(default_factory=RateSettings)
    deadlines: DeadlineSettings = field(default_factory=DeadlineSettings)
    tenant_api: TenantApiSettings = field(default_factory=TenantApiSettings)
    resilience: ResilienceSettings = field(default_factory=ResilienceSettings)
    rabbitmq: AmqpSettings = field(default_factory=AmqpSettings)
    hub: HubSettings = field(default_factory=HubSettings)
    streams: StreamSettings = field(default_factory=StreamSettings)
    idempotency: IdempotencySettings = field(default_factory=IdempotencySettings)
    redis: RedisSettings = field(default_factory=RedisSettings)
    tokens: TokenSettings = field(default_factory=TokenSettings)
    token_issuer: IssuerSettings = field(default_factory=IssuerSettings)
    demo: DemoSettings = field(default_factory=DemoSettings)
    logs: LogSettings = field(default_factory=LogSettings)

    @property
    def in_process(self) -> bool:
        """Whether tenant-api or the broker runs within the process."""
        return not (self.tenant_api.url and self.rabbitmq.url)

    @property
    def serves_page(self) -> bool:
        """Whether the demo has a page; browsers have no certificates of their own."""
        return not (self.tenant_api.url or self.tls.client_ca)

    @property
    def platform(self) -> str:
        """The identity of a platform; empty for one in this process's memory."""
        return self.tenant_api.url or self.demo.database
