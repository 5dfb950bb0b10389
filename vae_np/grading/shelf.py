"""What a submission may read: the interpreter's modules and the named libraries, one by one.

The shelf is a folder of links. It is the only place that modules are imported from in the sandbox,
and what its links point to is what Landlock leaves readable. So no folder of packages is readable
as a whole, and whatever else is installed, `vae_np` with the reference included, is not.
"""

import importlib.util
import sys
import sysconfig
from pathlib import Path

LIBRARIES = (
    *("numpy", "scipy", "autograd"),
    # a submission may draw pictures
    *("matplotlib", "mpl_toolkits", "contourpy", "cycler", "dateutil", "fontTools", "kiwisolver"),
    *("packaging", "PIL", "pyparsing", "six", "tqdm"),
)
# Where wheels keep the shared objects that they bring along
BUNDLED = ("numpy.libs", "scipy.libs", "matplotlib.libs", "contourpy.libs", "pillow.libs")
PACKAGES = ("site-packages", "dist-packages")
DEVICES = ("/dev/urandom", "/dev/random", "/dev/zero")
# Names of shared objects outside the usual folders; nothing else of /etc is readable
LINKER = "/etc/ld.so.cache"
MANY = 5_000


def fill(shelf: Path) -> list[str]:
    """Put links to all that may be imported into `shelf`; what they point to."""
    targets = [*_standard(), *_libraries()]
    shelf.mkdir()
    for target in targets:
        link = shelf / target.name
        if not link.is_symlink():
            link.symlink_to(target)
    return [str(target) for target in targets]


def _standard() -> list[Path]:
    folder = Path(sysconfig.get_path("stdlib")).resolve()
    return [entry for entry in sorted(folder.iterdir()) if entry.name not in PACKAGES]


def _libraries() -> list[Path]:
    found = []
    for name in LIBRARIES:
        spec = importlib.util.find_spec(name)
        places = spec.submodule_search_locations if spec else None
        if places:
            found += [Path(place).resolve() for place in places]
        elif spec and spec.origin:
            found.append(Path(spec.origin).resolve())
    folders = {path.parent for path in found}
    bundled = [folder / name for folder in sorted(folders) for name in BUNDLED]
    return [*found, *(path for path in bundled if path.is_dir())]


def compiled() -> list[str]:
    """The folder of the standard library's compiled modules, unless they are built in."""
    return [path for path in sys.path if Path(path).name == "lib-dynload"]


def shared_objects() -> list[str]:
    """The shared objects beside those of the system that this process has loaded, file by file."""
    prefixes = tuple(
        str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "purelib", "platlib")
    )
    with open("/proc/self/maps") as maps:
        loaded = {line.split(None, 5)[-1].strip() for line in maps if ".so" in line}
    folders = {Path(path).parent for path in loaded if not path.startswith(prefixes)}
    files = [path for folder in sorted(folders) for path in sorted(folder.glob("*.so*"))]
    return [str(path) for path in files if path.is_file()][:MANY]


def readable(targets: list[str]) -> list[str]:
    """All that a submission may read, beside its own folder."""
    return [*targets, *compiled(), *shared_objects(), *DEVICES, LINKER]
