"""What the documentation names is there: functions, options, links, files; its examples run."""

from __future__ import annotations

import doctest
import inspect
import json
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
import typer

import trichotomy as tri
from trichotomy.cli import app
from trichotomy.plots import EXPERIMENT_FIGURES, FIGURES, SIMILARITY_FIGURES

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
STUDY = (ROOT / "docs" / "study.md").read_text()
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def leaves(command) -> list:
    """A command, or those of a group."""
    below = getattr(command, "commands", None)
    return [command] if below is None else [leaf for each in below.values() for leaf in leaves(each)]


def options(command: str) -> set[str]:
    return {
        n for leaf in leaves(COMMANDS[command]) for p in leaf.params for n in (*p.opts, *p.secondary_opts)
    }


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.+?)```", text, flags=re.DOTALL)


def files(text: str) -> dict[str, str]:
    """Blocks that are files: the first line is a comment with the name."""
    named = {}
    for block in (*blocks(text, "python"), *blocks(text, "toml")):
        found = re.match(r"# (\S+\.(?:py|toml))\n", block)
        if found:
            named[found[1]] = block
    return named


def section(text: str, title: str) -> str:
    return re.split(r"^##+ ", text.split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """Cells of the tables, without their heads."""
    lines = re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
    return [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for table in lines
        for line in table.splitlines()[2:]
    ]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", re.sub(r"```.+?```", "", text, flags=re.DOTALL))


def slugs(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_function_named_is_public(page):
    for name in set(re.findall(r"`?tri\.([A-Za-z_]+)", page.read_text())):
        assert hasattr(tri, name), name


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        if target.startswith("http"):
            continue
        name, _, place = target.partition("#")
        there = page.parent / name if name else page
        assert there.exists(), target
        assert not place or place in slugs(there), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_line_has_known_options(page):
    for line in re.findall(r"^ {4}trichotomy (.+)$", page.read_text(), flags=re.MULTILINE):
        command = line.split()[0]
        assert command in COMMANDS, line
        assert set(re.findall(r"--[a-z-]+", line)) <= options(command), line
        if command == "figure":
            assert line.split()[1] in {*FIGURES, *SIMILARITY_FIGURES}, line


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_option_named_exists_somewhere(page):
    known = set().union(*map(options, COMMANDS)) | {"--help", "--install-completion"}
    for option in set(re.findall(r"`(--[a-z-]+)", page.read_text())):
        assert option in known, option


def test_every_command_is_in_the_readme_or_its_help():
    assert set(COMMANDS) == {
        "demo", "read", "analyze", "figure", "study", "similarity", "curate", "browse", "evaluate",
        "formats", "experiment",
    }  # fmt: skip
    for command in (leaf for each in COMMANDS.values() for leaf in leaves(each)):
        assert all(p.help for p in command.params if hasattr(p, "help")), command.name


