"""The KPIs of orders, each as the SELECT that its page in the reference shows.

Every SELECT gives one row per case, `order_id` and `value`, for the month [:begin, :until) as known at :now; where
something was foretold also the `decile` (0 to 9) of its chance. Cancelled orders are out everywhere; pauses that a
customer causes are out of promise clocks and in everything that is counted from `reported_at`.
"""

from services.orders.domain.kpis import Kpi
from services.orders.store.kpis.foretold import FORETOLD
from services.orders.store.kpis.terms import COMPLETED, FIXED, RETURN_DAYS, RETURNED, kpi_of

_BREAKDOWN = "work_type = 'breakdown' AND state <> 'cancelled'"
_REPORTED = f"{_BREAKDOWN} AND reported_at >= :begin AND reported_at < :until"


def _between(first: str, last: str, *, where: str) -> str:
    """The seconds between two time fields of orders that have both."""
    return (
        f"SELECT order_id, extract(epoch FROM {last} - {first}) AS value FROM orders\n"
        f"WHERE {where} AND {first} IS NOT NULL AND {last} IS NOT NULL"
    )


_FIRST_VISIT = f"""SELECT order_id, {FIXED} AS value
FROM orders WHERE work_type = 'breakdown' AND {COMPLETED} AND arrived_at IS NOT NULL"""

_RETURNS = f"SELECT order_id, ({RETURNED})::int AS value\nFROM orders WHERE work_type = 'breakdown' AND {COMPLETED}"

_KIT_COMPLETE = f"""SELECT order_id, (
    NOT EXISTS (SELECT FROM waits
                WHERE waits.order_id = orders.order_id AND reason = 'parts' AND waits.started_at >= arrived_at)
    AND NOT EXISTS (SELECT FROM timeline
                    WHERE timeline.order_id = orders.order_id AND kind = 'shipment.moved'
                      AND facts ->> 'state' = 'received' AND effective_at > arrived_at))::int AS value
FROM orders WHERE {_BREAKDOWN} AND arrived_at >= :begin AND arrived_at < :until"""

_RESTORED_24H = f"""SELECT order_id, coalesce(restored_at <= reported_at + interval '24 hours', false)::int AS value
FROM orders WHERE {_REPORTED} AND (restored_at IS NOT NULL OR reported_at + interval '24 hours' < :now)"""

_MOVED_ON_24H = f"""SELECT order_id, coalesce(cargo_moving_at < coalesce(restored_at, 'infinity')
    AND cargo_moving_at <= reported_at + interval '24 hours', false)::int AS value
FROM orders WHERE {_REPORTED} AND replacement_eligible AND (cargo_moving_at IS NOT NULL OR restored_at IS NOT NULL)"""

_CARGO_IN_TIME = """SELECT cases.order_id,
    (cases.cargo_moving_at <= coalesce(cargos.deadline, orders.reported_at + interval '24 hours'))::int AS value
FROM replacement_cases cases JOIN orders USING (order_id) LEFT JOIN cargos USING (order_id)
WHERE cases.cargo_moving_at >= :begin AND cases.cargo_moving_at < :until AND orders.state <> 'cancelled'"""

_CASE = """SELECT cases.order_id, {value} AS value FROM replacement_cases cases JOIN orders USING (order_id)
WHERE cases.opened_at >= :begin AND cases.opened_at < :until AND cases.state <> 'withdrawn'"""

_PLANNED = """SELECT order_id, coalesce(completed_at <= latest_start, false)::int AS value FROM orders
WHERE plan_id IS NOT NULL AND state <> 'cancelled' AND latest_start >= :begin AND latest_start < least(:until, :now)"""

_COST = """SELECT clocks.order_id, sum(clocks.late_fen) AS value FROM clocks JOIN orders USING (order_id)
WHERE clocks.due >= :begin AND clocks.due < least(:until, :now) AND orders.state <> 'cancelled'
GROUP BY clocks.order_id"""

_WALKED = f"""SELECT order_id,
    (control_points -> 'skipped' = '[]' AND (control_points -> 'in_order')::boolean)::int AS value
FROM orders WHERE {COMPLETED} AND control_points IS NOT NULL"""

_CSAT = """SELECT order_id, (rating >= 4)::int AS value FROM surveys
WHERE answered_at >= :begin AND answered_at < :until"""

