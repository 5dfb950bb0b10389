"""What a classic script finds around it: `data`, plots and bars that show nothing, a folder.

Part of the other process: imports the standard library and NumPy only, and leaves everything as it
was before.
"""

import contextlib
import gzip
import importlib
import importlib.abc
import importlib.util
import os
import shutil
import struct
import sys
import tempfile
import types
import warnings
from pathlib import Path

import numpy as np

# Libraries that only draw or show: they are answered for, so that nothing is written or waited for
SHOWING = (
    "matplotlib",
    "mpl_toolkits",
    "pylab",
    "seaborn",
    "plotly",
    "PIL",
    "imageio",
    "skimage",
    "cv2",
    "IPython",
    "tqdm",
    "progressbar",
)
PIXELS = 784
SIDE = 28


class Dataset:
    """What load_mnist returns: images float64 in [0, 1], labels one-hot."""

    def __init__(self, train, test, train_size):
        self.train_images = np.resize(train / 255.0, (train_size, PIXELS))
        self.test_images = test / 255.0
        self.train_labels, self.test_labels = (
            np.eye(10)[np.arange(len(images)) % 10]
            for images in (self.train_images, self.test_images)
        )

    def load(self, *_args, **_kwargs):
        parts = self.train_images, self.train_labels, self.test_images, self.test_labels
        return (len(self.train_images), *(part.copy() for part in parts))


def data_module(dataset, save_images):
    """The module `data` that classic scripts import, with the helpers of its known versions."""
    import autograd.numpy

    module = types.ModuleType("data")

    def mnist():
        _, train, train_labels, test, test_labels = dataset.load()
        images = [np.uint8(255 * part + 0.5).reshape(-1, SIDE, SIDE) for part in (train, test)]
        labels = [np.uint8(part.argmax(axis=1)) for part in (train_labels, test_labels)]
        return images[0], labels[0], images[1], labels[1]

    def plot_images(*_args, **_kwargs):
        return Stage(lambda *_: None)

    def make_pinwheel_data(*_args, **_kwargs):
        return np.zeros((10, 2))

    module.__dict__.update(
        load_mnist=dataset.load,
        load_mnist_binary=dataset.load,
        save_images=save_images,
        mnist=mnist,
        plot_images=plot_images,
        download=lambda *_: None,
        one_hot=lambda x, k=10: np.array(np.asarray(x)[:, None] == np.arange(k)[None, :], int),
        partial_flatten=lambda x: np.reshape(x, (x.shape[0], -1)),
        make_pinwheel_data=make_pinwheel_data,
        generate_pinwheel=make_pinwheel_data,
        make_pinwheel=make_pinwheel_data,
        np=autograd.numpy,
        npr=autograd.numpy.random,
        os=os,
        gzip=gzip,
        struct=struct,
        data_mnist=module,
    )
    return module


class Stage:
    """Anything of a drawing library: every name and every call gives another one.

    Images shown on it are collected; when the figure is saved or shown, `emit(images, name)`.
    """

    def __init__(self, emit, name="", pending=None):
        self.__dict__.update(_emit=emit, _name=name, _pending=[] if pending is None else pending)

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Stage(self._emit, name, self._pending)

    def __setattr__(self, name, value):
        pass

    def __call__(self, *args, **kwargs):
        name, pending = self._name, self._pending
        if name in ("imshow", "matshow") and args:
            pending.extend(_tiles(args[0]))
        elif name in ("imsave", "imwrite"):
            pair = [part for part in args if _tiles(part)]
            files = [part for part in args if isinstance(part, str)]
            if pair:
                self._emit(np.array(_tiles(pair[0])), files[0] if files else "")
        elif name in ("savefig", "show", "close") and pending:
            images = np.array(pending)
            pending.clear()
            self._emit(images, str(args[0]) if args and name == "savefig" else "")
        elif name == "subplots":
            return Stage(self._emit, "", pending), self._axes(*args, **kwargs)
        elif name in ("plot", "semilogy", "semilogx", "loglog"):
            return [Stage(self._emit)]
        elif name == "hist":
            return Stage(self._emit), Stage(self._emit), Stage(self._emit)
        elif name in BARS:
            return Bar(*args, **kwargs)
        elif name == "trange":
            return Bar(range(*args))
        return Stage(self._emit, "", pending)

    def _axes(self, rows=1, columns=1, *_args, nrows=None, ncols=None, squeeze=True, **_kwargs):
        shape = (rows if nrows is None else nrows), (columns if ncols is None else ncols)
        axes = np.empty(shape, object)
        for index in np.ndindex(shape):
            axes[index] = Stage(self._emit, "", self._pending)
        if not squeeze:
            return axes
        return axes.item() if axes.size == 1 else axes.squeeze()

    def __iter__(self):
        return iter(())

    def __getitem__(self, _):
        return Stage(self._emit, "", self._pending)

    def __setitem__(self, *_):
        pass

    def __len__(self):
        return 0

    def __bool__(self):
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


