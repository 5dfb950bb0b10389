"""Steps taken by several processes, each with its part of the batch and its part of theta.

    process     0, the caller        1, 2, ...
                draws a batch        .
                gradient, its rows   gradient, its rows      once theta is there
                update, its part     update, its part        once all gradients are there
                draws the next       .                       while the others still update

All arrays lie in memory that all processes see; a bell (a semaphore) says when to begin. Processes
and not threads, since autograd traces in Python, of which a process runs one thread at a time. And
not threads of BLAS, which would share single products: they spin where they wait for each other,
and a busy neighbour makes every wait long.
"""

import contextlib
import copy
import ctypes
import math
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Semaphore
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from vae_np import adam, mlp, optimisers, train
from vae_np.ops import Array
from vae_np.train import Settings

PATIENCE = 3e-4  # seconds that a process waits awake: most waits are shorter than to fall asleep


class Shared(NamedTuple):
    """What all n processes see."""

    theta: Array  # (P,)
    m: Array  # (P,)
    v: Array  # (P,)
    gradients: Array  # (n, P), each of the objective's mean over a process's rows
    targets: Array  # (B, D)
    eps: Array  # (B S, K)
    terms: Array  # (n, 2), the means of the ELBO's terms over a process's rows
    order: Array  # (2,): steps taken, and the step size


class Other(NamedTuple):
    """A process, as the caller sees it."""

    process: BaseProcess
    order: Semaphore  # rings to begin a gradient, and to begin an update
    answer: Semaphore  # rings when it is done
    errors: Connection  # the exception that ended it


@contextlib.contextmanager
def team(settings: Settings, images: Array) -> Iterator[train.Stepper]:
    """`settings.processes` processes that take steps together, and end with the context.

    Shapes: images (N, D). One process is `train.ALONE`. The gradient is the mean of the parts'
    gradients: what one process finds, up to rounding. A step raises what another process raised,
    or ChildProcessError if one was ended from outside; after that, only a new team goes on.
    """
    if settings.processes == 1:
        yield train.ALONE
        return
    # Not "fork", which copies a process whose BLAS has threads; and as it is on Windows
    context = multiprocessing.get_context("spawn")
    memory = _memory(settings, images)
    with contextlib.ExitStack() as stack:
        others = [
            stack.enter_context(_other(context, number, settings, memory))
            for number in range(1, settings.processes)
        ]
        caller = _Caller(settings, _arrays(memory), others)
        yield train.Stepper(caller.begin, caller.step, caller.end)


class _Caller:
    """Process 0."""

    def __init__(self, settings: Settings, shared: Shared, others: list[Other]) -> None:
        self.settings, self.shared, self.others = settings, shared, others
        self.others_do = "nothing"

    def begin(self, state: adam.State) -> adam.State:
        self._wait_for_updates()
        for array, values in zip(self.shared[:3], state[:3], strict=True):
            array[...] = values
        return adam.State(*self.shared[:3], state.t)

    def step(self, state, settings, targets, eps, size):
        if settings != self.settings:
            raise ValueError(f"settings are {settings}: expected the team's, {self.settings}")
        self.shared.targets[...] = targets
        self.shared.eps[...] = eps
        self._wait_for_updates()
        self.others_do = "a step"
        self.shared.order[:] = state.t, size
        self._order()
        _gradient(0, settings, self.shared)
        self._wait()
        log_likelihood, kl = self.shared.terms.mean(axis=0).tolist()
        train.require_finite(log_likelihood - kl, state.t)
        self._order()
        _update(0, settings, self.shared)
        self.others_do = "updates"
        return state._replace(t=state.t + 1), log_likelihood, kl

    def end(self, state: adam.State) -> adam.State:
        self._wait_for_updates()
        return copy.deepcopy(state)

    def _order(self) -> None:
        for other in self.others:
            other.order.release()

    def _wait(self) -> None:
        for other in self.others:
            if not _rings(other.answer, other.process.is_alive):
                raise _what_ended(other)

    def _wait_for_updates(self) -> None:
        before, self.others_do = self.others_do, "a step"
        if before == "a step":
            raise RuntimeError("a step of these processes was interrupted: they need a new team")
        if before == "updates":
            self._wait()
        self.others_do = "nothing"


