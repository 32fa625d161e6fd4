"""`python -m services` runs everything in one process, `python -m services orders parts` only those.

`python -m services worker` works on the queue of long jobs, `python -m services migrate` renews the schemas.
"""

import sys

from services.serving import bring_up_to_date, serve, work

if __name__ == "__main__":
    names = sys.argv[1:]
    if names == ["worker"]:
        work()
    elif names == ["migrate"]:
        bring_up_to_date()
    else:
        serve(names)
