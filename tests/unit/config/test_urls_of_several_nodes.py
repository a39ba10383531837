"""URLs that name the nodes of a cluster: read, refused, and printed without their secrets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat3_user.config import load, masked
from chat3_user.node_urls import node_urls
from chat3_user.settings import ConfigError

HOSTS = st.lists(
    st.from_regex(r"[a-z][a-z0-9-]{0,8}(:[1-9][0-9]{0,3})?", fullmatch=True), min_size=1, max_size=5
)


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("amqp://h", ["amqp://h"]),
        (
            "amqp://u:p@h1:5672,h2:5673,h3/v?heartbeat=5",
            [f"amqp://u:p@{host}/v?heartbeat=5" for host in ("h1:5672", "h2:5673", "h3")],
        ),
        ("amqps://u:p@h1/v,amqps://u:q@h2/v", ["amqps://u:p@h1/v", "amqps://u:q@h2/v"]),
        ("amqp://u:a,b@h1,h2/", ["amqp://u:a,b@h1/", "amqp://u:a,b@h2/"]),
        ("amqp://[::1]:5672,h/", ["amqp://[::1]:5672/", "amqp://h/"]),
        (
            "redis+sentinel://s1,s2/name/1",
            ["redis+sentinel://s1/name/1", "redis+sentinel://s2/name/1"],
        ),
    ],
)
def test_every_node_has_a_url(text: str, nodes: list[str]) -> None:
    assert list(node_urls(text)) == nodes


@given(hosts=HOSTS)
def test_hosts_share_the_rest_and_a_list_is_the_same(hosts: list[str]) -> None:
    alike = [f"amqp://u:p@{host}/v?x=1" for host in hosts]
    assert list(node_urls(f"amqp://u:p@{','.join(hosts)}/v?x=1")) == alike
    assert list(node_urls(",".join(alike))) == alike


@pytest.mark.parametrize(
    "text", ["", "h1,h2", "amqp://", "amqp://h1,,h2/", "amqp://h1:x,h2", "amqp://h,"]
)
def test_what_is_no_url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"URL|host"):
        node_urls(text)


def problems(**variables: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load({"DEMO": "true", **variables}, {})
    return str(caught.value)


def test_only_clusters_have_several_nodes() -> None:
    load({"DEMO": "true", "RABBITMQ_URL": "amqp://a,b", "REDIS_URL": "rediss+sentinel://a,b/n"}, {})
    assert "TENANT_API_URL" in problems(TENANT_API_URL="http://a,b/")
    assert "REDIS_URL" in problems(REDIS_URL="redis://a,b/")
    assert "RABBITMQ_URL" in problems(RABBITMQ_URL="amqp://a,http://b")


def test_sentinels_need_the_name_of_the_primary() -> None:
    assert "primary" in problems(REDIS_URL="redis+sentinel://a,b/")


def test_no_secret_of_any_node_is_shown() -> None:
    config = load(
        {
            "DEMO": "true",
            "RABBITMQ_URL": "amqp://u:one@a,b/v,amqp://u:two@c/v",
            "REDIS_URL": "redis+sentinel://:three@a,b/n?sentinel_password=four",
        },
        {},
    )
    shown = json.dumps(masked(config))
    assert not any(secret in shown for secret in ("one@", "two", "three", "four"))
    assert masked(config)["RABBITMQ_URL"].count("***") == 3
