"""The other process, for a classic one-file script: run it, call its functions, note what it does.

The script runs as it would by itself, statement by statement, in a world of its own. Autograd's
`grad` is a recorder: it notes where a gradient is asked for, and gives back numbers that the other
side chose, so that an optimiser's steps can be compared with a law. Training loops end after a few
of them. No expected value and no verdict is ever in this process.
"""

import ast
import functools
import io
import os
import sys
import time
import tokenize
import types
from pathlib import Path

import numpy as np

MAIN = "__main__"
MAX_SOURCE = 2**20  # bytes
MAX_EVENTS, MAX_ROWS, MAX_BYTES = 2_000, 200, 40_000_000
TRAINED = 1_000  # a vector of parameters has more elements than this
PIXELS = 784
SHOWN_ROWS = 20  # of a batch: enough to see what was done to the pixels
BOUND_ROWS = 8  # of a batch: what a bound that is only printed is evaluated on
ASSUMED_BOUND = -100.0  # where the script's own bound cannot be had
# Gradients after which a training loop ends: the outermost one, and those inside it
LIMITS = {"adam": (6, 3), "figures": (2, 1)}
# For a run, of processor time and on the clock; then what was noted so far is the answer
SECONDS = {"define": (1.0, 2.0), "calls": (1.5, 2.5), "adam": (3.0, 4.0), "figures": (3.0, 4.0)}


class StopError(BaseException):
    """The run is over: not an error of the script's, and none that it should catch."""


class TooLongError(StopError):
    """The run is over because it took too long."""


def perform(job, arrays, child):
    """The replies to a job: its calls' results, or all that a run of the script did."""
    load, calls = job["load"], job["calls"]
    session = Session(load, arrays, child)
    try:
        tree = parse(session.path)
    except BaseException as error:  # whatever reading a student's file raises is an answer
        described = child.describe_error(error, session.root)
        for number in range(max(1, len(calls))):
            yield {"call": number, "kind": "load", **described}, []
        return
    world = child.sibling("child_world")
    surroundings = world.around(
        session.path, session.dataset, session.save_images, session.figure, session.patches()
    )
    with surroundings:
        if session.mode == "define":
            yield from session.answer(tree, calls, job["stubs"])
        else:
            yield from session.run(tree)


