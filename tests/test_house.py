"""The rules of the house: floors, one door per dangerous thing, clean tools, nothing foreign committed."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("data", "geo", "matching", "service")
SQL_MODULES = {"alembic", "geoalchemy2", "psycopg", "sqlalchemy", "sqlite3"}
SQL_CALLS = {"text", "execute", "executemany", "executescript", "exec_driver_sql"}
BANNED_IMPORTS = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}
BANNED_CALLS = {
    "eval": "eval",
    "exec": "exec",
    "compile": "compile",
    "os.system": "os.system",
    "os.popen": "os.popen",
    "yaml.load": "yaml.load",
    "yaml.unsafe_load": "yaml.unsafe_load",
    "pandas.read_pickle": "pickle",
    "pd.read_pickle": "pickle",
    "np.load": "numpy.load",
    "numpy.load": "numpy.load",
}


@pytest.fixture(scope="module")
def sources(project_files: Callable[..., list[Path]]) -> dict[str, str]:
    """The Python files of the four packages: path from the root, and text."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for path in project_files(*FLOORS)
        if path.suffix == ".py"
    }


@pytest.fixture(scope="module")
def everything(project_files: Callable[..., list[Path]]) -> list[str]:
    """Paths of all files of the project, from the root."""
    return [path.relative_to(ROOT).as_posix() for path in project_files()]


# --- what code may not do ---------------------------------------------------------------------------------


def dotted(node: ast.expr) -> str:
    """`a.b.c` as text; empty for anything that is not a chain of names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr}" if left else ""
    return ""


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of every imported module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def literal_constants(tree: ast.Module) -> set[str]:
    """Names in capitals that a module sets once, at its top, to literal text or numbers."""
    pairs = [
        (target, node.value)
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    named = [target.id for target, value in pairs if isinstance(target, ast.Name) and isinstance(value, ast.Constant)]
    stored = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    return {name for name in named if name.isupper() and stored.count(name) == 1}


def is_fixed(node: ast.expr, constants: set[str]) -> bool:
    """True for a value that the source alone decides: literals and constants, added, multiplied or formatted."""
    if isinstance(node, ast.Name):
        return node.id in constants
    if isinstance(node, ast.BinOp):
        return is_fixed(node.left, constants) and is_fixed(node.right, constants)
    if isinstance(node, ast.JoinedStr):
        return all(is_fixed(part.value, constants) for part in node.values if isinstance(part, ast.FormattedValue))
    return isinstance(node, ast.Constant)


def made_of_pieces(node: ast.expr, constants: set[str]) -> bool:
    """True for text put together with a value that is not fixed: f-string, `%`, `+`, `.format()`, `.join()`."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add)):
        return not is_fixed(node, constants)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "join"}


def speaks_sql(tree: ast.AST) -> bool:
    """True for a source that imports a way to a database."""
    return any(name.split(".")[0] in SQL_MODULES for _, name in imported(tree))


def faults_of_call(call: ast.Call, constants: set[str] | None) -> Iterator[str]:
    """What is wrong with one call; `constants` is None where no SQL is spoken."""
    name = dotted(call.func)
    if name in BANNED_CALLS:
        yield BANNED_CALLS[name]
    last = name.rsplit(".", 1)[-1] if name else getattr(call.func, "attr", "")
    if any(word.arg == "shell" and may_be_shell(last, word.value) for word in call.keywords):
        yield "shell=True"
    if constants is not None and last in SQL_CALLS and call.args and made_of_pieces(call.args[0], constants):
        yield "SQL put together from pieces"
    if last == "from_string" and not (call.args and isinstance(call.args[0], ast.Constant)):
        yield "template made of a value"


def may_be_shell(called: str, value: ast.expr) -> bool:
    """True for `shell=True` anywhere, and for any value but False where a process is started."""
    if isinstance(value, ast.Constant):
        return bool(value.value)
    return called in {"run", "Popen", "call", "check_call", "check_output"}


def faults(source: str) -> list[str]:
    """`line: what` for everything in a source that the project forbids; SQL is looked for where it can be sent."""
    tree = ast.parse(source)
    found = [f"{line}: import of {name}" for line, name in imported(tree) if name.split(".")[0] in BANNED_IMPORTS]
    constants = literal_constants(tree) if speaks_sql(tree) else None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found += [f"{node.lineno}: {fault}" for fault in faults_of_call(node, constants)]
    return found


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ("import pickle", "import of pickle"),
        ("from joblib import load", "import of joblib"),
        ("import cloudpickle as c", "import of cloudpickle"),
        ("eval(text)", "eval"),
        ("def f(x):\n    exec(x)", "exec"),
        ("subprocess.run(c, shell=True)", "shell=True"),
        ("subprocess.run(c, shell=flag)", "shell=True"),
        ("os.system(c)", "os.system"),
        ("yaml.load(f)", "yaml.load"),
        ("np.load(f)", "numpy.load"),
        ("text(f'SELECT {x}')", "SQL put together from pieces"),
        ("sqlalchemy.text('SELECT %s' % x)", "SQL put together from pieces"),
        ("text('SELECT ' + x)", "SQL put together from pieces"),
        ("text('a' + 'b' + x)", "SQL put together from pieces"),
        ("connection.execute('SELECT {}'.format(x))", "SQL put together from pieces"),
        ("engine().connect().exec_driver_sql(f'DROP {t}')", "SQL put together from pieces"),
        ("text(' AND '.join(parts))", "SQL put together from pieces"),
        ("A = 's'\nA = input()\ntext(f'SET {A}')", "SQL put together from pieces"),
        ("A = input()\ntext(f'SET {A}')", "SQL put together from pieces"),
        ("environment.from_string(body)", "template made of a value"),
    ],
)
def test_a_planted_fault_is_seen(planted: str, fault: str) -> None:
    assert any(fault in found for found in faults(f"import sqlalchemy\n{planted}"))