_ANSWERED = f"""SELECT order_id, (surveys.order_id IS NOT NULL)::int AS value
FROM orders LEFT JOIN surveys USING (order_id) WHERE {COMPLETED}"""

_COMPLIANT = """SELECT order_id, compliant::int AS value FROM callbacks
WHERE ended_at >= :begin AND ended_at < :until AND reached"""

_CLOSED_IN_TIME = """SELECT order_id, (closed_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM complaint_steps steps
    WHERE steps.complaint_id = complaints.complaint_id AND steps.at > steps.due))::int AS value
FROM complaints
WHERE received_at >= :begin AND received_at < :until AND (closed_at IS NOT NULL OR due < :now)"""

_REOPENED = """SELECT order_id, (round > 1)::int AS value FROM complaints
WHERE received_at >= :begin AND received_at < :until"""

_ALL = "state <> 'cancelled' AND accepted_at >= :begin AND accepted_at < :until"


def _covered(level: str) -> str:
    return (
        "SELECT orders.order_id, coalesce(callbacks.reached, false)::int AS value FROM orders\n"
        f"LEFT JOIN callbacks ON callbacks.order_id = orders.order_id AND callbacks.level = '{level}'\n"
        f"WHERE {COMPLETED}"
    )


def _promise(clock: str) -> str:
    return (
        "SELECT clocks.order_id, (clocks.state IN ('met', 'withdrawn'))::int AS value FROM clocks JOIN orders USING "
        f"(order_id)\nWHERE clocks.clock = '{clock}' AND clocks.due >= :begin AND clocks.due < least(:until, :now)\n"
        "  AND clocks.state IN ('met', 'withdrawn', 'breached') AND orders.state <> 'cancelled'"
    )


_REPORTED_THEN = "breakdown orders reported in the month"
_DUE_THEN = "clocks due in the month that were met or broken; waived ones are apart, pauses are not counted"

