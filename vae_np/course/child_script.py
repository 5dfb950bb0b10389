"""The other process, for a classic one-file script: run it, call its functions, note what it does.

The script runs as it would by itself, statement by statement, in a world of its own. Autograd's
`grad` is a recorder: it notes where a gradient is asked for, and gives back numbers that the other
side chose, so that an optimiser's steps can be compared with a law. Training loops end after a few
of them. No expected value and no verdict is ever in this process.
"""

import ast
import inspect
import sys
import time
import types
from pathlib import Path

import numpy as np

MAX_SOURCE = 2**20  # bytes
MAX_EVENTS, MAX_ROWS, MAX_BYTES = 3_000, 200, 40_000_000
SECONDS = 3.0  # of processor time for a run; then what was noted so far is the answer
TRAINED = 1_000  # a vector of parameters has more elements than this
# Gradients until a training loop ends, as (outermost loop, loops inside it)
LIMITS = {"adam": (6, 3), "figures": (2, 1)}
BATCH_ROWS = 20  # of a batch: enough to see what was done to the pixels
ASSUMED_BOUND = -100.0  # where the script's own bound cannot be had
MAIN = "__main__"


class StopError(BaseException):
    """The run is over: not an error of the script's, and none that it should catch."""


def perform(job, arrays, child):
    """The replies to a job: its calls' results, or all that a run of the script did."""
    load, calls = job["load"], job["calls"]
    world = child.sibling("child_world")
    session = Session(load, arrays, child, world)
    runs = [call for call in calls if call["function"] == MAIN]
    try:
        tree = parse(Path(load["script"]))
    except BaseException as error:  # whatever reading a student's file raises is an answer
        described = child.describe_error(error, session.root)
        for number in range(len(calls)):
            yield {"call": number, "kind": "load", **described}, []
        return
    patches = session.patches()
    with world.around(load["script"], session.dataset, session.save_images, session.emit, patches):
        if runs:
            yield from session.run(tree)
        else:
            yield from session.answer(tree, calls, job["stubs"])


def parse(path):
    """The script as a syntax tree whose loops report to the session."""
    source = path.read_bytes()
    if len(source) > MAX_SOURCE:
        raise ValueError("the file is larger than a megabyte")
    tree = compile(source, str(path), "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    return ast.fix_missing_locations(Loops().visit(tree))


class Loops(ast.NodeTransformer):
    """Lets every loop ask, before each pass, whether it is to go on."""

    def __init__(self):
        self.count = 0

    def visit_For(self, node):  # noqa: N802 (ast's own name)
        self.generic_visit(node)
        node.iter = _ask("__loop__", node.iter)
        return node

    def visit_While(self, node):  # noqa: N802
        self.generic_visit(node)
        self.count += 1
        number = ast.Constant(self.count)
        node.test = ast.BoolOp(ast.And(), [_ask("__going__", number), node.test])
        start = ast.copy_location(ast.Expr(_ask("__start__", number)), node)
        return [start, node]


def _ask(name, argument):
    call = ast.Call(ast.Name(name, ast.Load()), [argument], [])
    return ast.copy_location(call, argument) if hasattr(argument, "lineno") else call


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
        try:
            return self._namespace[name]
        except KeyError:
            raise AttributeError(name) from None


class Session:
    """One script, from its first statement to the last reply."""

    def __init__(self, load, arrays, child, world):
        import autograd
        from autograd.misc.flatten import flatten

        self.load, self.child = load, child
        self.path = Path(load["script"])
        self.root = str(self.path.parent)
        self.mode = load.get("mode", "define")
        self.dataset = world.Dataset(
            arrays[load["train"]["array"]], arrays[load["test"]["array"]], load["train_size"]
        )
        self.given = arrays[load["gradients"]["array"]] if "gradients" in load else None
        self.noise = Noise(load["noise"]) if "noise" in load else None
        self.true_grad, self.true_value_and_grad = autograd.grad, autograd.value_and_grad
        self.true_flatten = flatten
        self.events, self.bytes = [], 0
        self.recorders = self.gradients = self.inside = 0
        self.loops, self.whiles = [], {}
        self.stand_ins, self.unwatched = {}, set()
        self.initial = self.chosen = None
        self.untrained = False
        self.names = {}  # of gradients, by line, to see whether they are used
        self.started = time.process_time()

    # The statements

    def namespace(self, tree):
        values = {
            "__name__": MAIN,
            "__file__": str(self.path),
            "__builtins__": __builtins__,
            "__loop__": self.loop,
            "__going__": self.going,
            "__start__": self.start,
            "__doc__": None,
        }
        space = Namespace(self, values)
        sys.modules[MAIN] = Main(space)
        self.tree, self.space = tree, space
        return space

    def statements(self, tree):
        """Execute statement by statement; yields after each what it raised, or None."""
        space = self.namespace(tree)
        for statement in _unguarded(tree.body):
            del self.loops[:]
            try:
                code = compile(
                    ast.Module([statement], []), str(self.path), "exec", dont_inherit=True
                )
                exec(code, space)  # noqa: S102 (the purpose of this process)
            except BaseException as error:
                yield error
                if isinstance(error, (StopError, SystemExit, KeyboardInterrupt)):
                    return
            else:
                yield None

    def run(self, tree):
        """The events of a whole run, in their order; a statement that fails is one of them."""
        number = 0
        for error in self.statements(tree):
            if isinstance(error, StopError):
                self.note("stopped", [], {"status": "exit"})
            elif error is not None:
                described = self.child.describe_error(error, self.root)
                if _unwritten(error, self.path):
                    described["status"] = "blank"
                self.events.append(({"kind": "none", **described}, []))
            while self.events:
                reply, values = self.events.pop(0)
                yield {"call": number, **reply}, values
                number += 1
        self.note("end", [np.array(self.gradients), np.array(self.gradient_used())])
        for reply, values in self.events:
            yield {"call": number, **reply}, values
            number += 1

    def answer(self, tree, calls, stubs):
        """The results of calls of the script's functions."""
        errors = [error for error in self.statements(tree) if isinstance(error, Exception)]
        self.mode = "calls"
        for stub in stubs:
            self.space[stub["function"]] = self.stand_in(stub)
        if self.noise:
            self.noise.on = True
        for number, call in enumerate(calls):
            self.started = time.process_time()
            reply, values = self.one_call(call, errors)
            yield {"call": number, **reply}, values

    def stand_in(self, stub):
        tables = [self.child_arrays[stub[part]["array"]] for part in ("rows_in", "rows_out")]
        look_up = self.child.look_up(stub["function"], stub["parameters"], *tables)
        columns = tables[0].shape[1]

        def function(*args, **kwargs):
            # Other forms of these functions have other arguments: what fits the table is meant
            arrays = [a for a in (*args, *kwargs.values()) if np.shape(a)[-1:] == (columns,)]
            if len(stub["parameters"]) == 1 and arrays:
                return look_up(arrays[-1])
            return look_up(*args, **kwargs)

        return function
