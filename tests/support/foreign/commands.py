"""How the drivers of foreign clients are started; all do what the same JSON lines ask."""

import subprocess
import sys
from pathlib import Path


def compiled_stubs(project: Path, folder: Path) -> Path:
    """Compile the stubs of grpcio from the protos, by grpcio-tools, into the folder."""
    protos = sorted((project / "api").rglob("*.proto"))
    subprocess.run(
        [
            sys.executable,
            "-m",
            "grpc_tools.protoc",
            f"--proto_path={project / 'api'}",
            f"--python_out={folder}",
            f"--grpc_python_out={folder}",
            *map(str, protos),
        ],
        check=True,
        timeout=60,
    )
    return folder


def grpcio_command(stubs: Path) -> list[str]:
    """Return what starts the driver on grpcio; the service's address follows."""
    driver = Path(__file__).with_name("grpcio_driver.py")
    settings = (f"PYTHONPATH={stubs}", "GRPC_VERBOSITY=ERROR")
    return ["env", *settings, sys.executable, str(driver)]


def go_command(project: Path) -> list[str]:
    """Return what starts the driver in Go, which `make test-foreign-go` builds."""
    return [str(project / "tests/foreign_go/driver/driver")]
