"""The tutorials and the page on reading results run from top to bottom and say what they print."""

from __future__ import annotations

import doctest
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from trichotomy.cli import main

DOCS = Path(__file__).resolve().parent.parent / "docs"
NEEDS = {
    "study": ("torch",),
    "evaluate": ("torch", "sklearn"),
    "experiment": ("starlette", "PIL"),
    "browse": ("starlette", "PIL"),
}
PAGES = [
    DOCS / "how-to-read.md",
    DOCS / "comparisons.md",
    *sorted((DOCS / "api").glob("*.md")),
    *sorted((DOCS / "tutorials").glob("*.md")),
]
STEP = re.compile(r"^```(python|pycon|toml)\n([\s\S]+?)^```$|^ {4}trichotomy (.+)$", re.MULTILINE)
PRINTED = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def steps(text: str) -> list[tuple[str, str]]:
    """What a reader does, in order: files written, Python run, commands given."""
    return [(language or "command", block or line) for language, block, line in STEP.findall(text)]


def look(line: str) -> None:
    """Start the server of a page, ask for the page, end it."""
    command = [sys.executable, "-m", "trichotomy", *shlex.split(line), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        said = server.stdout.readline() if server.stdout else ""
        try:
            with urlopen(re.findall(r"http://\S+", said)[0], timeout=20) as page:
                assert page.status == 200
        finally:
            server.send_signal(signal.SIGINT)


def run(line: str) -> None:
    """Give the command as the shell would."""
    if line.startswith("browse"):
        look(line)
        return
    with pytest.raises(SystemExit) as ended:
        main(shlex.split(line, comments=True))
    assert not ended.value.code, line


def compare(page: str, session: str, names: dict[str, object]) -> None:
    """Run a session with the prompt and compare what it prints."""
    examples = doctest.DocTestParser().get_doctest(session, names, page, page, 0)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=PRINTED).run(examples, out=said.append, clear_globs=False)
    names.update(examples.globs)
    assert not said, "".join(said)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_the_page_runs(page, tmp_path, monkeypatch, request):
    for module in NEEDS.get(page.stem, ()):
        pytest.importorskip(module)
    if page.stem == "evaluate":
        request.getfixturevalue("torchvision_importable")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    names: dict[str, object] = {"__name__": "page"}
    for kind, block in steps(page.read_text()):
        named = re.match(r"# (\S+\.(?:py|toml))\n", block)
        if kind == "command":
            run(block)
        elif named:
            (tmp_path / named[1]).write_text(block)
        elif kind == "pycon":
            compare(page.name, block, names)
        elif kind == "python":
            exec(compile(block, page.name, "exec"), names)
    for written in tmp_path.glob("*.py"):
        sys.modules.pop(written.stem, None)
