"""Runs the fragments of programs on a page: together, in their order, a program for each language.

A page shows the lines that matter. What stands around them (imports, a client of Alice) is a frame:
`frames/` has one for each language.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from support.documents.blocks import Block
from support.documents.place import Place
from support.documents.published import built_typescript

_FRAMES: Final = Path(__file__).with_name("frames")
_LIMIT: Final = 240.0
_GO: Final = "clients/go"
# Packages that a fragment in Go may use without an import line of its own.
_GO_PACKAGES: Final = {
    "errors": "errors",
    "fmt": "fmt",
    "userv1": "github.com/chat3/user-service/clients/go/gen/chat3/user/v1",
    "tenantv1": "github.com/chat3/user-service/clients/go/gen/chat3/tenant/v1",
}
_TSC: Final = (
    "--target", "es2022", "--module", "nodenext", "--strict", "--skipLibCheck", "--types", "node",
)  # fmt: skip


def run_fragments(place: Place, project: Path, blocks: Sequence[Block]) -> None:
    """Run the fragments of a page, of one language after the other.

    Raises `AssertionError` with what a program said that failed.
    """
    for language, run in (("python", _python), ("typescript", _typescript), ("go", _go)):
        chosen = [block for block in blocks if block.language == language]
        if chosen:
            run(place, project, chosen)


def _endless(block: Block) -> bool:
    return "keeps running" in block.marks


def _python(place: Place, _project: Path, blocks: Sequence[Block]) -> None:
    listed = place.scripts / "fragments.json"
    fragments = [
        {
            "page": block.page,
            "line": block.line,
            "text": place.here(block.text),
            "endless": _endless(block),
        }
        for block in blocks
    ]
    listed.write_text(json.dumps(fragments))
    _ended([sys.executable, str(_FRAMES / "python_fragments.py"), str(listed)], place.folder, place)


def _typescript(place: Place, project: Path, blocks: Sequence[Block]) -> None:
    imports: list[str] = []
    functions: list[str] = []
    for number, block in enumerate(blocks):
        lines = place.here(block.text).splitlines()
        imports += [line for line in lines if line.startswith("import ")]
        body = "\n".join(line for line in lines if not line.startswith("import "))
        call = f"fragment{number}()"
        functions.append(f"// {block.place}\nasync function {call}: Promise<void> {{\n{body}\n}}")
        functions.append(
            f'await {f"""endless({call}, "{block.place}")""" if _endless(block) else call};'
        )
    library = built_typescript(project)
    folder = Path(tempfile.mkdtemp(dir=place.scripts))
    (folder / "node_modules" / "@chat3").mkdir(parents=True)
    (folder / "node_modules" / "@chat3" / "client").symlink_to(library)
    (folder / "node_modules" / "@types").symlink_to(library / "node_modules" / "@types")
    frame = (_FRAMES / "typescript_frame.mts").read_text()
    program = folder / "fragments.mts"
    program.write_text(
        "\n".join(dict.fromkeys(imports)) + frame.replace("/* fragments */", "\n".join(functions))
    )
    _ended([str(library / "node_modules/.bin/tsc"), *_TSC, str(program)], folder, place)
    _ended(["node", "fragments.mjs"], folder, place)


def _go(place: Place, project: Path, blocks: Sequence[Block]) -> None:
    library = project / _GO
    module = (library / "go.mod").read_text()
    name = module.splitlines()[0].removeprefix("module ").strip()
    folder = Path(tempfile.mkdtemp(dir=place.scripts))
    requirements = "\n".join(re.findall(r"^require \([^)]*\)", module, re.MULTILINE))
    version = re.findall(r"^go .*", module, re.MULTILINE)[0]
    (folder / "go.mod").write_text(
        f"module example.com/fragments\n\n{version}\n\nrequire {name} v0.0.0\n\n"
        f"replace {name} => {library}\n\n{requirements}\n"
    )
    (folder / "go.sum").write_bytes((library / "go.sum").read_bytes())
    functions: list[str] = []
    for block in blocks:
        body = place.here(block.text)
        endless = str(_endless(block)).lower()
        functions.append(
            f'\t{{"{block.place}", {endless}, func(\n'
            f"\t\tctx context.Context, chat *chat3.Client, backEnd *chat3.TenantClient,\n"
            f"\t) error {{\n{body}\nreturn nil\n}}}},"
        )
    source = "\n".join(functions)
    used = [f'{short} "{path}"' for short, path in _GO_PACKAGES.items() if f"{short}." in source]
    frame = (_FRAMES / "go_frame.go.txt").read_text()
    (folder / "main.go").write_text(
        frame.replace("// imports", "\n\t".join(used)).replace(
            "// fragments", f"var fragments = []fragment{{\n{source}\n}}"
        )
    )
    _ended(["go", "run", "-mod=mod", "."], folder, place, {"GOTOOLCHAIN": "local"})


def _ended(
    command: Sequence[str], folder: Path, place: Place, variables: Mapping[str, str] = {}
) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**place.environment, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LIMIT,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]}:\n{done.stdout}\n{done.stderr}"
