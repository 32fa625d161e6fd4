"""The manifests are valid, complete and locked down; a planted fault of each kind is found."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from services.assembly import SERVICES

ROOT = Path(__file__).parent.parent.parent
K8S = ROOT / "k8s"
PACKAGES = ("kit", "services", "mobile_api", "cli", "demo", "data")
VERSION = "1.33"
Document = dict[str, Any]


def documents(folder: Path = K8S / "base") -> list[Document]:
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    return [document for name in listed for document in yaml.safe_load_all((folder / name).read_text())]


def pods(found: list[Document]) -> Iterator[tuple[str, Document]]:
    for document in found:
        if document["kind"] in ("Deployment", "Job"):
            yield document["metadata"]["name"], document["spec"]["template"]["spec"]


def faults(found: list[Document]) -> list[str]:
    """What an operator's review would refuse."""
    seen: list[str] = []
    budgets = {d["metadata"]["name"] for d in found if d["kind"] == "PodDisruptionBudget"}
    for name, pod in pods(found):
        container = pod["containers"][0]
        rules = {
            "runs as root": not pod["securityContext"].get("runAsNonRoot"),
            "writable root": not container["securityContext"].get("readOnlyRootFilesystem"),
            "may gain privileges": container["securityContext"].get("allowPrivilegeEscalation") is not False,
            "keeps capabilities": container["securityContext"].get("capabilities", {}).get("drop") != ["ALL"],
            "no limits": {"cpu", "memory"} - set(container["resources"].get("limits", {})) != set(),
            "no fixed version": container["image"].endswith(":latest") or ":" not in container["image"],
            "has a service account's token": pod.get("automountServiceAccountToken") is not False,
        }
        if name != "migrate":
            rules["no liveness probe"] = "livenessProbe" not in container
            rules["no disruption budget"] = name not in budgets
        if name not in ("migrate", "worker"):
            rules["no readiness probe"] = "readinessProbe" not in container
        seen += [f"{name}: {fault}" for fault, broken in rules.items() if broken]
    return seen


def test_every_file_is_listed_and_valid() -> None:
    listed = set(yaml.safe_load((K8S / "base/kustomization.yaml").read_text())["resources"])
    assert listed == {path.name for path in (K8S / "base").glob("*.yaml")} - {"kustomization.yaml"}
    for document in documents():
        kubernetes_validate.validate(document, VERSION, strict=True)


def test_one_deployment_per_service_and_the_workers() -> None:
    names = {d["metadata"]["name"] for d in documents() if d["kind"] == "Deployment"}
    assert names == {*SERVICES, "console", "worker"}


def test_every_path_of_a_service_is_routed() -> None:
    ingress = next(d for d in documents() if d["kind"] == "Ingress")
    paths = {p["path"]: p["backend"]["service"]["name"] for p in ingress["spec"]["rules"][0]["http"]["paths"]}
    assert paths == {**{f"/{name}/v1": name for name in SERVICES}, "/": "console"}


def test_every_service_is_found_by_its_neighbours() -> None:
    config = next(d for d in documents() if d["kind"] == "ConfigMap")["data"]
    assert config == {f"ROADCALL_{name.upper()}_URL": f"http://{name}:8000" for name in SERVICES}


def test_locked_down() -> None:
    assert faults(documents()) == []


def _set(path: str, value: object) -> Callable[[Document], None]:
    def change(pod: Document) -> None:
        *steps, last = path.split("/")
        target: Any = pod
        for step in steps:
            target = target[int(step)] if step.isdigit() else target[step]
        target[last] = value

    return change


def _without(name: str) -> Callable[[Document], None]:
    return lambda pod: pod["containers"][0].pop(name)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_set("securityContext/runAsNonRoot", False), "runs as root"),
        (_set("containers/0/securityContext/readOnlyRootFilesystem", False), "writable root"),
        (_set("containers/0/image", "registry.example/roadcall:latest"), "no fixed version"),
        (_set("containers/0/resources", {}), "no limits"),
        (_set("automountServiceAccountToken", True), "has a service account's token"),
        (_set("containers/0/securityContext/allowPrivilegeEscalation", True), "may gain privileges"),
        (_set("containers/0/securityContext/capabilities", {"drop": []}), "keeps capabilities"),
        (_without("livenessProbe"), "no liveness probe"),
        (_without("readinessProbe"), "no readiness probe"),
    ],
)
def test_a_planted_fault_is_found(change: Callable[[Document], None], fault: str) -> None:
    found = deepcopy(documents())
    name, pod = next((name, pod) for name, pod in pods(found) if name in SERVICES)
    change(pod)
    assert faults(found) == [f"{name}: {fault}"]


def test_a_deployment_without_a_disruption_budget_is_found() -> None:
    found = [one for one in documents() if one["kind"] != "PodDisruptionBudget" or one["metadata"]["name"] != "orders"]
    assert faults(found) == ["orders: no disruption budget"]


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) of the Dockerfile, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def test_the_image_runs_as_the_user_of_the_manifests_with_all_code() -> None:
    (user,) = [arguments for name, arguments in instructions() if name == "USER"]
    assert {pod["securityContext"]["runAsUser"] for _, pod in pods(documents())} == {int(user)}
    copied = {arguments.split()[0].rstrip("/") for name, arguments in instructions() if name == "COPY"}
    assert set(PACKAGES) - copied == set(), "a package that the image lacks"
    sources = [part for part in copied if not part.startswith(("--", "console/*"))]
    assert [part for part in sources if not (ROOT / part).exists()] == []


def test_kernels_are_kept_where_every_container_may_write() -> None:
    environment = " ".join(arguments for name, arguments in instructions() if name == "ENV")
    folder = dict(part.split("=", 1) for part in environment.split())["NUMBA_CACHE_DIR"]
    for name in ("dispatch", "worker"):
        (pod,) = [pod for found, pod in pods(documents()) if found == name]
        mounted = {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
        assert any(folder.startswith(path) for path in mounted), name


@pytest.mark.parametrize("folder", ["base", "overlays/example", "components/keda"])
def test_kustomizations_name_files_that_exist(folder: str) -> None:
    content = yaml.safe_load((K8S / folder / "kustomization.yaml").read_text())
    assert [name for name in content["resources"] if not (K8S / folder / name).exists()] == []