def parse(path):
    """The script as a syntax tree whose loops report to the session."""
    source = path.read_bytes()
    if len(source) > MAX_SOURCE:
        raise ValueError("the file is larger than a megabyte")
    encoding, _lines = tokenize.detect_encoding(io.BytesIO(source).readline)
    source.decode(encoding)  # a comment may be wrong too: Python refuses to run such a file
    tree = compile(source, str(path), "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    return ast.fix_missing_locations(Loops().visit(tree))


DEFINITIONS = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


class Loops(ast.NodeTransformer):
    """Lets every loop ask, before each pass, whether it is to go on."""

    def __init__(self):
        self.count = 0

    def visit_For(self, node):
        self.generic_visit(node)
        node.iter = _ask("__loop__", node.iter, node.iter)
        return node

    def visit_While(self, node):
        self.generic_visit(node)
        self.count += 1
        going, start = (
            _ask(name, ast.copy_location(ast.Constant(self.count), node.test), node.test)
            for name in ("__going__", "__start__")
        )
        node.test = ast.copy_location(ast.BoolOp(ast.And(), [going, node.test]), node.test)
        return [ast.copy_location(ast.Expr(start), node), node]


def _ask(name, argument, place):
    function = ast.copy_location(ast.Name(name, ast.Load()), place)
    return ast.copy_location(ast.Call(function, [argument], []), place)


def unguarded(body):
    """The statements of a module, with those below `if __name__ == "__main__"` among them."""
    for statement in body:
        if isinstance(statement, ast.If) and any(
            isinstance(node, ast.Name) and node.id == "__name__"
            for node in ast.walk(statement.test)
        ):
            yield from statement.body
        else:
            yield statement


class Namespace(dict):
    """The globals of the script: what it defines may be watched, or stood in for."""

    def __init__(self, session, values):
        super().__init__(values)
        self.session = session

    def __setitem__(self, name, value):
        super().__setitem__(name, self.session.defined(name, value))


class Main(types.ModuleType):
    """The module __main__, for those who look for it by name."""

    def __init__(self, namespace):
        super().__init__(MAIN)
        self.__dict__["_namespace"] = namespace

    def __getattr__(self, name):
        if name not in self._namespace:
            raise AttributeError(name)
        return self._namespace[name]


class Session:
    """One script, from its first statement to the last reply."""

    def __init__(self, load, arrays, child):
        self.load, self.arrays, self.child = load, arrays, child
        self.path = Path(load["script"])
        self.root = str(self.path.parent)
        self.mode = load["mode"]  # define: until a gradient is asked for; adam; figures
        world = child.sibling("child_world")
        train, test = (arrays[load[part]["array"]] for part in ("train", "test"))
        self.dataset = world.Dataset(train, test, load["train_size"])
        self.calls = child.sibling("child_calls")
        self.noise = self.calls.Noise(load["noise"]) if load.get("noise") else None
        self.network = Networks(load["seed"])
        self.events, self.bytes, self.noted = [], 0, 0
        self.gradients = self.inside = 0
        self.optimisers, self.forced = {}, None
        self.gradient_lines = set()
        self.loops, self.whiles = [], {}
        self.started = time.process_time(), time.monotonic()

    # The script's statements, one after the other

    def statements(self, tree):
        """Execute the script; yields after each statement what it raised, or None."""
        self.tree = tree
        self.space = Namespace(
            self,
            {
                "__name__": MAIN,
                "__file__": str(self.path),
                "__doc__": None,
                "__builtins__": __builtins__,
                "__loop__": self.loop,
                "__going__": self.going,
                "__start__": self.start,
            },
        )
        sys.modules[MAIN] = Main(self.space)
        stopped = False
        for statement in unguarded(tree.body):
            if stopped and not isinstance(statement, DEFINITIONS):
                continue
            del self.loops[:]
            try:
                module = ast.Module([statement], [])
                exec(compile(module, str(self.path), "exec", dont_inherit=True), self.space)
            except BaseException as error:
                yield error
                if isinstance(error, (StopError, SystemExit, KeyboardInterrupt)):
                    # What is below may still define functions that are to be called
                    stopped = True
                    if self.mode in LIMITS:
                        return
            else:
                yield None

    def run(self, tree):
        """The events of a whole run, in their order; a statement that fails is one of them."""
        number = 0
        for error in self.statements(tree):
            if isinstance(error, StopError):
                self.note("stopped", [])
            elif error is not None:
                self.events.append(({"kind": "none", **self.describe_error(error)}, []))
            for reply, values in self.events:
                yield {"call": number, **reply}, values
                number += 1
            self.events.clear()
        self.note("end", [np.array(self.gradients), np.array(self.uses_gradient())])
        for reply, values in self.events:
            yield {"call": number, **reply}, values

    def answer(self, tree, calls, stubs):
        """The results of calls of the script's functions, once its globals are there."""
        raised = (Exception, TooLongError)
        errors = [error for error in self.statements(tree) if isinstance(error, raised)]
        self.mode = "calls"
        self.calls.stand_in(self.space, stubs, self.arrays, self.child.StubMissError)
        for number, call in enumerate(calls):
            if self.noise:
                self.noise.begin()
            self.started = time.process_time(), time.monotonic()
            reply, values = self.calls.one_call(self, call, errors)
            yield {"call": number, **reply}, values

    def describe_error(self, error):
        """What was raised, as a reply; NotImplementedError of the script's own is a blank."""
        described = self.child.describe_error(error, self.root)
        if isinstance(error, NotImplementedError):
            last = error.__traceback__
            while last.tb_next:
                last = last.tb_next
            if last.tb_frame.f_code.co_filename == str(self.path):
                described["status"] = "blank"
        return described

    # Loops

    def loop(self, items):
        """The items of a loop, until it has trained enough."""
        state = self.enter()
        try:
            for item in items:
                if not self.continues(state):
                    return
                yield item
        finally:
            self.leave(state)

    def start(self, number):
        """A `while` loop is about to begin."""
        self.whiles[number] = None

    def going(self, number):
        """Whether a `while` loop is to go on."""
        if self.whiles.get(number) is None:
            self.whiles[number] = self.enter()
        return self.continues(self.whiles[number])

    def enter(self):
        state = [self.gradients]
        self.loops.append(state)
        return state

    def leave(self, state):
        if any(state is other for other in self.loops):
            self.truncate(state)
            self.loops.pop()

    def truncate(self, state):
        """Forget the loops inside this one: they are over."""
        index = next((i for i, other in enumerate(self.loops) if other is state), None)
        if index is None:
            self.loops.append(state)
        else:
            del self.loops[index + 1 :]

    def continues(self, state):
        self.check_time()
        self.truncate(state)
        limits = LIMITS.get(self.mode)
        if limits is None:
            return True
        limit = limits[0] if state is self.loops[0] else limits[1]
        return self.gradients - state[0] < limit

    def check_time(self):
        limit, wall = SECONDS[self.mode]
        if (
            time.process_time() - self.started[0] > limit
            or time.monotonic() - self.started[1] > wall
        ):
            raise TooLongError

    # What the script defines and imports

    def defined(self, name, value):
        """What takes the place of a global that the script sets."""
        if not isinstance(value, types.FunctionType) or self.mode not in LIMITS:
            return value
        if name == "save_images":
            return self.save_images
        if name == "init_net_params" and self.mode == "figures":
            return functools.wraps(value)(lambda *args, **kwargs: enlarged(value(*args, **kwargs)))
        if name == "vae_lower_bound":
            return self.bound(value)
        if name == self.calls.SAMPLE:
            return self.calls.assumed_sample if "1.1" in self.load["assume"] else value
        return self.watched(value)

    def patches(self):
        """What replaces functions of libraries during the run."""
        import autograd
        import autograd.util
        from autograd import differential_operators as operators
        from autograd.misc.flatten import flatten

        self.true_flatten = flatten
        self.true_grad = autograd.grad
        recorded = {
            name: self.recorder(getattr(autograd, name), name == "value_and_grad")
            for name in ("grad", "value_and_grad")
        }
        patches = [
            (owner, name, value)
            for owner in (autograd, operators)
            for name, value in recorded.items()
        ]
        patches.append((sys.modules["autograd.misc.flatten"], "flatten", self.flatten))
        if getattr(autograd.misc, "flatten", None) is flatten:
            patches.append((autograd.misc, "flatten", self.flatten))
        patches.append((autograd.util, "flatten", self.flatten))  # its place in 2016
        patches.append((time, "sleep", lambda *_: None))
        patches.append((os, "_exit", sys.exit))
        return patches + (self.noise.patches() if self.noise else [])

    def bound(self, function):
        """The script's bound on fewer images, or a number where that cannot be had."""

        @functools.wraps(function)
        def vae_lower_bound(*args, **kwargs):
            self.inside += 1
            try:
                if self.forced == ASSUMED_BOUND:
                    self.note_batch([*args, *kwargs.values()])
                if "1.4" in self.load["assume"]:
                    return self.assumed_bound()
                few = [_few(value) for value in args]
                result = function(*few, **{name: _few(value) for name, value in kwargs.items()})
                if isinstance(result, tuple):  # some return the terms as well
                    return (self.assumed_bound(), *result[1:])
                mine = self.forced is None and np.shape(result) == ()
                return result if mine else self.assumed_bound()
            except Exception:  # whatever a bound raises, it is judged elsewhere
                return self.assumed_bound()
            finally:
                self.inside -= 1

        return vae_lower_bound

    def assumed_bound(self):
        return ASSUMED_BOUND if self.forced is None else self.forced

    def note_batch(self, values):
        images = [v for v in values if isinstance(v, np.ndarray) and v.shape[1:] == (PIXELS,)]
        if images:
            self.note("batch", [np.array(len(images[-1])), images[-1][:SHOWN_ROWS]])

    def watched(self, function):
        """A function whose calls are noted if they encode or decode images."""

        @functools.wraps(function)
        def call(*args, **kwargs):
            result = function(*args, **kwargs)
            if self.mode == "figures" and not self.inside and isinstance(result, np.ndarray):
                self.note_network([*args, *kwargs.values()], result)
            return result

        return call

    def note_network(self, values, result):
        arrays = [np.asarray(v) for v in values if _is_rows(v)]
        for inputs in arrays:
            widths = inputs.shape[-1], result.shape[-1] if result.ndim else 0
            rows = inputs.shape[:-1] == result.shape[:-1]
            if rows and sum(width == PIXELS for width in widths) == 1 and min(widths) > 1:
                label = "decode" if widths[1] == PIXELS else "encode"
                pair = [np.atleast_2d(part)[:MAX_ROWS] for part in (inputs, result)]
                self.note(label, [*pair, np.array(self.network.origin(values))])
                return

    # Gradients

    def recorder(self, operator, with_value):
        """autograd's grad or value_and_grad, which records where it is asked."""

        def recorded(function, argnum=0, *args, **kwargs):
            true = operator(function, argnum, *args, **kwargs)
            if self.mode == "calls" or not isinstance(argnum, int):
                return true
            # A script may make the same gradient function anew for every step
            origin = getattr(function, "__code__", function), argnum
            if origin not in self.optimisers:
                self.optimisers[origin] = Steps(self, len(self.optimisers))
            steps = self.optimisers[origin]

            def gradient(*args, **kwargs):
                if argnum >= len(args) or _is_box(args[argnum]) or self.mode == "calls":
                    return true(*args, **kwargs)
                vector, restore = self.true_flatten(args[argnum])
                if vector.size < TRAINED or vector.dtype.kind != "f":
                    return true(*args, **kwargs)
                value = steps.take(vector, functools.partial(function, *args, **kwargs))
                chosen = restore(steps.gradient(vector))
                return (value, chosen) if with_value else chosen

            return gradient

        return recorded

    def flatten(self, value):
        """autograd's flatten; for figures, its inverse gives a network whose latents matter."""
        vector, restore = self.true_flatten(value)
        if self.mode != "figures" or _is_box(vector) or vector.size < TRAINED:
            return vector, restore
        self.network.choose(value, vector)

        def unflatten(given):
            if _is_box(given) or np.shape(given) != vector.shape:
                return restore(given)
            self.network.note_given(given, self.gradients)
            return restore(self.network.chosen)

        return vector, unflatten

    def uses_gradient(self):
        """Whether the variable that a gradient was put into is read anywhere."""
        names = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign) and self.gradient_lines & set(
                range(node.lineno, node.end_lineno + 1)
            ):
                if not isinstance(node.value, ast.Call):
                    return True
                names |= {n.id for t in node.targets for n in ast.walk(t) if hasattr(n, "id")}
        if not names:
            return bool(self.gradient_lines)
        ignored = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                ignored.add(node.func)
                if isinstance(node.func, ast.Name) and node.func.id == "print":
                    ignored |= set(ast.walk(node))
        return any(
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and node.id in names
            and node not in ignored
            for node in ast.walk(self.tree)
        )

    # Events

    def save_images(self, images, filename, vmin=0.0, vmax=1.0, **_options):
        """Stands for data.save_images: the images are noted, no file is made."""
        scaled = vmin in (0, None) and vmax in (1, None)
        self.figure(images, filename, fixed=vmin is not None and vmax is not None and scaled)

    def figure(self, images, name, fixed=True):
        """Note a figure; what is no array of images is noted as it is."""
        array = np.asarray(images)
        if array.dtype.kind not in "fiub":
            array = np.asarray(images, dtype=float)
        if array.ndim >= 2 and array.shape[-2:] == (28, 28):
            array = array.reshape(-1, PIXELS)
        self.note(f"figure {name}", [np.atleast_1d(array)[:MAX_ROWS], np.array(fixed)])

    def note(self, label, arrays):
        """Add an event, unless there are too many."""
        size = sum(array.nbytes for array in arrays)
        if self.noted >= MAX_EVENTS or self.bytes + size > MAX_BYTES:
            if label not in ("end", "stopped"):
                return
            arrays = []
        self.noted, self.bytes = self.noted + 1, self.bytes + size
        kind, values = self.child.describe(tuple(np.array(array) for array in arrays))
        reply = {"status": "value", "kind": kind, "message": label[:200], "where": self.where()}
        self.events.append((reply, values))

    def where(self):
        """File and line of the script's statement that is being executed."""
        line = self.line()
        return f"{self.path.name}:{line}" if line else ""

    def line(self):
        frame = sys._getframe()
        while frame is not None and frame.f_code.co_filename != str(self.path):
            frame = frame.f_back
        return frame.f_lineno if frame else 0


