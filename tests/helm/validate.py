"""Checks manifests: Kubernetes' own schemas, and what this project demands of every pod.

usage: validate.py KUBERNETES_VERSION FILE…     needs PyYAML and kubernetes-validate
"""
import json
import sys

import kubernetes_validate
import yaml

# Kinds of operators. No schema of theirs is at hand, so golden files alone hold them.
WITHOUT_SCHEMA = {
    "cert-manager.io/v1 Certificate", "kafka.strimzi.io/v1 Kafka", "kafka.strimzi.io/v1 KafkaNodePool",
    "kafka.strimzi.io/v1 KafkaTopic", "kafka.strimzi.io/v1 KafkaUser",
    "monitoring.coreos.com/v1 PrometheusRule", "monitoring.coreos.com/v1 ServiceMonitor"}
# Of the restricted Pod Security Standard.
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
           "projected", "secret"}


def wrong_in_pod(pod, serves=True):
    security = pod.get("securityContext", {})
    if security.get("runAsNonRoot") is not True or not security.get("runAsUser"):
        yield "expected a pod that does not run as root"
    if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "expected seccompProfile RuntimeDefault"
    if pod.get("automountServiceAccountToken") is not False:
        yield "expected no token of the API server"
    for volume in pod.get("volumes", []):
        if not set(volume) - {"name"} <= VOLUMES:
            yield f"expected a volume that the restricted standard permits, found {volume['name']}"
    mounted = {volume["name"] for volume in pod.get("volumes", [])}
    for container in pod["containers"] + pod.get("initContainers", []):
        security = container.get("securityContext", {})
        if security.get("allowPrivilegeEscalation") is not False:
            yield "expected allowPrivilegeEscalation: false"
        if security.get("capabilities") != {"drop": ["ALL"]}:
            yield "expected all capabilities to be dropped"
        if "apache/kafka" not in container["image"] and not security.get("readOnlyRootFilesystem"):
            yield "expected a root file system that is only read"
        resources = container.get("resources", {})
        if resources.get("requests", {}).get("memory") != resources.get("limits", {}).get("memory"):
            yield "expected the same memory as request and as limit"
        if serves and "readinessProbe" not in container:
            yield "expected a readiness probe"
        for mount in container.get("volumeMounts", []):
            if mount["name"] not in mounted | {"state"}:
                yield f"mounts {mount['name']}, which is no volume"


def wrong_in(manifest, version):
    kind = f"{manifest['apiVersion']} {manifest['kind']}"
    if kind not in WITHOUT_SCHEMA:
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"{'.'.join(map(str, error.path))}: {error.message}"
        except kubernetes_validate.SchemaNotFoundError:
            yield f"expected a kind of Kubernetes or one listed in WITHOUT_SCHEMA, found {kind}"
    if manifest["kind"] == "Pod":
        yield from wrong_in_pod(manifest["spec"], serves=False)
    if manifest["kind"] == "StatefulSet":
        yield from wrong_in_pod(manifest["spec"]["template"]["spec"])
        selector, labels = (manifest["spec"]["selector"]["matchLabels"],
                            manifest["spec"]["template"]["metadata"]["labels"])
        if not selector.items() <= labels.items():
            yield "its selector does not select its own pods"
    if manifest["kind"] == "ConfigMap":
        for name, text in manifest["data"].items():
            if name.endswith(".json"):
                json.loads(text)


def wrong_in_file(manifests):
    """What one manifest says of another."""
    sets = [m for m in manifests if m["kind"] == "StatefulSet"]
    services = {m["metadata"]["name"]: m for m in manifests if m["kind"] == "Service"}
    for workload in sets:
        if workload["spec"]["serviceName"] not in services:
            yield f"{workload['metadata']['name']}: its serviceName is no Service"
    pods = [m["spec"]["template"]["metadata"]["labels"] for m in sets]
    for name, service in services.items():
        if sum(service["spec"]["selector"].items() <= labels.items() for labels in pods) != 1:
            yield f"Service {name}: expected to select the pods of one StatefulSet"
    names = [(m["kind"], m["metadata"]["name"]) for m in manifests]
    for twice in {name for name in names if names.count(name) > 1}:
        yield f"{twice[0]} {twice[1]} is there twice"


def main():
    version, files = sys.argv[1], sys.argv[2:]
    wrong, listed, checked = [], set(), 0
    for file in files:
        with open(file, encoding="utf-8") as text:
            manifests = [m for m in yaml.safe_load_all(text) if m]
        for manifest in manifests:
            checked += 1
            kind = f"{manifest['apiVersion']} {manifest['kind']}"
            listed |= {kind} & WITHOUT_SCHEMA
            place = f"{file}: {manifest['kind']} {manifest['metadata']['name']}"
            wrong += [f"{place}: {what}" for what in wrong_in(manifest, version)]
        wrong += [f"{file}: {what}" for what in wrong_in_file(manifests)]
    print(f"{checked} manifests in {len(files)} files, Kubernetes {version}; without a schema: "
          f"{', '.join(sorted(listed)) or 'none'}")
    if not checked or wrong:
        sys.exit("\n".join(wrong) or "expected manifests, found none")


if __name__ == "__main__":
    main()