KPIS: dict[str, Kpi] = {
    kpi.kpi: kpi
    for kpi in (
        kpi_of(
            "response_time",
            "响应时间 | Response time",
            "seconds",
            "low",
            f"{_REPORTED_THEN}, that were answered",
            _between("reported_at", "responded_at", where=_REPORTED),
        ),
        kpi_of(
            "time_to_schedule",
            "派工时间 | Time to schedule",
            "seconds",
            "low",
            "all orders accepted in the month that have an appointment",
            _between("accepted_at", "assigned_at", where=_ALL),
        ),
        kpi_of(
            "time_to_travel",
            "在途时间 | Time to travel",
            "seconds",
            "low",
            "orders accepted in the month, without those of plans",
            _between("departed_at", "arrived_at", where=f"{_ALL} AND plan_id IS NULL"),
        ),
        kpi_of(
            "arrival_time",
            "到达时间 | Arrival time",
            "seconds",
            "low",
            f"{_REPORTED_THEN}, that somebody arrived at",
            _between("reported_at", "arrived_at", where=_REPORTED),
        ),
        kpi_of(
            "on_site_time",
            "现场时间 | On-site time",
            "seconds",
            "low",
            "all orders completed in the month",
            _between("arrived_at", "completed_at", where=COMPLETED),
        ),
        kpi_of(
            "mttr_work",
            "维修时间 | MTTR-work",
            "seconds",
            "low",
            f"{_REPORTED_THEN}: from arrival until it works, travel not counted",
            _between("arrived_at", "restored_at", where=_REPORTED),
        ),
        kpi_of(
            "mttres",
            "恢复时间 | MTTRes",
            "seconds",
            "low",
            f"{_REPORTED_THEN}: from report until it works, as the customer feels it",
            _between("reported_at", "restored_at", where=_REPORTED),
        ),
        kpi_of(
            "time_to_complete",
            "完工时间 | Time to complete",
            "seconds",
            "low",
            "all orders completed in the month",
            _between("accepted_at", "completed_at", where=COMPLETED),
        ),
        kpi_of(
            "first_visit_fix",
            "一次修复率 | First-visit fix rate",
            "share",
            "high",
            f"breakdown orders completed in the month with a visit; no return within {RETURN_DAYS} days",
            _FIRST_VISIT,
        ),
        kpi_of(
            "repeat_repair",
            "返修率 | Repeat repair rate",
            "share",
            "low",
            f"breakdown orders completed in the month; same machine and VMRS system within {RETURN_DAYS} days",
            _RETURNS,
        ),
        kpi_of(
            "kit_complete",
            "备件齐套率 | Kit completeness",
            "share",
            "high",
            "breakdown orders that somebody arrived at in the month; complete means that nobody waited for parts after "
            "arriving and no parcel came later",
            _KIT_COMPLETE,
        ),
        *(
            kpi_of(f"promise_{clock}", f"{zh} | Promise kept: {clock}", "share", "high", _DUE_THEN, _promise(clock))
            for clock, zh in (
                ("respond", "响应承诺达成率"),
                ("arrive", "到达承诺达成率"),
                ("restore", "恢复承诺达成率"),
                ("complete", "完成承诺达成率"),
            )
        ),
        kpi_of(
            "restored_24h",
            "24小时修复率 | 24-hour restoration rate",
            "share",
            "high",
            f"{_REPORTED_THEN} whose 24 hours are over or that were restored",
            _RESTORED_24H,
        ),
        kpi_of(
            "moved_on_24h",
            "24小时替代接续率 | Cargo moved on within 24 h by a replacement vehicle",
            "share",
            "high",
            f"{_REPORTED_THEN}, eligible for a replacement vehicle, whose truck or cargo moves again",
            _MOVED_ON_24H,
        ),
        kpi_of(
            "replacement_in_time",
            "替代车及时率 | Replacement-vehicle timeliness",
            "share",
            "high",
            "cases whose cargo moved again in the month, against its deadline or 24 hours",
            _CARGO_IN_TIME,
        ),
        kpi_of(
            "replacement_decision",
            "替代车决策时间 | Replacement decision time",
            "seconds",
            "low",
            "replacement cases opened in the month that were not withdrawn",
            _CASE.format(value="extract(epoch FROM cases.opened_at - orders.reported_at)"),
        ),
        kpi_of(
            "replacement_cost",
            "替代车单次费用 | Cost per replacement case",
            "fen",
            "low",
            "replacement cases opened in the month that were not withdrawn",
            _CASE.format(value="cases.cost_fen"),
        ),
        kpi_of(
            "inspection_completion",
            "巡检完成率 | Inspection completion",
            "share",
            "high",
            "orders of plans whose tolerance ended in the month",
            _PLANNED,
        ),
        kpi_of(
            "control_points",
            "控制点完整率 | Control points kept",
            "share",
            "high",
            "orders completed in the month; kept means every task was reported, in its order",
            _WALKED,
        ),
        kpi_of(
            "csat",
            "用户满意度 | Customer satisfaction",
            "share",
            "high",
            "surveys answered in the month; satisfied means 4 or 5 of 5",
            _CSAT,
        ),
        kpi_of(
            "survey_response",
            "满意度调查回收率 | Survey response rate",
            "share",
            "high",
            "orders completed in the month",
            _ANSWERED,
        ),
        kpi_of(
            "service_compliance",
            "售后服务符合率 | Service compliance",
            "share",
            "high",
            "call-backs that reached somebody in the month; complied means every check passed",
            _COMPLIANT,
        ),
        *(
            kpi_of(
                f"callback_{level}",
                f"{zh} | Call-back coverage: {level.replace('_', ' ')}",
                "share",
                "high",
                "orders completed in the month; covered means that somebody was reached",
                _covered(level),
            )
            for level, zh in (
                ("station", "服务站回访覆盖"),
                ("branch", "分公司回访覆盖"),
                ("head_office", "总部回访覆盖"),
            )
        ),
        kpi_of(
            "complaint_closure",
            "投诉按时关闭率 | Complaint closure",
            "share",
            "high",
            "complaints received in the month that are closed or overdue; kept means every step in time",
            _CLOSED_IN_TIME,
        ),
        kpi_of(
            "complaint_reopened",
            "投诉重开率 | Complaints reopened",
            "share",
            "low",
            "complaints received in the month",
            _REOPENED,
        ),
        kpi_of(
            "promise_cost",
            "承诺违约成本 | Price of broken promises per order",
            "fen",
            "low",
            "orders with a clock due in the month",
            _COST,
        ),
        *FORETOLD,
    )
}
"""By name, in the order of the report."""
