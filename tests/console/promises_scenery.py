"""The shipped promise templates as the service answers them, and the account of a try."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from services.orders.api.calendars import CalendarDay, DayIn
from services.orders.api.promise_templates import TemplateIn, TemplateOut, TryIn
from services.orders.catalogue import shipped


class PromisesScenery:
    """What was tried is kept in `tried`, checked by the service's own model."""

    def __init__(self) -> None:
        self.items = [TemplateOut.model_validate(asdict(one)).model_dump(mode="json") for one in shipped().templates]
        self.tried: list[TryIn] = []
        self.calendars = [
            {"calendar": "CN-OFFICE", "name_zh": "工作时间", "name_en": "Office hours", "days_off": [5, 6]},
            {"calendar": "CN-DAYTIME", "name_zh": "每天白天", "name_en": "Daytime", "days_off": []},
        ]
        self.said: dict[str, DayIn] = {}
        """The operator's word on days of CN-OFFICE."""

    def days(self, calendar: str, begin: date, until: date) -> dict[str, Any]:
        """The day after tomorrow is a public holiday for offices."""
        found = []
        for day in (begin + timedelta(days=count) for count in range((until - begin).days + 1)):
            said = self.said.get(day.isoformat()) if calendar == "CN-OFFICE" else None
            usual = calendar != "CN-OFFICE" or (day.weekday() < 5 and day != begin + timedelta(days=2))
            workday = usual if said is None or said.workday is None else said.workday
            note = said.note if said and said.workday is not None else None
            found.append(CalendarDay(day=day, workday=workday, note=note).model_dump(mode="json"))
        return {"items": found}

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