def _work(number, settings, memory, order, answer, errors) -> None:
    """The life of every other process: its part of each step, as long as the caller lives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the caller to answer
    train.keep_freed_memory()
    shared, caller = _arrays(memory), multiprocessing.parent_process()
    try:
        with threadpool_limits(1), np.errstate(all="ignore"):  # the caller looks at the bound
            while _rings(order, caller.is_alive):
                _gradient(number, settings, shared)
                answer.release()
                if _rings(order, caller.is_alive):
                    _update(number, settings, shared)
                    answer.release()
    except Exception as error:
        errors.send(error)


def _what_ended(other: Other) -> Exception:
    try:
        return other.errors.recv()
    except EOFError:
        return ChildProcessError(
            "a process that shared the steps has ended, perhaps for want of memory; "
            "train with fewer processes"
        )


def _rings(bell: Semaphore, is_alive: Callable[[], bool]) -> bool:
    """Wait for a bell; False if who should ring it is not alive."""
    asleep = time.perf_counter() + PATIENCE
    while time.perf_counter() < asleep:
        if bell.acquire(block=False):
            return True
    while not bell.acquire(timeout=0.1):
        if not is_alive():
            return bell.acquire(block=False)  # it may have been the last thing it did
    return True


def _gradient(number: int, settings: Settings, shared: Shared) -> None:
    """The gradient of this process's rows, and the means of their two terms."""
    rows = len(shared.targets) // settings.processes
    part = slice(rows * number, rows * (number + 1))
    draws = slice(part.start * settings.samples, part.stop * settings.samples)
    _, *shared.terms[number] = train.ascent_direction(
        shared.theta,
        settings,
        shared.targets[part],
        shared.eps[draws],
        out=shared.gradients[number],
    )


def _update(number: int, settings: Settings, shared: Shared) -> None:
    """Bring this process's part of theta, m and v uphill; every optimiser works elementwise."""
    # Half a part for process 0, which goes on to draw the next batch
    halves = 2 * settings.processes - 1
    start, stop = (shared.theta.size * max(0, 2 * number + i) // halves for i in (-1, 1))
    part = slice(start, stop)
    shares = np.full(settings.processes, 1 / settings.processes, np.float32)
    gradient = shares @ shared.gradients[:, part]
    t, size = shared.order.tolist()
    state = adam.State(*(array[part] for array in shared[:3]), int(t))
    new = optimisers.OPTIMISERS[settings.optimiser](state, gradient, size, out=state)
    for array, values in zip(state[:3], new[:3], strict=True):
        if values is not array:  # an update may return new arrays, as a plain one does
            array[...] = values


Memory = list[tuple[Any, tuple[int, ...]]]  # Shared as it travels: bytes, and the array's shape


def _memory(settings: Settings, images: Array) -> Memory:
    rows, data_dim = settings.batch_size, images.shape[1]
    count = sum(mlp.count(layers) for layers in train.sizes(settings, data_dim))
    shapes = Shared(
        theta=(count,),
        m=(count,),
        v=(count,),
        gradients=(settings.processes, count),
        targets=(rows, data_dim),
        eps=(rows * settings.samples, settings.latent_dim),
        terms=(settings.processes, 2),
        order=(2,),
    )
    kinds = Shared(*[ctypes.c_float] * 6, terms=ctypes.c_double, order=ctypes.c_double)
    return [
        (multiprocessing.RawArray(kind, math.prod(shape)), shape)
        for kind, shape in zip(kinds, shapes, strict=True)
    ]


def _arrays(memory: Memory) -> Shared:
    return Shared(*(np.frombuffer(raw, raw._type_).reshape(shape) for raw, shape in memory))


@contextlib.contextmanager
def _other(
    context: SpawnContext, number: int, settings: Settings, memory: Memory
) -> Iterator[Other]:
    """A process that works until the context ends."""
    order, answer = context.Semaphore(0), context.Semaphore(0)
    here, there = context.Pipe(duplex=False)
    process = context.Process(
        target=_work, args=(number, settings, memory, order, answer, there), daemon=True
    )
    process.start()
    there.close()
    try:
        yield Other(process, order, answer, here)
    finally:
        process.terminate()
        process.join()
        here.close()
