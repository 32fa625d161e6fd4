"""What the caller is told at once, in words."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
"""The official time of all of China; instants are stored in UTC."""

_VERB_ZH = {"respond": "电话响应", "arrive": "到达现场", "restore": "恢复使用", "complete": "完成服务"}
_VERB_EN = {"respond": "you get an answer", "arrive": "an engineer is with you", "restore": "the machine works again"}
_CARGO_ZH = "或由替代车接续运输"
_CARGO_EN = " or a replacement vehicle takes your cargo on"
_PAID_ZH = {
    "covered": "在三包期内，不收维修费。",
    "expired": "已过三包期，按收费标准结算。",
    "unknown": "三包状态待核实。",
}
_PAID_EN = {
    "covered": "The machine is under warranty.",
    "expired": "The warranty has ended: the work is charged.",
    "unknown": "The warranty is still to be checked.",
}


def told(*, number: str, dues: Sequence[tuple[str, datetime]], replacement: bool, warranty: str) -> dict[str, str]:
    """What to say, by language: the order's number, each clock's due moment (`dues` pairs them), who pays."""
    parts_zh, parts_en = [], []
    for clock, due in dues:
        local = due.astimezone(ZONE)
        cargo = replacement and clock == "restore"
        at_zh = f"{local.month}月{local.day}日{local:%H:%M}前"
        parts_zh.append(f"{at_zh}{_VERB_ZH[clock]}{_CARGO_ZH if cargo else ''}")
        verb = _VERB_EN.get(clock, "the work is done")
        parts_en.append(f"by {local:%H:%M} on {local.day} {local:%B} {verb}{_CARGO_EN if cargo else ''}")
    promised_zh = f"我们承诺：{'；'.join(parts_zh)}。" if parts_zh else ""
    promised_en = f"We promise: {'; '.join(parts_en)}. " if parts_en else ""
    return {
        "zh": f"已受理，工单号 {number}。{promised_zh}{_PAID_ZH[warranty]}",
        "en": f"Your order is {number}. {promised_en}{_PAID_EN[warranty]}",
    }
