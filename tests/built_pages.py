"""The web pages as their sources are now: built once per run when they are older."""

import os
import shutil
import subprocess
from pathlib import Path

from console.pages import DIST

WORKSPACE = DIST.parent
_SOURCES = ("src/**/*", "index.html", "package-lock.json", "icons.ts", "vite.config.ts", "vite.phone.config.ts")


def built() -> Path:
    """console/dist, as new as its sources."""
    if not _is_stale():
        return DIST
    npm = shutil.which("npm")
    assert npm is not None, "Node is needed to build the pages: see CONTRIBUTING"
    quiet = os.environ | {"npm_config_loglevel": "error"}
    if not (WORKSPACE / "node_modules").exists():
        subprocess.run([npm, "ci"], cwd=WORKSPACE, env=quiet, check=True)
    subprocess.run([npm, "run", "build"], cwd=WORKSPACE, env=quiet, check=True, stdout=subprocess.DEVNULL)
    return DIST


def _is_stale() -> bool:
    made = (DIST / "index.html", DIST / "phone" / "sw.js")
    if not all(path.exists() for path in made):
        return True
    newest = max(path.stat().st_mtime for pattern in _SOURCES for path in WORKSPACE.glob(pattern))
    return newest > min(path.stat().st_mtime for path in made)