class Steps:
    """The steps of one optimiser, as its gradients show them."""

    def __init__(self, session, number):
        self.session, self.number, self.count = session, number, 0
        self.sign = 1  # -1 for a loss, which falls where the bound grows
        given = session.load.get("gradients")
        self.given = session.arrays[given["array"]] if given else np.zeros((1, 1))

    def take(self, vector, function):
        """A gradient is asked for at `vector`; what the function returns there."""
        session = self.session
        session.check_time()
        if session.mode == "define":
            raise StopError
        session.gradients += 1
        session.gradient_lines.add(session.line())
        edge = 2 * self.given.shape[1]
        shown = np.unique(np.r_[:edge, vector.size - edge : vector.size])
        value = ASSUMED_BOUND
        if session.mode == "adam":
            value = self.value(function, ASSUMED_BOUND)
            if self.count == 0:
                self.sign = _sign(value, self.value(function, 2 * ASSUMED_BOUND))
        head = np.array([self.number, self.count, self.sign])
        session.note("step", [head, shown, vector[shown]])
        return value

    def value(self, function, bound):
        """What the function returns where the bound is this number."""
        session = self.session
        session.inside, session.forced = session.inside + 1, bound
        try:
            return function()
        except Exception:  # a bound that fails is judged elsewhere
            return bound
        finally:
            session.inside, session.forced = session.inside - 1, None

    def gradient(self, vector):
        """The next of the gradients that the other side chose."""
        row = self.given[self.count % len(self.given)]
        self.count += 1
        return np.resize(row, vector.size).astype(vector.dtype)