@pytest.mark.parametrize(
    "innocent",
    [
        "text('SELECT 1')", "text(f'SELECT 1')", "text('SELECT ' + '1')", "connection.execute(select(t), {'a': 1})",
        "subprocess.run(c, shell=False)", "yaml.safe_load(f)", "re.compile(p)", "answer('map.html', shell=shell)",
        "model.eval()", "f'{a} {b}'",
        "A = 3\ntext(f'SET t = {A * 1000}')",
    ],
)  # fmt: skip
def test_the_fault_finder_leaves_honest_code_alone(innocent: str) -> None:
    assert faults(f"import sqlalchemy\n{innocent}") == []


def test_words_for_users_are_no_sql() -> None:
    assert faults("from service.messages import text\ntext(f'chain.{code}', language)") == []


def test_no_banned_code(sources: dict[str, str]) -> None:
    assert len(sources) >= len(FLOORS)
    assert [f"{path}:{fault}" for path, source in sources.items() for fault in faults(source)] == []


# --- one door per thing -----------------------------------------------------------------------------------


def users(sources: dict[str, str], modules: set[str]) -> set[str]:
    """Files that import one of these top-level modules."""
    return {
        path
        for path, source in sources.items()
        if any(name.split(".")[0] in modules for _, name in imported(ast.parse(source)))
    }


def test_only_the_maps_module_draws_with_folium(sources: dict[str, str]) -> None:
    assert users({"a.py": "def f():\n    from folium.plugins import Draw"}, {"folium"}) == {"a.py"}
    assert users(sources, {"folium", "branca"}) <= {"geo/maps.py"}


# What can ask the network for something. `urllib.parse` and `http.server`-like readers of addresses are not among them.
ASKING = (
    "aiohttp",
    "ftplib",
    "http.client",
    "httpx",
    "httpx2",
    "pooch",
    "requests",
    "socket",
    "urllib.request",
    "urllib3",
)


def askers(sources: dict[str, str]) -> set[str]:
    """Files that import something that can ask the network."""
    return {
        path
        for path, source in sources.items()
        if any(
            name == each or name.startswith(f"{each}.") for _, name in imported(ast.parse(source)) for each in ASKING
        )
    }


def test_only_the_downloads_ask_the_network(sources: dict[str, str]) -> None:
    assert askers({"a.py": "import urllib.request", "b.py": "from urllib.parse import quote"}) == {"a.py"}
    # `land serve` opens the socket that it listens on.
    assert askers(sources) <= {"data/fetching.py", "service/serving.py"}


def test_only_the_bulk_reader_uses_arrow(sources: dict[str, str]) -> None:
    assert {path for path in users(sources, {"pyarrow"}) if not path.startswith("data/sources/bulk")} == set()


def test_only_the_store_and_its_migrations_speak_sql(sources: dict[str, str]) -> None:
    speakers = users(sources, SQL_MODULES)
    assert {path for path in speakers if not path.startswith(("data/store/", "data/migrations/"))} == set()


