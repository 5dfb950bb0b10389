"""The other process: load a student's code, make the calls that are asked for, reply with values.

Run as a script, not imported by the checks: nothing of a reference solution, no expected value and
no verdict is ever in this process. Whatever the student's code does here, it can only change the
values that it returns.
"""

import importlib
import importlib.machinery
import importlib.util
import os
import sys
import traceback
import types
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
MESSAGE_LENGTH = 500
END_OF_OUTPUT = b"\x00end of output\x00"


class StubMissError(Exception):
    """A stand-in was asked for rows that it does not know."""


def sibling(name):
    """A module of this folder, loaded by its path: the package itself is not imported."""
    spec = importlib.util.spec_from_file_location(f"_course_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LIBRARIES = ("autograd", "autograd.numpy", "autograd.scipy.special")
MORE_LIBRARIES = ("autograd.misc.flatten", "autograd.scipy.stats", "autograd.misc.optimizers")


def warm(libraries=LIBRARIES):
    """Import what student code uses: its seconds are not counted, and a fork has it already."""
    for name in libraries:
        importlib.import_module(name)


def serve(reader, writer, job_ends=lambda: None):
    """Answer jobs until the other side closes the channel; `job_ends` is called after each."""
    frames = sibling("frames")
    while (message := frames.read(reader)) is not None:
        job, arrays = message
        for reply, values in perform(job, arrays):
            frames.write(writer, {"id": job["id"], **reply}, values)
        job_ends()
        frames.write(writer, {"id": job["id"], "done": True})


def perform(job, arrays):
    """Make a job's calls one after the other: (reply, arrays) of each, as soon as it is there."""
    load = job["load"]
    if "script" in load:
        yield from sibling("child_script").perform(job, arrays, sys.modules[__name__])
        return
    root = load["tree"]
    importlib.invalidate_caches()
    sys.path.insert(0, root)
    sys.meta_path.insert(0, only := OnlyFrom(root))
    try:
        for name in load.get("replace", []):
            replace_module(name, load.get("spare"))
        stand_in(job["stubs"], arrays)
        yield from perform_calls(job["calls"], arrays, from_tree, root)
    finally:
        sys.path.remove(root)
        sys.meta_path.remove(only)
        for name in [name for name in sys.modules if name.split(".")[0] == "vae_np"]:
            del sys.modules[name]


class OnlyFrom:
    """An import finder: vae_np is in this tree or nowhere, since an installed one has solutions."""

    def __init__(self, root):
        self.root = root

    def find_spec(self, name, path=None, target=None):
        """The module's place in the tree; ModuleNotFoundError if it has none there."""
        if name.partition(".")[0] != "vae_np":
            return None
        place = [self.root] if name == "vae_np" else path
        spec = importlib.machinery.PathFinder.find_spec(name, place, target)
        if spec is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return spec


def perform_calls(calls, arrays, resolve, root):
    """The calls' replies; `resolve(name)` finds a function or a type of the student's."""
    results = []
    for number, call in enumerate(calls):
        result, reply, values = one_call(call, arrays, resolve, root, results)
        results.append(result)
        yield {"call": number, **reply}, values


def one_call(call, arrays, resolve, root, results):
    """What a call returns, its reply, and the reply's arrays."""
    reply = {"status": "value", "kind": "none", "message": "", "where": ""}
    try:
        function = resolve(call["function"])
    except AbsentError as error:
        kind = "import" if str(error).endswith(".py") else "none"
        return None, {**reply, "status": "missing", "message": str(error), "kind": kind}, []
    except BaseException as error:  # whatever a student's code raises is an answer
        return None, {**reply, **describe_error(error, root), "kind": "import"}, []
    try:
        args = [unpack(value, arrays, resolve, results) for value in call["args"]]
        kwargs = {
            name: unpack(value, arrays, resolve, results) for name, value in call["kwargs"].items()
        }
        if call["do"] == "gradient":
            cotangent = unpack(call["cotangent"], arrays, resolve, results)
            result = gradient(function, args, kwargs, cotangent, call["by"])
        else:
            result = function(*args, **kwargs)
        reply["kind"], values = describe(result)
        if call["echo"]:
            values = [*values, *(value for value in args if is_array(value))]
    except BaseException as error:
        return None, {**reply, **describe_error(error, root)}, []
    return result, reply, values


class AbsentError(Exception):
    """The student's code has no such function."""


def from_tree(name):
    """The object with this dotted name, vae_np.MODULE.NAME, in the student's tree."""
    module_name, _, attribute = name.rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name == module_name:
            raise AbsentError(f"{module_name.replace('.', '/')}.py") from None
        raise
    if not hasattr(module, attribute):
        raise AbsentError(name)
    return getattr(module, attribute)


def unpack(value, arrays, resolve, results):
    """The value that JSON and arrays stand for."""
    if isinstance(value, list):
        return [unpack(item, arrays, resolve, results) for item in value]
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[value["array"]].copy()
    if "result" in value:
        return results[value["result"]]
    if "tuple" in value:
        return tuple(unpack(item, arrays, resolve, results) for item in value["tuple"])
    if "attribute" in value:
        return resolve(value["attribute"])
    items = [unpack(item, arrays, resolve, results) for item in value["items"]]
    return resolve(value["record"])(*items)


def gradient(function, args, kwargs, cotangent, by):
    """d sum(cotangent * function(*args)) / d args[i] for each i in `by`, by autograd."""
    import autograd.numpy as anp
    from autograd import grad

    def scalar(*inputs):
        return anp.sum(cotangent * function(*inputs, **kwargs))

    return tuple(grad(scalar, i)(*args) for i in by)


def is_array(value):
    import numpy as np

    return isinstance(value, np.ndarray)


def describe(value):
    """The kind of a returned value, and its numbers as plain arrays."""
    import numpy as np

    if isinstance(value, tuple) or (isinstance(value, list) and any(map(is_array, value))):
        described = [describe(item) for item in value]
        is_record = isinstance(value, tuple) and hasattr(value, "_fields")
        outer = f"record {type(value).__name__}"[:60] if is_record else "tuple"
        return [outer, *(kind for kind, _ in described)], [
            array for _, arrays in described for array in arrays
        ]
    if value is None:
        return "none", []
    if type(value).__module__.startswith("autograd."):
        return "box", []
    if not isinstance(value, (np.ndarray, list, int, float, np.generic)):
        return f"other {type(value).__name__}"[:60], []
    kind = "array" if is_array(value) else "list" if isinstance(value, list) else "number"
    try:
        array = np.array(value, subok=False)
    except (ValueError, OverflowError):
        return f"other {type(value).__name__}"[:60], []
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        return f"other {array.dtype}"[:60], []
    return kind, [array]


def describe_error(error, root):
    """The status, the text and the place of what student code raised."""
    where, name = place(error, root), type(error).__name__
    if isinstance(error, NotImplementedError) and str(error).startswith("exercise "):
        return {"status": "blank", "message": str(error)[:MESSAGE_LENGTH], "where": where}
    if isinstance(error, StubMissError):
        return {"status": "stub_miss", "message": str(error), "where": where}
    status = "exit" if isinstance(error, (SystemExit, KeyboardInterrupt)) else "error"
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        text = " ".join(str(text).split())
    except BaseException:  # an exception whose text cannot be had
        text = ""
    message = f"{name}: {text}" if text else name
    return {"status": status, "message": message[:MESSAGE_LENGTH], "where": where}


def place(error, root):
    """File and line, below the student's folder, where an exception came from."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{relative(error.filename, root)}:{error.lineno}"
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if Path(root) in Path(file).parents and Path(file).name != Path(__file__).name:
            found = f"{relative(file, root)}:{line}"
    return found


def relative(file, root):
    path = Path(file)
    return path.relative_to(root).as_posix() if Path(root) in path.parents else path.name


def replace_module(name, spare):
    """Put the hand-out's own file, blanks and all, in the place of a module that cannot be read."""
    package, _, stem = name.rpartition(".")
    places = [Path(*name.split(".")[1:]).with_suffix(".py"), Path(f"{stem}.py")] if spare else []
    file = next((Path(spare) / place for place in places if (Path(spare) / place).is_file()), None)
    if file:
        spec = importlib.util.spec_from_file_location(name, file)
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        module = sys.modules[name] = types.ModuleType(name)
    setattr(importlib.import_module(package), stem, module)


def stand_in(stubs, arrays):
    """Put look-ups of rows in the place of functions."""
    for stub in stubs:
        module_name, _, attribute = stub["function"].rpartition(".")
        table = arrays[stub["rows_in"]["array"]], arrays[stub["rows_out"]["array"]]
        function = look_up(stub["function"], stub["parameters"], *table)
        setattr(importlib.import_module(module_name), attribute, function)


def look_up(name, parameters, rows_in, rows_out):
    """A function that knows the results of some rows of arguments, and nothing else."""
    import numpy as np

    def function(*args, **kwargs):
        given = dict(zip(parameters, args, strict=False)) | kwargs
        if len(args) > len(parameters) or set(given) != set(parameters):
            raise TypeError(f"{name} takes the arguments {', '.join(parameters)}")
        values = [given[parameter] for parameter in parameters]
        columns = [np.asarray(value, float) for value in values if not isinstance(value, tuple)]
        one_row = all(column.ndim <= 1 for column in columns)
        columns = np.broadcast_arrays(*(np.atleast_2d(column) for column in columns))
        asked = np.concatenate(columns, axis=-1)
        if asked.shape[-1] != rows_in.shape[-1]:
            raise StubMissError(name)
        distance = np.abs(asked[:, None, :] - rows_in).max(axis=-1)
        if not np.all(distance.min(axis=1) < 1e-5):
            raise StubMissError(name)
        result = rows_out[distance.argmin(axis=1)]
        return result[0] if one_row else result

    return function


def end_output():
    """Mark where the output of a job ends."""
    try:
        sys.stdout.flush()
        os.write(2, END_OF_OUTPUT)
    except (OSError, ValueError, AttributeError):
        pass  # the student's code closed it


def main():
    """Take fds 0 and 1 for messages; the student gets an empty input, and stderr to print to."""
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.dup2(2, 1)
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != HERE]
    # A file saved twice in a second may have the time and the size of its compiled copy
    sys.dont_write_bytecode, sys.pycache_prefix = True, str(HERE / "no-compiled-files")
    warnings.simplefilter("ignore", RuntimeWarning)  # a division by zero is told as an answer
    warm()
    sibling("frames").write(writer, {"id": "ready"})
    try:
        serve(reader, writer, end_output)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