def _sign(value, lower):
    """1 if a function grows with the bound, -1 if it falls; `lower`: its value at a lower one."""
    try:
        return -1 if float(value) < float(lower) else 1
    except (TypeError, ValueError):
        return 1


class Networks:
    """The parameters that figures are made with: as if trained, so that latents matter."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.chosen, self.marks, self.initial_marks = None, set(), set()
        self.initial, self.given_initial = None, False

    def choose(self, value, vector):
        """New parameters in the place of `value`: matrices of unit gain, small biases."""
        self.initial = vector.copy()
        leaves = [np.asarray(leaf) for leaf in _leaves(value)]
        last = _encoder_output(leaves)
        chosen = []
        for i, leaf in enumerate(leaves):
            before = leaves[i - 1].shape if i else ()
            if leaf.ndim == 2:
                leaf = 1.4 * self.rng.standard_normal(leaf.shape) / np.sqrt(leaf.shape[0])
                if i == last:
                    leaf[:, leaf.shape[1] // 2 :] *= 0.05
            elif leaf.ndim == 1 and len(before) == 2 and before[1] == leaf.size:
                leaf = 0.1 * self.rng.standard_normal(leaf.shape)
                if i - 1 == last:
                    leaf[leaf.size // 2 :] -= 3  # standard deviations near 0.05
            chosen.append(leaf)
        self.chosen = np.concatenate([leaf.ravel() for leaf in chosen]).astype(vector.dtype)
        self.marks = {float(leaf.flat[0]) for leaf in chosen if leaf.size}
        self.initial_marks = {float(leaf.flat[0]) for leaf in leaves if leaf.size}

    def note_given(self, given, gradients):
        self.given_initial = gradients > 0 and np.array_equal(given, self.initial)

    def origin(self, values):
        """0 for parameters from before training, 1 for those after it, 2 for others."""
        leaf = next((np.asarray(leaf) for leaf in _leaves(values) if np.size(leaf)), None)
        mark = None if leaf is None or leaf.dtype.kind != "f" else float(leaf.flat[0])
        if mark in self.marks:
            return 0 if self.given_initial else 1
        return 0 if mark in self.initial_marks else 2


def enlarged(value):
    """Parameters whose matrices have unit gain, for scripts that never flatten them."""
    if isinstance(value, (list, tuple)):
        return type(value)(enlarged(item) for item in value)
    if np.ndim(value) == 2 and np.std(value) > 0:
        return (1.4 / np.sqrt(len(value)) / np.std(value) * value).astype(value.dtype)
    return value


def _encoder_output(leaves):
    """The index of the encoder's last matrix, or None."""
    last, width = None, None
    for i, leaf in enumerate(leaves):
        if leaf.ndim != 2:
            continue
        if leaf.shape[0] == PIXELS or (last is not None and width == leaf.shape[0]):
            last, width = i, leaf.shape[1]
        elif last is not None:
            break
    return last


def _leaves(value):
    """The arrays in nested lists, tuples and dictionaries, in autograd's order."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, dict):
        for name in sorted(value):
            yield from _leaves(value[name])
    else:
        yield value


def _few(value):
    is_images = isinstance(value, np.ndarray) and value.shape[1:] == (PIXELS,)
    return value[:BOUND_ROWS] if is_images else value


def _is_rows(value):
    """Whether a value is an array of one or two dimensions, or a list of rows."""
    if isinstance(value, list):
        shapes = {np.shape(row) for row in value if isinstance(row, np.ndarray)}
        return len(shapes) == 1 and len(shapes.pop()) == 1
    return isinstance(value, np.ndarray) and 1 <= value.ndim <= 2 and value.size > 0


def _is_box(value):
    return type(value).__module__.startswith("autograd.")