def reads_environment(source: str) -> bool:
    """True when a source asks the operating system for environment variables."""
    tree = ast.parse(source)
    asked = {dotted(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names = {name for _, name in imported(tree)}
    forbidden = {"os.environ", "os.getenv", "os.environb"}
    return bool((asked | names) & forbidden) or any(name.split(".")[0] == "pydantic_settings" for name in names)


def test_only_settings_read_the_environment(sources: dict[str, str]) -> None:
    assert reads_environment("import os\nos.environ['A'] = 'b'")
    assert reads_environment("from os import getenv")
    assert not reads_environment("import os\nos.fspath('a')")
    assert {path for path, source in sources.items() if reads_environment(source)} <= {"service/settings.py"}


def prints(source: str) -> bool:
    """True when a source calls print()."""
    return any(isinstance(node, ast.Call) and dotted(node.func) == "print" for node in ast.walk(ast.parse(source)))


def test_nothing_prints(sources: dict[str, str]) -> None:
    assert prints("def f():\n    print(1)")
    assert {path for path, source in sources.items() if prints(source)} == set()


def test_files_are_named_for_their_subject(sources: dict[str, str]) -> None:
    names = {Path(path).stem for path in sources}
    assert names & {"utils", "util", "helpers", "helper", "common", "misc"} == set()


def test_every_source_opens_with_a_line_that_says_what_it_is(sources: dict[str, str]) -> None:
    assert [path for path, source in sources.items() if not ast.get_docstring(ast.parse(source))] == []


def test_test_files_have_unique_names_and_no_packages(everything: list[str]) -> None:
    tests = [Path(path).name for path in everything if path.startswith("tests/") and path.endswith(".py")]
    names = [name for name in tests if name != "conftest.py"]
    assert "__init__.py" not in names
    assert sorted(names) == sorted(set(names))


def owners(files_of: dict[str, list[str]]) -> dict[str, set[str]]:
    """For each of our four import names, the distributions that install something under it."""
    return {
        floor: {
            name for name, files in files_of.items()
            if any(file.split("/")[0] in {floor, f"{floor}.py"} for file in files)
        }
        for floor in FLOORS
    }  # fmt: skip


def test_no_other_distribution_claims_our_names() -> None:
    assert owners({"other": ["data/x.py"], "third": ["database/y.py"]})["data"] == {"other"}
    installed = {
        str(distribution.metadata["Name"]): [file.as_posix() for file in distribution.files or []]
        for distribution in importlib.metadata.distributions()
    }
    assert len(installed) > 30
    installed.pop("land-lazio")
    assert owners(installed) == {floor: set() for floor in FLOORS}
    for floor in FLOORS:
        assert Path(__import__(floor).__file__).parent == ROOT / floor


# --- tools ------------------------------------------------------------------------------------------------


def run_tool(*command: str) -> subprocess.CompletedProcess[str]:
    """Runs a tool of this environment at the root."""
    program = Path(sys.executable).with_name(command[0])
    return subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command",
    [("lint-imports", "--no-cache"), ("ruff", "check", "--no-cache"), ("ruff", "format", "--check"), ("mypy",)],
    ids=lambda command: "-".join(command[:2]),
)
def test_tools_are_content(command: tuple[str, ...]) -> None:
    done = run_tool(*command)
    assert done.returncode == 0, done.stdout + done.stderr


SKIPPING = """
import pytest
def test_runs(): pass
@pytest.mark.skipif(SKIP, reason="planted")
def test_skips(): pass
def test_real_files(shared_data): pass
"""


@pytest.mark.parametrize(
    ("strict", "skip", "code", "line"),
    [
        ("0", True, 0, "1 passed, 2 skipped"),
        ("1", True, 1, "1 passed, 1 skipped, 1 deselected"),
        ("1", False, 0, "2 passed, 1 deselected"),
    ],
)
def test_a_skip_fails_where_it_must(tmp_path: Path, strict: str, skip: bool, code: int, line: str) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    conftest = (ROOT / "tests" / "conftest.py").read_text("utf-8").replace('/ "shared" /', '/ "absent" /')
    (folder / "conftest.py").write_text(conftest, encoding="utf-8")
    (folder / "test_planted.py").write_text(SKIPPING.replace("SKIP", str(skip)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", folder],
        cwd=tmp_path, env={**os.environ, "LAND_TESTS_NO_SKIP": strict}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert line in done.stdout
    assert done.returncode == code


def test_ci_runs_the_command_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = dict(re.findall(r"<!-- command: (\w+) -->\n```sh\n([^\n]+)\n```\n", readme))
    assert commands["serve"].endswith(".venv/bin/land serve")
    assert commands["test"].endswith(".venv/bin/python -m pytest -n auto --dist loadfile")
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    (extraction,) = re.findall(r"command=\$\((awk .* README\.md)\)", script)
    found = subprocess.run(["bash", "-c", extraction], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == commands["test"]


# --- what is in the repository ----------------------------------------------------------------------------


def test_nothing_of_others_is_committed(everything: list[str]) -> None:
    assert "pyproject.toml" in everything
    assert [path for path in everything if "/vendor/" in path or "node_modules" in path or ".min." in path] == []
    assert [path for path in everything if Path(path).name in {"uv.lock", "pylock.toml", "poetry.lock"}] == []
    assert [path for path in everything if (ROOT / path).stat().st_size > 1_500_000] == []


def test_no_ignore_line_drops_the_data_package() -> None:
    lines = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert "/service/web/static/vendor/" in lines
    assert [line for line in lines if re.fullmatch(r"/?data/?\*{0,2}", line.strip())] == []


REGISTRIES = re.compile(
    "|".join(("python" + "hosted", "pypi" + r"\.[a-z]", "npm" + "js", r"deb\." + "debian")), re.IGNORECASE
)


def test_no_file_names_a_download_host(everything: list[str]) -> None:
    assert REGISTRIES.search("https://registry.npm" + "js.org/leaflet")
    contents = {path: (ROOT / path).read_bytes() for path in everything}
    texts = {path: content.decode("utf-8", "replace") for path, content in contents.items() if b"\0" not in content}
    assert [path for path, text in texts.items() if REGISTRIES.search(text)] == []
