"""The Helm chart, rendered: what Kubernetes would get."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from chat3_user.config import load
from conftest import ChartError, Render

VALUES = ("existing-secret", "everything", "headless")
OF_THE_OPERATOR = {"ServiceMonitor", "PrometheusRule"}
KUBERNETES = ("1.30", "1.33")

every_values = pytest.mark.parametrize("values", VALUES)


def only(documents: Sequence[Mapping[str, Any]], kind: str, suffix: str = "") -> Any:
    (found,) = (
        each
        for each in documents
        if each["kind"] == kind and each["metadata"]["name"] == f"demo-chat3-gateway{suffix}"
    )
    return found


def pod(documents: Sequence[Mapping[str, Any]]) -> Any:
    return only(documents, "Deployment")["spec"]["template"]["spec"]


def container(documents: Sequence[Mapping[str, Any]]) -> Any:
    (found,) = pod(documents)["containers"]
    return found


@every_values
@pytest.mark.parametrize("version", KUBERNETES)
def test_every_document_is_valid(render: Render, values: str, version: str) -> None:
    documents = render(values)
    assert len(documents) >= 4
    for document in documents:
        if document["kind"] not in OF_THE_OPERATOR:
            kubernetes_validate.validate(document, version, strict=True)


@every_values
def test_helm_finds_nothing_to_complain_of(chart: Path, values: str) -> None:
    file = chart / "ci" / f"{values}-values.yaml"
    done = subprocess.run(
        ["helm", "lint", "--strict", str(chart), "--values", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@every_values
def test_labels_select_the_pods_and_nothing_changes_the_selector(
    render: Render, values: str
) -> None:
    documents = render(values)
    deployment = only(documents, "Deployment")
    selector = deployment["spec"]["selector"]["matchLabels"]
    assert selector == {
        "app.kubernetes.io/name": "chat3-gateway",
        "app.kubernetes.io/instance": "demo",
    }
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert selector.items() <= labels.items()
    for kind, suffix in (("Service", ""), ("Service", "-ops")):
        assert only(documents, kind, suffix)["spec"]["selector"] == selector


@every_values
def test_pods_may_do_nothing_but_serve(render: Render, values: str) -> None:
    documents = render(values)
    assert pod(documents)["securityContext"]["runAsNonRoot"] is True
    assert pod(documents)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod(documents)["automountServiceAccountToken"] is False
    assert container(documents)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    writable = {mount["name"] for mount in container(documents)["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod(documents)["volumes"]}
    assert {"state", "tmp"} <= writable
    assert {name for name in writable if "emptyDir" in volumes[name]} == {"state", "tmp"}


def test_an_update_starts_before_it_ends_and_ends_in_time(render: Render) -> None:
    documents = render("everything")
    strategy = only(documents, "Deployment")["spec"]["strategy"]
    assert strategy["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert container(documents)["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
    # The hook, SHUTDOWN_DELAY of 7.5, SHUTDOWN_GRACE of 60, and 5.
    assert pod(documents)["terminationGracePeriodSeconds"] == 78
    assert pod(render())["terminationGracePeriodSeconds"] == 45


def test_secrets_are_in_no_environment_unless_that_is_asked_for(render: Render) -> None:
    def sources(*settings: str) -> set[str]:
        found = container(render("existing-secret", *settings))["envFrom"]
        return {kind for source in found for kind in source}

    assert sources() == {"configMapRef"}
    assert sources("secrets.asFiles=false") == {"configMapRef", "secretRef"}


def test_a_change_of_settings_starts_new_pods(render: Render) -> None:
    def checksum(*settings: str) -> Any:
        template = only(render("everything", *settings), "Deployment")["spec"]["template"]
        return template["metadata"]["annotations"]["checksum/settings"]

    assert checksum() == checksum()
    assert checksum("settings.STREAM_MAX_AGE=60") != checksum()
    assert checksum("secrets.values.REDIS_URL=redis://other/0") != checksum()


@every_values
def test_the_service_accepts_its_settings(render: Render, values: str, tmp_path: Path) -> None:
    documents = render(values)
    environment = only(documents, "ConfigMap")["data"]
    made = [each["stringData"] for each in documents if each["kind"] == "Secret"]
    (secret,) = made or [{"RABBITMQ_URL": "amqp://r/", "REDIS_URL": "redis://r/0"}]
    environment |= {each["name"]: each["value"] for each in container(documents).get("env", ())}
    if "SECRETS_DIRECTORY" in environment:
        mounts = {each["mountPath"]: each for each in container(documents)["volumeMounts"]}
        assert mounts[environment["SECRETS_DIRECTORY"]] == {
            "name": "secrets",
            "mountPath": "/etc/chat3/secrets",
            "readOnly": True,
        }
        for name, value in secret.items():
            (tmp_path / name).write_text(value)
        environment["SECRETS_DIRECTORY"] = str(tmp_path)
    else:
        environment |= secret
    config = load(environment, {})
    ports = {port["name"]: port["containerPort"] for port in container(documents)["ports"]}
    assert ports == {"grpc": config.server.port, "ops": config.ops.port}
    if values == "everything":
        assert config.rabbitmq.retention_bytes == 5_000_000_000
        assert config.tls.certificate == "/etc/chat3/tls/tls.crt"
        assert config.tls.client_ca == "/etc/chat3/tls/ca.crt"


def test_secrets_are_in_no_config_map(render: Render) -> None:
    documents = render("everything")
    assert "password" in str(only(documents, "Secret"))
    assert "password" not in str([each for each in documents if each["kind"] != "Secret"])


def test_the_autoscaler_counts_streams_and_takes_the_replicas(render: Render) -> None:
    documents = render("everything")
    assert "replicas" not in only(documents, "Deployment")["spec"]
    streams, cpu = only(documents, "HorizontalPodAutoscaler")["spec"]["metrics"]
    assert streams["pods"]["metric"] == {"name": "chat3_streams_open"}
    assert streams["pods"]["target"]["averageValue"] == "4000"
    assert cpu["resource"]["name"] == "cpu"
    assert only(render(), "Deployment")["spec"]["replicas"] == 2
    assert only(render(), "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_operators_http_is_for_operators(render: Render) -> None:
    policy = only(render("everything"), "NetworkPolicy")["spec"]
    callers, operators = policy["ingress"]
    assert [port["port"] for port in callers["ports"]] == ["grpc"]
    assert [port["port"] for port in operators["ports"]] == ["ops"]
    assert operators["from"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    public = only(render("everything"), "Service")["spec"]
    assert [port["targetPort"] for port in public["ports"]] == ["grpc"]


def test_a_port_with_tls_is_not_announced_as_plaintext(render: Render) -> None:
    (plain,) = only(render(), "Service")["spec"]["ports"]
    assert plain["appProtocol"] == "kubernetes.io/h2c"
    (tls,) = only(render("everything"), "Service")["spec"]["ports"]
    assert "appProtocol" not in tls


def test_monitoring_is_that_of_the_project(render: Render, project: Path) -> None:
    documents = render("everything")
    folder = project / "deploy" / "monitoring"
    rules = only(documents, "PrometheusRule")["spec"]
    assert rules == yaml.safe_load((folder / "alerts.yaml").read_text())
    dashboard = only(documents, "ConfigMap", "-dashboard")["data"]["chat3-gateway.json"]
    assert dashboard == (folder / "dashboard.json").read_text()
    monitor = only(documents, "ServiceMonitor")["spec"]
    labels = only(documents, "Service", "-ops")["metadata"]["labels"]
    assert monitor["selector"]["matchLabels"].items() <= labels.items()
    others = [
        each["metadata"]["name"]
        for each in documents
        if each["kind"] == "Service"
        and monitor["selector"]["matchLabels"].items() <= each["metadata"]["labels"].items()
    ]
    assert others == ["demo-chat3-gateway-ops"]


def test_a_runbook_of_ones_own_is_linked(render: Render) -> None:
    documents = render("everything", "monitoring.rules.runbookUrl=https://wiki.example/runbook")
    links = [
        rule["annotations"]["runbook_url"]
        for group in only(documents, "PrometheusRule")["spec"]["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    assert links
    assert all(link.startswith("https://wiki.example/runbook#chat3") for link in links)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (("secrets.existingSecret=",), "name a Secret with RABBITMQ_URL and REDIS_URL"),
        (
            ("secrets.existingSecret=", "secrets.values.RABBITMQ_URL=amqp://r/"),
            "REDIS_URL is missing",
        ),
        (("settings.STREAM_GRCE=3",), "STREAM_GRCE"),
        (("settings.RABBITMQ_URL=amqp://user:password@r/",), "RABBITMQ_URL"),
        (("settings.SHUTDOWN_GRACE=soon",), "SHUTDOWN_GRACE"),
        (("autoscaling.minReplicas=30", "autoscaling.enabled=true"), "above maxReplicas"),
        (("rollingUpdate.maxSurge=0",), "maxSurge"),
        (("telemetry.LOG_LEVEL=debug",), "LOG_LEVEL"),
        (("replicas=3",), "replicas"),
    ],
)
def test_values_that_cannot_be_meant_are_refused(
    render: Render, settings: tuple[str, ...], says: str
) -> None:
    with pytest.raises(ChartError, match=says):
        render("existing-secret", *settings)
