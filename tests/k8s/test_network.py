"""The network policies let in exactly those who call, as the code has it."""

import re
from copy import deepcopy
from typing import get_args

import pytest

from console.live import PUBLISHERS
from kit.packages import package_of
from mobile_api.domain.routes import Owner
from services.assembly import SERVICES, WITH_JOBS
from services.orders.context import MEASURING
from tests.k8s.test_manifests import ROOT, Document, documents

CODE = {name: package_of(name).replace(".", "/") for name in (*SERVICES, "console")}
BY_NAME = {"orders": MEASURING, "mobile": get_args(Owner), "console": PUBLISHERS}
"""Whom a service finds by a name that is worked out while it runs."""


def callers() -> dict[str, set[str]]:
    """Who calls each service: whose code names a client of it or follows its journal. The worker does what those do
    whose jobs it has; everybody who takes tokens asks accounts for the keys."""
    calls = {name: {*BY_NAME.get(name, ()), "accounts"} for name in CODE}
    for name, folder in CODE.items():
        text = "".join(path.read_text() for path in (ROOT / folder).rglob("*.py"))
        calls[name] |= set(re.findall(r"\bclients\.(\w+)", text)) & set(SERVICES)
        calls[name] |= set(re.findall(r"\bSubscription\(\s*(?:publisher=)?\"(\w+)\"", text))
    calls["worker"] = {other for name in WITH_JOBS for other in calls[name]} - {"accounts", "mobile"} | {*WITH_JOBS}
    return {
        name: {caller for caller, called in calls.items() if name in called and caller != name} for name in SERVICES
    }


def _selects(selector: Document, labels: dict[str, str]) -> bool:
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(
        (labels.get(one["key"]) in one["values"]) == (one["operator"] == "In")
        for one in selector.get("matchExpressions", ())
    )


def reaches(found: list[Document], to: str, *, pod: dict[str, str] | None = None, namespace: str = "") -> bool:
    """Whether the policies let a pod of our namespace with these labels, or any pod of another namespace, in."""
    target = {"app.kubernetes.io/name": to, "app.kubernetes.io/part-of": "roadcall"}
    policies = [d["spec"] for d in found if d["kind"] == "NetworkPolicy" and _selects(d["spec"]["podSelector"], target)]
    if not policies:
        return True
    sources = [rule.get("from") for policy in policies for rule in policy.get("ingress", ())]
    if None in sources:
        return True
    inside = [one["podSelector"] for source in sources for one in source if "namespaceSelector" not in one]
    outside = [one["namespaceSelector"] for source in sources for one in source if "namespaceSelector" in one]
    if namespace:
        return any(_selects(one, {"kubernetes.io/metadata.name": namespace}) for one in outside)
    return any(_selects(one, pod or {}) for one in inside)


def _ours(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "roadcall"}


@pytest.mark.parametrize("service", [*SERVICES, "console"])
def test_a_service_is_reached_by_those_who_call_it_and_by_the_ingress(service: str) -> None:
    found = documents()
    everybody = {*SERVICES, "console", "worker", "migrate"} - {service}
    assert {one for one in everybody if reaches(found, service, pod=_ours(one))} == callers().get(service, set())
    assert reaches(found, service, namespace="ingress-nginx")


@pytest.mark.parametrize("service", [*SERVICES, "console", "worker", "migrate"])
def test_strangers_reach_nobody(service: str) -> None:
    found = documents()
    impostor = {"app.kubernetes.io/name": "orders"}
    assert not reaches(found, service, pod={"app": "stranger"})
    assert not reaches(found, service, pod=impostor)
    assert not reaches(found, service, namespace="somebody-elses")


def test_a_policy_that_is_open_is_found() -> None:
    found = deepcopy(documents())
    policy = next(d for d in found if d["kind"] == "NetworkPolicy" and d["metadata"]["name"] == "to-parts")
    del policy["spec"]["ingress"][0]["from"]
    assert reaches(found, "parts", pod={"app": "stranger"})
    assert reaches([d for d in found if d["kind"] != "NetworkPolicy"], "orders", pod={"app": "stranger"})
