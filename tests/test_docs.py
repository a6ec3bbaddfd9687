"""What the documentation names is there: functions, options, links, files; its examples run."""

from __future__ import annotations

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest
import typer

import trichotomy as tri
from trichotomy.cli import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def options(command: str) -> set[str]:
    return {name for parameter in COMMANDS[command].params for name in parameter.opts}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_function_named_is_public(page):
    for name in set(re.findall(r"`?tri\.([A-Za-z_]+)", page.read_text())):
        assert hasattr(tri, name), name


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert target.startswith("http") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_line_has_known_options(page):
    for line in re.findall(r"^ {4}trichotomy (.+)$", page.read_text(), flags=re.MULTILINE):
        command = line.split()[0]
        assert command in COMMANDS, line
        assert set(re.findall(r"--[a-z-]+", line)) <= options(command), line


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_option_named_exists_somewhere(page):
    known = set().union(*map(options, COMMANDS)) | {"--help", "--install-completion"}
    for option in set(re.findall(r"`(--[a-z-]+)", page.read_text())):
        assert option in known, option


def test_every_command_is_in_the_readme_or_its_help():
    assert set(COMMANDS) == {"demo", "read", "analyze", "figure", "formats"}
    for command in COMMANDS.values():
        assert all(p.help for p in command.params if hasattr(p, "help")), command.name


@pytest.mark.parametrize(
    "module", ["trichotomy", "trichotomy.report.page.cells", "trichotomy.readers.modelvshuman"]
)
def test_examples_in_docstrings(module):
    result = doctest.testmod(import_module(module))
    assert result.attempted > 0
    assert result.failed == 0


def test_the_readme_in_python(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    d = tri.simulate(3, 40)
    lines = ["image,label", *(f"{i},{t}" for i, t in zip(d["item"].values, d["target"].values, strict=True))]
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    (tmp_path / "predictions").mkdir()
    for m, name in enumerate("abc"):
        rows = (f"{i},{r}" for i, r in zip(d["item"].values, d["response"].values[m, 0], strict=True))
        (tmp_path / "predictions" / f"{name}.csv").write_text("\n".join(["image,prediction", *rows]))
    (block,) = re.findall(r"```python\n(.+?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    exec(compile(block, "README.md", "exec"), {})
    assert (tmp_path / "report" / "report.html").is_file()
