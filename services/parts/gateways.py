"""What parts asks the other services: how old the machines of each station are."""

from dataclasses import dataclass

from kit.context import Context

DEADLINE_S = 60.0


@dataclass(frozen=True)
class Fleet:
    """`machines`: by station and year built; `failures`: breakdowns per machine and year by age in years."""

    machines: dict[str, dict[int, int]]
    failures: dict[int, float]


async def fleet(context: Context) -> Fleet:
    """The fleet as orders knows it. Raises NeighbourDown."""
    answer = await context.clients.orders.get("/orders/v1/fleet", deadline_s=DEADLINE_S)
    machines: dict[str, dict[int, int]] = {}
    built: dict[int, int] = {}
    for station_id, year, count in answer["machines"]:
        machines.setdefault(station_id, {})[year] = count
        built[year] = built.get(year, 0) + count
    broken: dict[int, int] = {}
    years: dict[int, int] = {}
    for reported in {reported for reported, _, _ in answer["breakdowns"]}:
        for year, count in built.items():
            if year <= reported:
                years[reported - year] = years.get(reported - year, 0) + count
    for reported, year, count in answer["breakdowns"]:
        broken[reported - year] = broken.get(reported - year, 0) + count
    return Fleet(machines, {age: broken.get(age, 0) / count for age, count in sorted(years.items())})
