import re
from pathlib import Path


def test_every_attack_names_where_it_is_stopped_and_a_test_that_shows_it(project: Path) -> None:
    rows = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in (project / "SECURITY.md").read_text().splitlines()
        if line.startswith("| ") and "](" in line
    ]
    assert len(rows) >= 15
    for attack, stopped, shown in rows:
        places = re.findall(r"\]\((service/[^)]+)\)", stopped)
        tests = re.findall(r"\]\((tests/[^)]+)\)", shown)
        assert places, attack
        assert tests, attack
        for place in places:
            assert (project / place).exists(), place
        for test in tests:
            assert "\ndef test_" in (source := (project / test).read_text()) or (
                "async def test_" in source
            ), test
