"""Campaigns of the maker: one for safety, one for software, each open on some of the machines that run."""

from random import Random
from typing import Any

from demo.machines import Asset

Row = dict[str, Any]
SAFETY, SOFTWARE = "SAF-2026-03", "SW-2026-11"
SHARES = {SAFETY: 0.02, SOFTWARE: 0.06}


def campaign_rows() -> list[Row]:
    """The safety campaign changes a brake hose, the other one flashes the engine's control unit."""
    return [
        {
            "campaign_id": SAFETY,
            "name_zh": "制动软管更换",
            "name_en": "Brake hose replacement",
            "safety": True,
            "minutes": 45,
            "parts": {"BR-7004": 2},
            "skill": "brakes",
            "level": 2,
        },
        {
            "campaign_id": SOFTWARE,
            "name_zh": "发动机控制程序升级",
            "name_en": "Engine control software update",
            "safety": False,
            "minutes": 30,
            "parts": {},
            "skill": "software",
            "level": 2,
        },
    ]


def machine_rows(running: list[Asset], rng: Random) -> list[Row]:
    """Machines with an open order are left out: their orders would wait for a dispatcher at once."""
    return [
        {"campaign_id": campaign, "serial": asset.serial}
        for campaign, share in SHARES.items()
        for asset in running
        if rng.random() < share
    ]
