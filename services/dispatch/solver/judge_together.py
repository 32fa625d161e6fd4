"""The judge on what ties orders and people together: crews of two, links between orders, experts from afar."""

from .plan import Plan, Stop
from .problem import Problem
from .verdict import Ledger

Work = dict[int, tuple[int, int]]
"""(start, end) of the work by order."""


def judge_crews(problem: Problem, plan: Plan, ledger: Ledger) -> None:
    """A crew of two is two different engineers for the whole work; nobody else has a second."""
    leads: dict[int, tuple[int, Stop]] = {}
    seconds: dict[int, list[tuple[int, Stop]]] = {}
    for route in plan.routes:
        for stop in route.stops:
            present = (problem.tours[route.tour].engineer, stop)
            if stop.second:
                seconds.setdefault(stop.order, []).append(present)
            elif stop.order >= 0:
                leads[stop.order] = present
    for order in sorted({*leads, *seconds}):
        record = problem.orders[order]
        wanted = record.crew - 1 if record.frozen is None else int(record.frozen.second >= 0)
        helpers, lead = seconds.get(order, []), leads.get(order)
        together = lead is not None and all(
            engineer != lead[0] and (stop.start, stop.end) == (lead[1].start, lead[1].end) for engineer, stop in helpers
        )
        if len(helpers) != wanted or not together:
            ledger.violate("crew", order=order)


def judge_links(problem: Problem, work: Work, ledger: Ledger) -> None:
    """A linked order waits for the other one, and is not planned without it; work under way is past that."""
    for order, (start, _) in work.items():
        record = problem.orders[order]
        for link in record.links if record.frozen is None else ():
            other = work.get(link.order)
            if other is None or start < other[link.at_end] + link.gap:
                ledger.violate("link", order=order)


def judge_experts(problem: Problem, plan: Plan, work: Work, ledger: Ledger) -> None:
    """Whoever joins has the skill and the hours, and no more sessions at once than he can hold."""
    held: dict[int, list[tuple[int, int]]] = {}
    for session in plan.sessions:
        asked, expert = problem.orders[session.order].expert, problem.experts[session.expert]
        start, end = work.get(session.order, (0, 0))
        in_hours = any(first <= start and end <= last for first, last in expert.windows)
        if asked is None or session.order not in work or expert.level.get(asked[0], 0) < asked[1] or not in_hours:
            ledger.violate("expert", order=session.order, expert=session.expert)
        held.setdefault(session.expert, []).append((start, end))
        ledger.charge_hours("expert", expert.fen_per_hour, end - start)
    for index, sessions in held.items():
        if any(_at_once(sessions, start) > problem.experts[index].sessions for start, _ in sessions):
            ledger.violate("expert", expert=index)
    joined = {session.order for session in plan.sessions}
    for order in work:
        record = problem.orders[order]
        if record.expert is not None and record.frozen is None and order not in joined:
            ledger.violate("expert", order=order)


def _at_once(held: list[tuple[int, int]], instant: int) -> int:
    return sum(start <= instant < end for start, end in held)
