"""The built wheel holds all of the project, rules and schemas above all."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata

import pytest

from tests.support.checkout import ROOT, copy_to

PACKAGES = {"cocolint": ROOT / "cocolint", "cocolint/rules": ROOT / "rules", "cocolint/schemas": ROOT / "schemas"}

BUILT = re.compile(r"_kernel\.(c|.*so|.*pyd)$")
"""What the compiler makes, and what it is made of in between."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    source = copy_to(folder / "source")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(source)]
    done = subprocess.run(command + _isolation(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def _isolation() -> list[str]:
    try:
        version = metadata.version("setuptools")
    except metadata.PackageNotFoundError:
        return []
    return ["--no-build-isolation"] if int(version.partition(".")[0]) >= 80 else []


@pytest.mark.parametrize("package", PACKAGES)
def test_the_wheel_holds_the_same_files_as_the_checkout(wheel: zipfile.ZipFile, package: str) -> None:
    folder = PACKAGES[package]
    inside = {name.removeprefix(f"{package}/") for name in wheel.namelist() if name.startswith(f"{package}/")}
    if package == "cocolint":
        inside = {name for name in inside if not name.startswith(("rules/", "schemas/"))}
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {name for name in inside if not BUILT.match(name)} == {
        name for name in files if "__pycache__" not in name and not BUILT.match(name)
    }
    assert all(wheel.read(f"{package}/{name}") == (folder / name).read_bytes() for name in inside if not BUILT.match(name))


def test_the_wheel_is_typed_and_licensed(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert "cocolint/py.typed" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_the_wheel_brings_one_top_level_name(wheel: zipfile.ZipFile) -> None:
    assert {name.partition("/")[0] for name in wheel.namelist() if ".dist-info/" not in name} == {"cocolint"}


def test_every_package_is_listed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = {path.parent for path in (ROOT / "cocolint").rglob("*.py")}
    names = {"cocolint", *(f"cocolint.{'.'.join(f.relative_to(ROOT / 'cocolint').parts)}" for f in folders)} - {"cocolint."}
    assert set(project["tool"]["setuptools"]["packages"]) == names | {"cocolint.rules", "cocolint.schemas"}


@pytest.mark.parametrize("name", ["rules", "schemas"])
def test_mapped_folders_are_flat_packages(name: str) -> None:
    assert (ROOT / name / "__init__.py").is_file()
    assert not [path for path in (ROOT / name).iterdir() if path.is_dir() and path.name != "__pycache__"]
