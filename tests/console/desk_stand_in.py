"""Remedies with their budget, notices and suggestions, as the services answer them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request

from kit.problems import NotFound
from services.orders.api.notices import AnswerIn, NoticeIn, NoticeOut, SuggestionIn, SuggestionOut
from services.orders.api.remedies import BudgetIn, BudgetOut, DecisionIn, RemedyOut
from services.orders.domain.problems import BudgetExceeded

Json = dict[str, Any]
NOW = datetime.now(UTC).isoformat()


class Desk:
    """What a test leaves there and finds changed; every answer is looked at by the service's own model."""

    def __init__(self) -> None:
        self.remedies = [_remedy(1, "compensation", "restore", 80_000), _remedy(2, "goodwill", None, 500_000)]
        self.budget: Json = {"branch_id": "SD", "month": "2026-11", "amount_fen": None, "spent_fen": 0}
        self.notices = [_notice("n1", "新版保养手册", None), _notice("n2", "元旦值班", "SD")]
        self.suggestions = [_suggestion("s1", "备件车加装货架", "engineer:e7")]

    def decide(self, remedy_id: str, sent: Json) -> Json:
        decision = DecisionIn.model_validate(sent)
        remedy = next((one for one in self.remedies if one["remedy_id"] == remedy_id), None)
        if remedy is None:
            raise NotFound("there is no such remedy, or it is not yours")
        amount = remedy["amount_fen"] if decision.amount_fen is None else decision.amount_fen
        left = (self.budget["amount_fen"] or 0) - self.budget["spent_fen"]
        if decision.approved and amount > left:
            raise BudgetExceeded(f"{left} fen are left, this needs {amount}", left_fen=left)
        remedy |= {"state": "approved" if decision.approved else "refused", "amount_fen": amount, "note": decision.note}
        self.budget["spent_fen"] += amount if decision.approved else 0
        return remedy


def desk_router(desk: Desk, role: Callable[[], str]) -> APIRouter:
    router = APIRouter(prefix="/orders/v1")

    @router.get("/remedies")
    async def remedies(state: str | None = None, branch_id: str | None = None, decided_in: str | None = None) -> Json:
        mine = [one for one in desk.remedies if branch_id in (None, one["branch_id"])]
        items = [one for one in mine if (one["state"] != "proposed" if decided_in else state in (None, one["state"]))]
        return {"items": [RemedyOut.model_validate(one).model_dump(mode="json") for one in items], "next": None}

    @router.post("/remedies/{remedy_id}/decision")
    async def decision(remedy_id: str, request: Request) -> Json:
        return desk.decide(remedy_id, await request.json())

    @router.get("/goodwill-budgets/{branch_id}/{month}")
    async def budget(branch_id: str, month: str) -> Json:
        if role() not in ("admin", "auditor", "dispatcher"):
            raise NotFound("there is no such budget, or it is not yours to see")
        told = desk.budget | {"branch_id": branch_id, "month": month}
        return BudgetOut.model_validate(told).model_dump(mode="json")

    @router.put("/goodwill-budgets/{branch_id}/{month}", status_code=204)
    async def set_budget(branch_id: str, month: str, request: Request) -> None:
        desk.budget["amount_fen"] = BudgetIn.model_validate(await request.json()).amount_fen

    for route in (_notices(desk), _suggestions(desk)):
        router.include_router(route)
    return router


def _notices(desk: Desk) -> APIRouter:
    router = APIRouter()

    @router.get("/notices")
    async def notices() -> Json:
        return {"items": [NoticeOut.model_validate(one).model_dump(mode="json") for one in desk.notices], "next": None}

    @router.post("/notices", status_code=201)
    async def publish(request: Request) -> Json:
        sent = NoticeIn.model_validate(await request.json())
        desk.notices.insert(0, _notice("n3", sent.title, sent.branch_id) | {"body": sent.body})
        return {"id": "n3"}

    @router.post("/notices/{notice_id}/confirm", status_code=204)
    async def confirm(notice_id: str) -> None:
        next(one for one in desk.notices if one["notice_id"] == notice_id)["confirmed_at"] = NOW

    return router


def _suggestions(desk: Desk) -> APIRouter:
    router = APIRouter()

    @router.get("/suggestions")
    async def suggestions() -> Json:
        items = [SuggestionOut.model_validate(one).model_dump(mode="json") for one in desk.suggestions]
        return {"items": items, "next": None}

    @router.post("/suggestions", status_code=201)
    async def suggest(request: Request) -> Json:
        sent = SuggestionIn.model_validate(await request.json())
        desk.suggestions.insert(0, _suggestion("s2", sent.title, "dispatcher:p1"))
        return {"id": "s2"}

    @router.post("/suggestions/{suggestion_id}/answer", status_code=204)
    async def answer(suggestion_id: str, request: Request) -> None:
        known = next(one for one in desk.suggestions if one["suggestion_id"] == suggestion_id)
        told = AnswerIn.model_validate(await request.json()).answer
        known |= {"answer": told, "answered_by": "dispatcher:p1", "answered_at": NOW}

    @router.post("/suggestions/{suggestion_id}/confirm", status_code=204)
    async def close(suggestion_id: str) -> None:
        next(one for one in desk.suggestions if one["suggestion_id"] == suggestion_id)["confirmed_at"] = NOW

    return router


def _remedy(number: int, kind: str, clock: str | None, amount_fen: int) -> Json:
    named = {"remedy_id": f"r{number}", "order_id": f"0192f0c4-0000-7000-8000-{number:012}"}
    asked = {"clock": clock, "kind": kind, "amount_fen": amount_fen, "reason": "" if clock else "客户停工两天"}
    later = dict.fromkeys(("work_type", "decided_at", "decided_by", "note", "month", "opened_order_id"))
    return named | asked | later | {"number": f"WO-10000{number}", "branch_id": "SD"} | _proposed()


def _proposed() -> Json:
    return {"state": "proposed", "proposed_at": NOW}


def _notice(notice_id: str, title: str, branch_id: str | None) -> Json:
    to = {"branch_id": branch_id, "station_id": None, "confirm_by": NOW if branch_id else None}
    told = {"notice_id": notice_id, "title": title, "body": "请各站组织学习。", "made_by": "admin:p0", "made_at": NOW}
    return told | to | {"confirmed_at": None, "confirmations": 12}


def _suggestion(suggestion_id: str, title: str, made_by: str) -> Json:
    told = {"suggestion_id": suggestion_id, "title": title, "body": "取件更快。", "made_by": made_by, "made_at": NOW}
    later = dict.fromkeys(("answer", "answered_by", "answered_at", "confirmed_at"))
    return told | later | {"branch_id": "SD", "station_id": "S001"}
