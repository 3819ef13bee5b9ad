"""Rules that hold for every file, read from the syntax and not by searching for words."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache

import pytest

from digits.settings import PROJECT

HEAVY = {"torch", "tensorflow", "keras", "umap", "distributed", "kagglehub"}
# Imported only where a worker asks for them.
ADAPTERS = {f"digits/models/{framework}{part}.py" for framework in ("pytorch", "tensorflow")
            for part in ("", "_network", "_optimisers")}  # fmt: skip
UNSAFE = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
# Limits that hold everywhere; the aims are 250 lines a file, 80 a page and 30 a function.
FILE_LINES, PAGE_LINES, FUNCTION_LINES = 300, 120, 50
MACHINES = re.compile(r"(?<![\w.~*}])/(?:home|work|Users)/\w")
PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9]+(?:\.[0-9]+)*")


@cache
def files() -> list[str]:
    """The files of the repository, tracked ones and those that would be, by their paths in it."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no clone: git does not say which files are the repository's")
    return [name for name in listed.split("\0") if name and (PROJECT / name).is_file()]


def code(*parts: str) -> list[str]:
    """The Python files whose path starts with one of `parts`; all of them without any."""
    found = [name for name in files() if name.endswith(".py") and name.startswith(parts or ("",))]
    assert found, f"there is no code in {parts}: the rule would hold for nothing"
    return found


@cache
def tree(name: str) -> ast.Module:
    return ast.parse((PROJECT / name).read_bytes(), name)


def imported(nodes: Iterator[ast.AST]) -> set[str]:
    """The packages that import statements among `nodes` name: `torch` of `import torch.nn`."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Whatever of `node` runs when its module is imported: all but the bodies of functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from run_at_import(child)


LOADERS = {"load_model", "load_weights", "read_pickle", "from_pretrained", "load_state_dict_from_url", "jit.load",
           "saved_model.load", "hub.load"}  # fmt: skip


def model_loaders(module: ast.Module) -> set[str]:
    """Names that load a model or weights from a file of somebody's, called or only mentioned."""
    named = {ast.unparse(node) for node in ast.walk(module) if isinstance(node, ast.Attribute | ast.Name)}
    named |= {alias.name for node in ast.walk(module) if isinstance(node, ast.ImportFrom) for alias in node.names}
    ends = {one: (one.rpartition(".")[2], ".".join(one.split(".")[-2:])) for one in named}
    return {one for one, (last, pair) in ends.items() if {last, pair} & LOADERS or one == "torch.load"}


def unsafe_calls(module: ast.Module) -> Iterator[str]:
    """Calls that run what a file says: `torch.load`, and `np.load` of anything with pickles allowed."""
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        given = [ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg == "allow_pickle"]
        given += [ast.unparse(value) for value in node.args[2:3]]  # its place
        loads = called.split(".")[-1] == "load" and given not in ([], ["False"])
        if loads or called in ("torch.load", "pd.read_pickle", "pandas.read_pickle"):
            yield f"line {node.lineno}: {called}"


def test_no_table_is_saved_as_it_stands_because_a_name_may_be_a_formula() -> None:
    config = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text())
    assert config["client"]["disableDataExport"] is True


def test_digits_knows_nothing_of_streamlit() -> None:
    assert [name for name in code("digits/") if "streamlit" in imported(ast.walk(tree(name)))] == []


def test_only_an_adapter_imports_a_framework_at_its_top() -> None:
    names = [name for name in code("digits/", "ui/", "pages/", "app.py") if name not in ADAPTERS]
    assert {name: found for name in names if (found := imported(run_at_import(tree(name))) & HEAVY)} == {}


def test_no_page_imports_a_framework_anywhere() -> None:
    names = code("ui/", "pages/", "app.py")
    assert {name: found for name in names if (found := imported(ast.walk(tree(name))) & HEAVY)} == {}


