"""Proves that what `make package` built can start on AWS: reads the binaries, not the build's intentions."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

from .deploy import function_names
from .place import ROOT
from .terminal import Trouble, say

# provided.al2023 is Amazon Linux 2023, which has glibc 2.34.
NEWEST_GLIBC = (2, 34)
# What its base image is certain to have: the C library's own parts, and GCC's unwinder.
AVAILABLE = {
    "ld-linux-aarch64.so.1",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
    "libutil.so.1",
}
# Lambda refuses a larger direct upload; S3 uploads may be larger, but nobody wants them to be.
LARGEST_ZIP_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True)
class Artifact:
    """One function as it would be uploaded."""

    name: str
    size: int
    zip_size: int
    machine: str
    glibc: tuple[int, ...]
    libraries: list[str]

    def faults(self) -> list[str]:
        found = []
        if self.machine != "AArch64":
            found.append(f"is made for {self.machine}, not for arm64")
        if self.glibc > NEWEST_GLIBC:
            found.append(
                f"needs glibc {_dotted(self.glibc)}, and Amazon Linux 2023 has {_dotted(NEWEST_GLIBC)}"
            )
        if lacking := sorted(set(self.libraries) - AVAILABLE):
            found.append(f"needs {', '.join(lacking)}, which the base image may lack")
        if self.zip_size > LARGEST_ZIP_BYTES:
            found.append(f"is {_mb(self.zip_size)} zipped; Lambda takes {_mb(LARGEST_ZIP_BYTES)}")
        return [f"{self.name} {fault}" for fault in found]


def check() -> None:
    artifacts = [read(name) for name in function_names()]
    say(f"{'function':<14}{'size':>10}{'zipped':>10}  {'machine':<9}{'glibc':<7}libraries")
    for a in artifacts:
        say(
            f"{a.name:<14}{_mb(a.size):>10}{_mb(a.zip_size):>10}  {a.machine:<9}{_dotted(a.glibc):<7}"
            f"{' '.join(a.libraries)}"
        )
    if faults := [fault for artifact in artifacts for fault in artifact.faults()]:
        raise Trouble("\n".join(faults))
    say(f"\nAll of them start on Amazon Linux 2023 (glibc {_dotted(NEWEST_GLIBC)}), arm64.")


def read(name: str) -> Artifact:
    path = ROOT / "target" / "lambda" / name / "bootstrap"
    if not path.exists():
        raise Trouble(f"{path.relative_to(ROOT)} is missing; `make package` makes it")
    with path.open("rb") as file:
        elf = ELFFile(file)
        return Artifact(
            name=name,
            size=path.stat().st_size,
            zip_size=_zip_size(path),
            machine=elf["e_machine"].removeprefix("EM_").replace("AARCH64", "AArch64"),
            glibc=_newest_glibc(elf),
            libraries=sorted(_needed(elf)),
        )


def _needed(elf: ELFFile) -> list[str]:
    dynamic = (section for section in elf.iter_sections() if isinstance(section, DynamicSection))
    return [tag.needed for section in dynamic for tag in section.iter_tags("DT_NEEDED")]


def _newest_glibc(elf: ELFFile) -> tuple[int, ...]:
    """The newest of the symbol versions that the loader will look for."""
    needs = (section for section in elf.iter_sections() if isinstance(section, GNUVerNeedSection))
    versions = [
        tuple(int(part) for part in version.name.removeprefix("GLIBC_").split("."))
        for section in needs
        for _, wanted in section.iter_versions()
        for version in wanted
        if version.name.startswith("GLIBC_") and version.name[len("GLIBC_")].isdigit()
    ]
    return max(versions, default=(0,))


def _zip_size(path: Path) -> int:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "bootstrap")
    return buffer.tell()


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB"
