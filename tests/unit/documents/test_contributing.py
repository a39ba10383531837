import re
from pathlib import Path

ROOM = re.compile(r"( *)([a-z_/]+)/ {2,}\S")


def rooms_of_the_map(text: str, top: str) -> set[str]:
    """Return the folders that the map names below ``top``, by their paths from there."""
    lines = text.partition("```\n")[2].partition("```")[0].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{top}/ "))
    found: set[str] = set()
    path: list[str] = []
    for line in lines[start + 1 :]:
        if not line.startswith(" "):
            break
        if room := ROOM.match(line):
            depth = len(room[1]) // 2
            path = [*path[: depth - 1], room[2]]
            found.add("/".join(path))
    return found


def test_the_map_names_every_room_of_the_service_and_no_other(project: Path) -> None:
    service = project / "service" / "chat3_user"
    packages = {str(init.parent.relative_to(service)) for init in service.rglob("__init__.py")}
    mapped = rooms_of_the_map((project / "CONTRIBUTING.md").read_text(), "service/chat3_user")
    assert mapped == packages - {"."}
