"""The shipped promise templates as the service answers them, and the account of a try."""

from dataclasses import asdict
from typing import Any

from services.orders.api.promise_templates import TemplateIn, TemplateOut, TryIn
from services.orders.catalogue import shipped


class PromisesScenery:
    """What was tried is kept in `tried`, checked by the service's own model."""

    def __init__(self) -> None:
        self.items = [TemplateOut.model_validate(asdict(one)).model_dump(mode="json") for one in shipped().templates]
        self.tried: list[TryIn] = []
        self.calendars = [{"calendar": "CN-OFFICE", "name_zh": "工作时间", "name_en": "Office hours"}]

    def publish(self, sent: dict[str, Any]) -> dict[str, Any]:
        """The new version, after the service's own model and rules have looked at it."""
        template = TemplateIn.model_validate(sent).template()
        assert template.faults() == []
        self.items.append(TemplateOut.model_validate(asdict(template)).model_dump(mode="json"))
        return self.items[-1]

    def try_out(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.tried.append(TryIn.model_validate(asked))
        clock = {"met": 188, "breached": 12, "running": 0, "late_fen": 480_000}
        worst = {"order_id": "0192f0c4-0000-7000-8000-000000000005", "number": "WO-100005", "clock": "restore"}
        return {
            "orders": 240,
            "taken": 200,
            "lost_to": {"4H": 40},
            "clocks": {"restore": clock},
            "broken_orders": 12,
            "late_fen": 480_000,
            "actual_broken_orders": 7,
            "actual_late_fen": 260_000,
            "worst": [worst | {"late_seconds": 7200, "late_fen": 90_000}],
        }