BARS = ("tqdm", "tqdm_notebook", "ProgressBar", "progressbar")


class Bar:
    """A progress bar that shows nothing: its argument's items, and methods that do nothing."""

    def __init__(self, items=(), *_args, **_kwargs):
        self.items = items

    def __iter__(self):
        return iter(self.items)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def __call__(self, items=()):
        return items

    def __len__(self):
        return len(self.items)

    def __getattr__(self, name):
        return lambda *_args, **_kwargs: None


def _tiles(value):
    """The images of 28 x 28 in an array: itself, or none."""
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return []
    if array.ndim >= 2 and array.shape[-2:] == (SIDE, SIDE):
        return list(array.reshape(-1, PIXELS))
    return []


class StageFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds every module of a drawing library, and makes a stage of it."""

    def __init__(self, emit):
        self.stage = Stage(emit)

    def find_spec(self, name, _path=None, _target=None):
        if name.split(".")[0] in SHOWING:
            return importlib.util.spec_from_loader(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__getattr__ = self.stage.__getattr__
        module.__all__ = []
        return module

    def exec_module(self, module):
        pass


@contextlib.contextmanager
def around(path, dataset, save_images, emit, patches):
    """A world for one script; afterwards the process is as it was.

    `patches` are (module, name, value) that replace functions of libraries meanwhile.
    """
    module = data_module(dataset, save_images)
    modules, argv, paths = dict(sys.modules), sys.argv, list(sys.path)
    folder, state = os.getcwd(), np.random.get_state()  # noqa: NPY002 (scripts draw from it)
    private = tempfile.mkdtemp(prefix="script-")
    finder = StageFinder(emit)
    originals = [(owner, name, getattr(owner, name, None)) for owner, name, _ in patches]
    try:
        for name in [name for name in sys.modules if name.split(".")[0] in SHOWING]:
            del sys.modules[name]
        sys.modules.update(data=module, data_mnist=module)
        sys.meta_path.insert(0, finder)
        sys.argv = [str(path)]
        sys.path.append(str(Path(path).parent))
        os.chdir(private)
        for owner, name, value in patches:
            setattr(owner, name, value)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        for owner, name, value in reversed(originals):
            if value is None:
                delattr(owner, name)
            else:
                setattr(owner, name, value)
        os.chdir(folder)
        shutil.rmtree(private, ignore_errors=True)
        sys.path[:], sys.argv = paths, argv
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
        for name in set(sys.modules) - set(modules):
            # Compiled libraries cannot be imported twice; the student's own modules can
            if _is_own(sys.modules[name], path) or name.split(".")[0] in (*SHOWING, "data"):
                del sys.modules[name]
        sys.modules.update(modules)
        for name in ("data", "data_mnist"):
            if name not in modules:
                sys.modules.pop(name, None)
        np.random.set_state(state)  # noqa: NPY002


def _is_own(module, path):
    file = getattr(module, "__file__", None)
    return bool(file) and Path(path).parent in Path(file).parents
