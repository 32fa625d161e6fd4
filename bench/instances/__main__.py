"""`python -m bench.instances write FOLDER [NAME ...]` writes instances; `freeze` renews the committed digests."""

import argparse
import json
from pathlib import Path

from .assembly import FROZEN, digest, frozen, instance, names


def main() -> None:
    """Write or freeze the named instances (default: all)."""
    options = argparse.ArgumentParser(prog="python -m bench.instances", description=__doc__)
    actions = options.add_subparsers(dest="action", required=True)
    write = actions.add_parser("write", help="write FOLDER/SIZE-SEED.json")
    write.add_argument("folder", type=Path)
    write.add_argument("names", nargs="*", metavar="SIZE/SEED", help="e.g. 500x60/1")
    actions.add_parser("freeze", help="renew the digests, after a change that is meant to change the instances")
    chosen = options.parse_args()
    if chosen.action == "freeze":
        FROZEN.write_text(json.dumps({name: digest(instance(name)) for name in names()}, indent=1) + "\n")
        return
    chosen.folder.mkdir(parents=True, exist_ok=True)
    known = frozen()
    for name in chosen.names or names():
        document = instance(name)
        if name in known and digest(document) != known[name]:
            raise SystemExit(f"{name} is not the frozen instance: generator, road network or places have changed")
        path = chosen.folder / f"{name.replace('/', '-')}.json"
        path.write_text(document.model_dump_json(exclude_none=True))
        print(f"{path}: {len(document.orders)} orders, {len(document.engineers)} engineers")


if __name__ == "__main__":
    main()
