"""What is asked of our engine beside the peers on rich instances, and whether it holds."""

from collections.abc import Iterator, Sequence
from typing import Any

from .rich_cell import PEERS

Row = dict[str, Any]

OURS = "roadcall"

PRICE_BARS = (("best peer", PEERS, 0.9), ("ortools_peer", ("ortools_peer",), 0.4), ("nearest", ("nearest",), 0.35))
"""(whose price, those engines, at most so many times the cheapest of them)."""


def beside_peers(rows: Sequence[Row]) -> list[Row]:
    """The rows of one size and budget, each with `price_beside` (times the cheapest peer's), `kept_beside` (points of
    promises kept more than the peer that keeps most) and `unserved_beside` (orders more than the peer that leaves
    fewest); None without a plan of its own or of any peer."""
    peers = [row for row in rows if row["engine"] in PEERS and row["fen"] is not None]
    return [row | _beside(row, peers) for row in rows]


def _beside(row: Row, peers: Sequence[Row]) -> Row:
    if row["fen"] is None or not peers:
        return dict.fromkeys(("price_beside", "kept_beside", "unserved_beside"))
    return {
        "price_beside": round(row["fen"] / min(peer["fen"] for peer in peers), 3),
        "kept_beside": round(row["kept_percent"] - max(peer["kept_percent"] for peer in peers), 2),
        "unserved_beside": row["unserved"] - min(peer["unserved"] for peer in peers),
    }


def bars(rows: Sequence[Row]) -> Iterator[Row]:
    """Each bar of one size and budget: what is compared, with whom, our figure, its limit and whether it is `met`."""
    ours = next((row for row in rows if row["engine"] == OURS and row["fen"] is not None), None)
    peers = [row for row in rows if row["engine"] in PEERS and row["fen"] is not None]
    if ours is None or not peers:
        return
    for name, engines, limit in PRICE_BARS:
        theirs = [peer for peer in peers if peer["engine"] in engines]
        if theirs:
            cheapest = min(theirs, key=lambda peer: peer["fen"])
            yield _bar(ours, f"price / {name}'s", cheapest, round(ours["fen"] / cheapest["fen"], 3), "<=", limit)
    most = max(peers, key=lambda peer: peer["kept_percent"])
    kept = round(ours["kept_percent"] - most["kept_percent"], 2)
    yield _bar(ours, "promises kept - most of a peer, points", most, kept, ">=", 0)
    fewest = min(peers, key=lambda peer: peer["unserved"])
    yield _bar(ours, "unserved - fewest of a peer", fewest, ours["unserved"] - fewest["unserved"], "<=", 0)


def _bar(ours: Row, name: str, peer: Row, figure: float, sign: str, limit: float) -> Row:
    met = figure <= limit if sign == "<=" else figure >= limit
    where = {"size": ours["size"], "budget": ours["budget"]}
    return where | {"bar": name, "peer": peer["engine"], "figure": figure, "limit": f"{sign} {limit:g}", "met": met}