def test_nothing_imports_what_runs_the_code_in_a_file() -> None:
    assert {name: found for name in code() if (found := imported(ast.walk(tree(name))) & UNSAFE)} == {}


def test_nothing_loads_a_pickle_through_a_library() -> None:
    assert {name: found for name in code() if (found := list(unsafe_calls(tree(name))))} == {}


def test_no_model_file_is_loaded_but_the_labs_own_weights() -> None:
    """Weights are safetensors with a hash, which one module reads (docs/reliability.md)."""
    names = code("digits/", "ui/", "pages/", "app.py")
    assert {name: found for name in names if (found := model_loaders(tree(name)))} == {}
    readers = {name for name in names if "safetensors" in imported(ast.walk(tree(name)))}
    assert readers == {"digits/models/weights.py"}


@pytest.mark.parametrize(
    "text",
    ["keras.models.load_model(path)", "from keras.models import load_model", "model.load_weights(path)",
     "torch.jit.load(path)", "read = torch.load", "tf.saved_model.load(path)"],
)  # fmt: skip
def test_the_rule_on_model_files_finds_what_it_looks_for(text: str) -> None:
    assert model_loaders(ast.parse(text))
    assert not model_loaders(ast.parse("json.load(f); np.load(f); network.load(state); load_state_dict(state)"))


@pytest.mark.parametrize(
    "text",
    [
        "torch.load(path)", "np.load(path, allow_pickle=True)", "numpy.load(path, allow_pickle=yes)",
        "np.load(path, None, True)", "load(path, allow_pickle=1)",
    ],
)  # fmt: skip
def test_the_rule_on_pickles_finds_what_it_looks_for(text: str) -> None:
    assert len(list(unsafe_calls(ast.parse(f"def f():\n    return {text}")))) == 1


def test_the_rules_on_imports_find_what_they_look_for() -> None:
    module = ast.parse("if True:\n    import torch.nn as nn\ndef f():\n    from keras.layers import Dense")
    assert imported(run_at_import(module)) == {"torch"}
    assert imported(ast.walk(module)) == {"torch", "keras"}
    assert list(unsafe_calls(ast.parse("np.load(p); np.load(p, allow_pickle=False); json.load(f)"))) == []


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    found = {}
    for name in files():
        text = (PROJECT / name).read_bytes().decode("utf-8", "replace")
        found[name] = [number for number, line in enumerate(text.splitlines(), 1) if MACHINES.search(line)]
    assert {name: numbers for name, numbers in found.items() if numbers} == {}


@pytest.mark.parametrize("folder", ["home", "work", "Users"])
def test_the_rule_on_machines_finds_what_it_looks_for(folder: str) -> None:
    assert MACHINES.search(f'open("/{folder}/ann/x")')
    assert not MACHINES.search(f"https://example.org/{folder}/ann")


def test_no_file_is_longer_than_can_be_read_at_one_sitting() -> None:
    lengths = {name: len((PROJECT / name).read_text().splitlines()) for name in code()}
    assert {name: length for name, length in lengths.items() if length > FILE_LINES} == {}
    pages = {name: length for name, length in lengths.items() if name.startswith(("pages/", "app.py"))}
    assert len(pages) >= 6
    assert {name: length for name, length in pages.items() if length > PAGE_LINES} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{name}: {node.name}": length
        for name in code("digits/", "ui/", "pages/", "app.py")
        for node in ast.walk(tree(name))
        if isinstance(node, ast.FunctionDef)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
    }
    assert long == {}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_to_one_version(name: str) -> None:
    lines = [line.partition("#")[0].strip() for line in (PROJECT / name).read_text().splitlines()]
    wanted = [line for line in lines if line and line != "-r requirements.txt"]
    assert len(wanted) > 3
    assert [line for line in wanted if not PIN.fullmatch(line)] == []
    names = [re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in wanted]
    assert sorted(set(names)) == sorted(names), "each is there once"
