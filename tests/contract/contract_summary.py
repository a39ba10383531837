"""What is written below the results: versions, what was never recorded, what databases do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contract_coverage import Coverage
from contract_environment import named_server

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

_EMBEDDED = "the embedded tenant-api"


@dataclass(frozen=True)
class Seen:
    """What a server did where the database behind it decides."""

    version: str
    case: str
    mongodb: str
    found: str


@dataclass(eq=False)
class Summary:
    """Collects while the tests run; a plugin of pytest's."""

    seen: list[Seen] = field(default_factory=list)
    # By version: the recorded answers that are another there, as it was read.
    rewritten: dict[str, set[str]] = field(default_factory=dict)
    left_out: int = 0
    coverage: Coverage = field(default_factory=Coverage)
    # Tests of this suite that somebody else has left out: then it is no whole run.
    deselected: int = 0
    whole: bool = False
    # By the id of a test: its version, and what it rests on that was read only.
    _versions: dict[str, str] = field(default_factory=dict)
    _read: dict[str, str] = field(default_factory=dict)
    _outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    _read_passed: Counter[str] = field(default_factory=Counter)

    def collected(self, items: Mapping[pytest.Item, str]) -> None:
        """Note which version each test is about, and whether its subject was ever recorded."""
        for item, version in items.items():
            self._versions[item.nodeid] = version
            if marker := item.get_closest_marker("read"):
                self._read[item.nodeid] = marker.args[0]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one outcome a test."""
        version = self._versions.get(report.nodeid)
        if version is None or (report.passed and report.when != "call"):
            return
        self._outcomes[version, report.outcome] += 1
        if report.passed and report.nodeid in self._read:
            self._read_passed[self._read[report.nodeid]] += 1

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write it below the results."""
        reporter = terminalreporter
        if not self._outcomes:
            return
        server = named_server()
        where = server.url if server else _EMBEDDED
        reporter.section(f"tenant-api's contract, held against {where}")
        for version in dict.fromkeys(self._versions.values()):
            counts = {o: n for (v, o), n in sorted(self._outcomes.items()) if v == version}
            told = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
            reporter.write_line(f"platform {version}: {told}")
        if self.left_out:
            text = "tests not run: they look at what only the embedded tenant-api shows"
            reporter.write_line(f"{self.left_out} {text}")
        for line in self.coverage.lines(whole=self.whole):
            reporter.write_line(line)
        for version, names in self.rewritten.items():
            text = f"recorded answers of 0.0.80 were held as they read from {version}"
            reporter.write_line(f"{len(names)} {text}")
        self._write_read(reporter)
        self._write_databases(reporter, server.database if server else "embedded")

    def _write_read(self, reporter: Any) -> None:
        if not self._read_passed:
            return
        total = self._read_passed.total()
        reporter.write_line("")
        reporter.write_line(f"read in sources and never recorded, {total} passed:")
        for what, number in sorted(self._read_passed.items()):
            reporter.write_line(f"  {number:3} {what}")

    def _write_databases(self, reporter: Any, database: str) -> None:
        if not self.seen:
            return
        reporter.write_line("")
        reporter.write_line(f"what the database decides, here {database} (not failures):")
        for seen in sorted(self.seen, key=lambda seen: (seen.version, seen.case)):
            same = seen.found == seen.mongodb
            told = f"as MongoDB: {seen.found}" if same else f"{seen.found}; MongoDB: {seen.mongodb}"
            reporter.write_line(f"  {seen.version:8} {seen.case}: {told}")
