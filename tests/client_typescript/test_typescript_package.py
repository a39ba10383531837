"""What the package holds, and what it brings with it."""

import json
import re
import tarfile
from pathlib import Path

from typescript_consumer import Consumer

ENTRIES = ("", "/core", "/node", "/web", "/tenant", "/legacy", "/testing", "/opentelemetry")


def test_the_package_holds_what_was_built_and_nothing_else(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = archive.getnames()
    tops = {name.removeprefix("package/").partition("/")[0] for name in names}
    assert tops == {"LICENSE", "README.md", "dist", "package.json"}
    assert all(name.endswith((".js", ".js.map", ".d.ts")) for name in names if "/dist/" in name)


def test_every_entry_can_be_imported_and_has_types(consumer: Consumer) -> None:
    script = f"for (const entry of {json.dumps(ENTRIES)}) await import('@chat3/client' + entry)"
    consumer.run("node", "--input-type=module", "--eval", script)
    library = consumer.folder / "node_modules/@chat3/client"
    exports = (library / "package.json").read_text().partition('"exports"')[2]
    built = re.findall(r'"(\./dist/[^"]+)"', exports)
    assert len(built) == 2 * (len(ENTRIES) + 1)
    assert all((library / place).exists() for place in built)


def test_without_traces_the_api_of_traces_is_not_needed(consumer: Consumer) -> None:
    manifest = json.loads((consumer.folder / "node_modules/@chat3/client/package.json").read_text())
    assert manifest["peerDependenciesMeta"]["@opentelemetry/api"]["optional"]
    assert set(manifest["dependencies"]) == {
        "@bufbuild/protobuf",
        "@connectrpc/connect",
        "@connectrpc/connect-node",
        "@connectrpc/connect-web",
    }


def test_a_page_gets_nothing_of_node(consumer: Consumer) -> None:
    """What browsers import leads to no module of Node."""
    library = consumer.folder / "node_modules/@chat3/client/dist"
    seen, waiting = set[Path](), [library / "web.js"]
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        imported = [
            line.rpartition('"')[0].rpartition('"')[2]
            for line in module.read_text().splitlines()
            if line.startswith(("import ", "export ", "} from ")) and ' from "' in line
        ]
        assert not [name for name in imported if name.startswith("node:") or "connect-node" in name]
        waiting += [module.parent / name for name in imported if name.startswith(".")]
    assert len(seen) > 20
