"""What the tests of importers share: the folder of invented files, and a reader that counts what it reads."""

import importlib.util
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from data.model import Message
from data.records import Accepted, Outcome, OutOfArea, ReadOptions, Rejected
from data.sources import source

FILES = Path(__file__).parent / "files"


@dataclass
class Read:
    """Every outcome of one reading, with short ways to look at it."""

    outcomes: list[Outcome]
    notices: list[Message] = field(default_factory=list)

    @property
    def accepted(self) -> list[Accepted]:
        return [one for one in self.outcomes if isinstance(one, Accepted)]

    @property
    def rejected(self) -> list[Rejected]:
        return [one for one in self.outcomes if isinstance(one, Rejected)]

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Read, accepted, rejected, out of the area."""
        kinds = Counter(type(one) for one in self.outcomes)
        return len(self.outcomes), kinds[Accepted], kinds[Rejected], kinds[OutOfArea]

    @property
    def reasons(self) -> list[tuple[int, str, str]]:
        """Line, field and reason of each rejection, in file order."""
        return [(one.line, one.field, one.reason.key) for one in self.rejected]

    def record(self, key: str, place: int = 0):
        """A record of the row with this key."""
        return next(one.records[place] for one in self.accepted if one.key == key)

    def facts(self, key: str) -> dict[str, object]:
        """Field -> value that the row with this key asserts."""
        return {one.field: one.value for one in self.record(key).assertions}


def read(name: str, *paths: Path | str, columns: dict[str, str] | None = None) -> Read:
    """Everything that a source makes of files: full paths, or names of our invented files."""
    options = ReadOptions(columns or {})
    found: Sequence[Path] = [FILES / path if isinstance(path, str) else path for path in paths]
    return Read(list(source(name).read(found, options)), options.notices)


@pytest.fixture(scope="session", name="read")
def reader() -> Callable[..., Read]:
    return read


@pytest.fixture(scope="session")
def full_size() -> ModuleType:
    """The generators of huge files, which benchmarks run at full size and tests on a few rows."""
    path = FILES.parents[2] / "benchmarks" / "full_size.py"
    spec = importlib.util.spec_from_file_location("full_size", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["full_size"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def sample_files() -> Path:
    return FILES