@pytest.mark.parametrize(
    "module", ["trichotomy", "trichotomy.spreadsheets", "trichotomy.readers.modelvshuman"]
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
    (block,) = blocks((ROOT / "README.md").read_text(), "python")
    exec(compile(block, "README.md", "exec"), {})
    assert (tmp_path / "report" / "report.html").is_file()


def test_the_conditions_of_a_study_are_all_there():
    pytest.importorskip("torch")
    from trichotomy.training import RECIPES

    made = RECIPES["quick"]("gaussian")
    table = {quoted(row[0])[0]: row for row in rows(section(STUDY, "The conditions"))}
    assert list(table) == [c.name for c in made.conditions]
    for condition in made.conditions:
        _, networks, _, _, compared = table[condition.name]
        assert networks == (str(len(condition.instances)) if condition.instances else "")
        assert (compared == "`base`") == (condition.against == "base" != condition.name), condition.name


def test_the_recipes_and_settings_of_a_study_are_all_there():
    pytest.importorskip("torch")
    from trichotomy.datasets import Augmentation
    from trichotomy.training import RECIPES, Condition, Recipe, Settings

    named = [name for row in rows(section(STUDY, "Recipes")) for name in quoted(row[0])]
    assert [n for n in named if ":" not in n] == list(RECIPES)
    own = section(STUDY, "Your own, in TOML")
    assert [n for row in rows(own) for n in quoted(row[0])] == [f.name for f in fields(Settings)]
    words = set(re.findall(r"[a-z_]+", " ".join(quoted(own))))
    wanted = {f.name for f in (*fields(Recipe), *fields(Condition), *fields(Augmentation))}
    assert wanted <= words | {"size", "name"}


def test_the_recipes_table_says_what_the_recipes_say():
    pytest.importorskip("torch")
    from trichotomy.training import RECIPES

    for row in rows(section(STUDY, "Recipes")):
        name = (quoted(row[0]) or [""])[0]
        if name not in RECIPES or name.endswith("-authors"):  # these refer to the others
            continue
        for dataset in ["gaussian"] if name == "quick" else ["imagenet", "cifar100", "gaussian"]:
            made = RECIPES[name](dataset)
            base = made.settings
            other = next(c for c in made.conditions if c.name == "architecture").instances[0]["architecture"]
            assert row[1] == f"`{base.architecture}`, batch {base.batch_size}"
            assert f"`{other}`" in row[2]
            epochs = next((e for e in row[3].split(".") if f"`{dataset}`" in e), row[3])
            assert [int(n) for n in re.findall(r"\b\d+\b", epochs.rpartition("`")[2])] == [
                base.epochs, *base.milestones
            ]  # fmt: skip


def test_the_data_sets_and_their_options_are_all_there():
    from trichotomy.datasets.loading import DATASETS

    listed = {name: row for row in rows(section(STUDY, "Data")) for name in quoted(row[0])}
    assert {name.partition(":")[0] for name in listed} == {*DATASETS.names(), "module"}
    for name in DATASETS.names():
        written = dict(
            o.split("=") for o in quoted(listed.get(name, listed.get(f"{name}:PATH", ["", "", ""]))[2])
        )
        parameters = inspect.signature(DATASETS.get(name)).parameters.values()
        own = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        if name.startswith("cifar"):
            assert (own, written) == ({"download": False}, {"download": "true"})
        else:
            assert {option: json.loads(value) for option, value in written.items()} == own


def test_the_keys_of_slurm_are_all_there():
    pytest.importorskip("torch")
    from trichotomy.training.execution.slurm_keys import KEYS

    page = (ROOT / "docs" / "cluster.md").read_text()
    table = [row for row in rows(section(page, "Submit")) if len(row) == 3]
    assert {key for row in table for key in quoted(row[0])} == {*KEYS, "cluster", "extra.NAME"}
    for row in table:
        for key, option in zip(quoted(row[0]), quoted(row[1]), strict=False):
            assert key == "extra.NAME" or KEYS[key][0].replace("_", "-").startswith(option), key


def test_the_papers_figures_are_all_there():
    table = [row for row in rows((ROOT / "docs" / "paper.md").read_text()) if len(row) == 5]
    listed = {name for row in table for name in quoted(row[3])}
    figures = {**FIGURES, **SIMILARITY_FIGURES, **EXPERIMENT_FIGURES}
    assert {n for n, figure in figures.items() if re.search(r"\((Fig|A)\. ?\d", figure.description)} <= listed
    assert listed - set(figures) <= {"--annotations", "--features", "gaussian"}
    numbers = {name: " ".join(row[0] for row in table if name in quoted(row[3])) for name in listed}
    for name in listed & set(figures):
        for number in re.findall(r"Fig\. (\d+)", figures[name].description):
            assert re.search(rf"\b{number}", numbers[name]), (name, number)


def test_the_figures_of_experiments_are_all_there():
    page = (ROOT / "docs" / "experiments-analysis.md").read_text()
    assert [name for row in rows(section(page, "Figures")) for name in quoted(row[0])] == list(
        EXPERIMENT_FIGURES
    )


def test_the_page_about_answers_runs(tmp_path, monkeypatch):
    from simulated_answers import export, pairs

    monkeypatch.chdir(tmp_path)
    export(tmp_path / "export", pairs())
    (block,) = blocks((ROOT / "docs" / "experiments-analysis.md").read_text(), "python")
    exec(compile(block, "experiments-analysis.md", "exec"), {})
    assert (tmp_path / "figure.pdf").is_file()


@pytest.fixture
def in_the_files(tmp_path, monkeypatch):
    """A folder with the page's files, which is the current one."""
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    for name, content in files(STUDY).items():
        (tmp_path / name).write_text(content)
    modules = {name.removesuffix(".py") for name in files(STUDY) if name.endswith(".py")}
    assert modules == {"my_recipe", "my_data", "my_network"}
    yield tmp_path
    for name in modules:
        sys.modules.pop(name, None)


def test_the_studies_of_the_page_can_be_planned(in_the_files):
    from trichotomy.training import plan_study

    planned = {}
    for line in re.findall(r"^ {4}trichotomy study (.+)$", STUDY, flags=re.MULTILINE):
        words = shlex.split(line, comments=True)
        recipe = words[words.index("--recipe") + 1] if "--recipe" in words else "quick"
        if "--data" not in words:
            planned[recipe] = plan_study(words[0], recipe=recipe)[0]
    networks = {recipe: len(plan.runs) for recipe, plan in planned.items()}
    assert networks == {"quick": 31, "mine.toml": 13, "my_recipe:decay": 4, "stripes.toml": 14}
    assert planned["mine.toml"].comparisons[-1]["shift"] == 2
    assert planned["mine.toml"].run("weight-decay-2").settings.weight_decay == 0.001


@pytest.mark.long
def test_the_page_about_the_study_runs(in_the_files):
    (line,) = re.findall(r"^ {4}trichotomy (study my_data.+)$", STUDY, flags=re.MULTILINE)
    rest = [block for block in blocks(STUDY, "python") if block not in files(STUDY).values()]
    for arguments in (["-m", "trichotomy", *shlex.split(line)], ["-c", "\n".join(rest)]):
        done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    accuracy = tri.open("stripes.zarr")["measures"].sel(measure="test_accuracy", epoch=4)
    assert float(accuracy.mean()) > 0.75  # two classes: it has learned something
    assert tri.open("decay.zarr").sizes["observer"] == 4
    assert int(tri.open("flagged.zarr")["label_error"].sum()) == 2


def test_the_tests_that_the_comparisons_name_exist():
    named = re.findall(r"`(tests/\S+?\.py)(?:::(\w+))?`", (ROOT / "docs" / "comparisons.md").read_text())
    assert len(named) > 10
    for path, test in named:
        assert f"def {test}" in (ROOT / path).read_text(), (path, test)


def test_the_site_shows_every_page_and_every_public_name():
    nav = (ROOT / "mkdocs.yml").read_text().partition("\nnav:")[2]
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").as_posix()
        if not name.startswith(("decisions/0", "examples/")):
            assert re.search(rf"(^|\s){re.escape(name)}$", nav, flags=re.MULTILINE), name
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text()
    for page in (ROOT / "docs" / "decisions").glob("0*.md"):
        title = page.read_text().partition("\n")[0].removeprefix("# ")
        assert f"[{title}]({page.name})" in listed, page.name
    api = "\n".join(p.read_text() for p in (ROOT / "docs" / "api").glob("*.md"))
    shown = re.findall(r"^::: (trichotomy\.[\w.]+)\.(\w+)$", api, flags=re.MULTILINE)
    assert sorted(name for _, name in shown) == sorted(set(tri.__all__) - {"__version__"})
    for module, name in shown:  # the full path: stats.difficulty is a module and a function
        assert getattr(import_module(module), name) is getattr(tri, name), name
