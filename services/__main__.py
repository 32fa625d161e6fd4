"""`python -m services` runs everything in one process, `python -m services orders parts` only those.

`python -m services worker` works on the queue of long jobs, `python -m services migrate` renews the schemas.
"""

import gc
import sys

# A second of every start went to these: nothing of what imports make is garbage, and some libraries import what paints
# their tracebacks on terminals, which a server does not have (None in sys.modules means: not installed).
gc.disable()
sys.modules.update(dict.fromkeys(("rich", "pygments")))  # type: ignore[arg-type]

from services.serving import bring_up_to_date, serve, work  # noqa: E402 - see above

if __name__ == "__main__":
    names = sys.argv[1:]
    if names == ["worker"]:
        work()
    elif names == ["migrate"]:
        bring_up_to_date()
    else:
        serve(names)
