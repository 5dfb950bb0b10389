"""One contender of the speed benchmark, alone in its process: python contenders.py NAME FOLDER.

The folder holds images.npy, (60000, 784) uint8, and parameters.npz, which all contenders start
from: 784-200-200-(2 x 50) and 50-200-200-784, tanh. Every step takes 200 images in a new order,
binarises them anew, draws noise, takes the gradient of the ELBO with one draw in float32, and
makes a step of Adam with the schedule of `train.step_size`.

The process writes "ready", then answers each line of its input, a number of steps, with a line:
the seconds they took. FOLDER/trained.npz then holds its parameters.
"""

import atexit
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

BATCH = 200
LATENT_DIM = 50
STEPS = 300  # an epoch of 60,000 images
EPOCHS = 30
LAYERS = [(784, 200), (200, 200), (200, 100), (50, 200), (200, 200), (200, 784)]

Steps = Callable[[int], None]
Save = Callable[[], list]


def step_size(step: int) -> float:
    """`train.step_size` with its default settings, for peers that lack vae_np; a test compares."""
    rise = min(1.0, (step + 1) / 300)
    fall = (1 + math.cos(math.pi * min(1, step / (STEPS * EPOCHS)))) / 2
    return 3e-3 * rise * (0.02 + 0.98 * fall)


def load(folder: Path) -> tuple[np.ndarray, list[np.ndarray]]:
    """The images, and the parameters: W before b, layer by layer."""
    with np.load(folder / "parameters.npz") as arrays:
        return np.load(folder / "images.npy"), [arrays[name] for name in arrays.files]


def orders(count: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Minibatches of indices without end, each epoch in a new order."""
    while True:
        order = rng.permutation(count)
        yield from order[: count - count % BATCH].reshape(-1, BATCH)


def products(_: Path) -> tuple[Steps, Save | None]:
    """The floor: the matrix products of a step and nothing else."""
    rng = np.random.default_rng(0)
    normal = lambda *shape: rng.standard_normal(shape, dtype=np.float32)  # noqa: E731
    layers = [(normal(BATCH, n), normal(n, m), normal(BATCH, m)) for n, m in LAYERS]
    out = [(np.empty_like(x), np.empty_like(W), np.empty_like(g)) for x, W, g in layers]

    def steps(count):
        for _ in range(count):
            for number, ((x, W, g), (dx, dW, y)) in enumerate(zip(layers, out, strict=True)):
                np.matmul(x, W, out=y)
                np.matmul(x.T, g, out=dW)
                if number:
                    np.matmul(g, W.T, out=dx)

    return steps, None


def vae_np(folder: Path, processes: int = 1) -> tuple[Steps, Save]:
    """The library: `train.epoch`, the loop of the tasks."""
    from vae_np import adam, mlp, parallel, train

    images, parameters = load(folder)
    settings = train.Settings(batch_size=BATCH, epochs=EPOCHS, processes=processes)
    team = ExitStack()
    stepper = team.enter_context(parallel.team(settings, images))
    atexit.register(team.close)
    run = train.start(settings, images, seed=0)
    run = run._replace(optimiser=adam.init(np.concatenate([a.ravel() for a in parameters])))

    class Stop(Exception):  # noqa: N818 (not an error: the end of a repetition)
        pass

    def steps(count):
        nonlocal run
        done = 0

        def on_step(*_):
            nonlocal done
            done += 1
            if done == count:
                raise Stop

        try:
            watch = on_step if count < STEPS else None
            run, _ = train.epoch(run, settings, images, watch, stepper)
        except Stop:
            return  # a part of an epoch: its parameters are not needed

    def save():
        nets = mlp.unflatten(run.optimiser.theta, *train.sizes(settings, 784))
        return [array for net in nets for layer in net for array in layer]

    return steps, save


def student(folder: Path) -> tuple[Steps, None]:
    """Plain autograd: float64, parameters rebuilt from a flat vector inside the traced function."""
    import autograd.numpy as anp
    from autograd import grad
    from autograd.misc.flatten import flatten

    images, parameters = load(folder)
    layers = list(zip(parameters[::2], parameters[1::2], strict=True))
    flat, unflatten = flatten((layers[:3], layers[3:]))
    flat = flat.astype(np.float64)
    rng = np.random.default_rng(0)
    batches = orders(len(images), rng)

    def net(layers, x):
        for W, b in layers:
            a = anp.dot(x, W) + b
            x = anp.tanh(a)
        return a

    def objective(flat, x):
        encoder, decoder = unflatten(flat)
        output = net(encoder, x)
        mean, log_std = output[:, :LATENT_DIM], output[:, LATENT_DIM:]
        z = mean + anp.exp(log_std) * rng.standard_normal(mean.shape)
        s = 1 / (1 + anp.exp(-net(decoder, z)))
        log_likelihood = anp.sum(anp.log(x * s + (1 - x) * (1 - s)), axis=1)
        kl = 0.5 * anp.sum(mean**2 + anp.exp(2 * log_std) - 1 - 2 * log_std, axis=1)
        return anp.mean(log_likelihood - kl)

    gradient = grad(objective)
    m, v, t = np.zeros_like(flat), np.zeros_like(flat), 0

    def steps(count):
        nonlocal flat, m, v, t
        for _ in range(count):
            grey = images[next(batches)] / 255
            g = gradient(flat, (rng.random(grey.shape) < grey).astype(np.float64))
            t += 1
            m = 0.9 * m + 0.1 * g
            v = 0.999 * v + 0.001 * g**2
            m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
            flat = flat + step_size(t - 1) * m_hat / (np.sqrt(v_hat) + 1e-8)

    return steps, None


def torch(folder: Path, fused: bool, compiled: bool, threads: int) -> tuple[Steps, Save]:
    """PyTorch, eager or compiled."""
    import torch

    torch.set_num_threads(threads)
    images, parameters = load(folder)
    images = torch.from_numpy(images)
    generator = torch.Generator().manual_seed(0)
    # torch's linear layers keep W transposed
    tensors = [
        torch.from_numpy(np.ascontiguousarray(array.T)).requires_grad_() for array in parameters
    ]
    # a step size in a tensor: the compiled step does not depend on its value
    first = torch.tensor(step_size(0)) if compiled else step_size(0)
    adam = torch.optim.Adam(tensors, lr=first, fused=fused or None)

    def net(layers, x):
        linear = torch.nn.functional.linear
        x = torch.tanh(linear(x, layers[0], layers[1]))
        x = torch.tanh(linear(x, layers[2], layers[3]))
        return linear(x, layers[4], layers[5])

    def loss(x, eps):
        mean, log_std = net(tensors[:6], x).chunk(2, dim=1)
        logits = net(tensors[6:], mean + torch.exp(log_std) * eps)
        cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits
        log_likelihood = -cross_entropy(logits, x, reduction="none").sum(dim=1)
        kl = 0.5 * (mean**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
        return (kl - log_likelihood).mean()

    if compiled:
        loss = torch.compile(loss)

    def batches():
        while True:
            order = torch.randperm(len(images), generator=generator)
            yield from order[: len(images) - len(images) % BATCH].view(-1, BATCH)

    stream, t = batches(), 0

    def steps(count):
        nonlocal t
        for _ in range(count):
            x = torch.bernoulli(images[next(stream)].float().div_(255), generator=generator)
            eps = torch.randn(BATCH, LATENT_DIM, generator=generator)
            adam.zero_grad()
            value = loss(x, eps)
            value.backward()
            for group in adam.param_groups:
                if compiled:
                    group["lr"].fill_(step_size(t))
                else:
                    group["lr"] = step_size(t)
            adam.step()
            t += 1
            value.item()  # as in our loop, the bound is looked at in every step

    return steps, lambda: [tensor.detach().numpy().T for tensor in tensors]


def jax(folder: Path) -> tuple[Steps, Save]:
    """JAX, the whole step one jitted function that overwrites its state."""
    from functools import partial

    import jax
    import jax.numpy as jnp

    images, parameters = load(folder)

    def net(layers, x):
        for W, b in zip(layers[::2], layers[1::2], strict=True):
            a = x @ W + b
            x = jnp.tanh(a)
        return a

    def loss(layers, x, eps):
        output = net(layers[:6], x)
        mean, log_std = output[:, :LATENT_DIM], output[:, LATENT_DIM:]
        logits = net(layers[6:], mean + jnp.exp(log_std) * eps)
        log_likelihood = jnp.sum(x * logits - jax.nn.softplus(logits), axis=1)
        kl = 0.5 * jnp.sum(mean**2 + jnp.exp(2 * log_std) - 1 - 2 * log_std, axis=1)
        return jnp.mean(kl - log_likelihood)

    @partial(jax.jit, donate_argnums=0)
    def step(state, batch, size):
        layers, m, v, t, key = state
        key, for_pixels, for_noise = jax.random.split(key, 3)
        x = (jax.random.uniform(for_pixels, batch.shape) < batch / 255).astype(jnp.float32)
        eps = jax.random.normal(for_noise, (BATCH, LATENT_DIM))
        value, g = jax.value_and_grad(loss)(layers, x, eps)
        t += 1
        m = [0.9 * a + 0.1 * b for a, b in zip(m, g, strict=True)]
        v = [0.999 * a + 0.001 * b * b for a, b in zip(v, g, strict=True)]
        layers = [
            a - size * (b / (1 - 0.9**t)) / (jnp.sqrt(c / (1 - 0.999**t)) + 1e-8)
            for a, b, c in zip(layers, m, v, strict=True)
        ]
        return (layers, m, v, t, key), value

    layers = [jnp.array(array) for array in parameters]
    zeros = lambda: [jnp.zeros_like(array) for array in layers]  # noqa: E731
    state = layers, zeros(), zeros(), jnp.float32(0), jax.random.key(0)
    batches, number = orders(len(images), np.random.default_rng(0)), 0

    def steps(count):
        nonlocal state, number
        for _ in range(count):
            state, value = step(state, images[next(batches)], step_size(number))
            number += 1
            float(value)

    return steps, lambda: [np.asarray(array) for array in state[0]]


class Contender(NamedTuple):
    """How to make a contender, and how to measure it."""

    make: Callable[..., tuple[Steps, Save | None]]
    threads: int  # of BLAS or of the framework
    options: dict[str, Any] = {}  # noqa: RUF012 (never changed)
    is_peer: bool = True  # needs packages that the library does not
    steps: int = STEPS  # in a repetition


EAGER = {"fused": True, "compiled": False}
CONTENDERS = {
    "matrix products alone, 2 threads": Contender(products, 2, is_peer=False),
    "matrix products alone, 1 thread": Contender(products, 1, is_peer=False),
    "vae_np": Contender(vae_np, 1, is_peer=False),
    "vae_np, 2 processes": Contender(vae_np, 1, {"processes": 2}, is_peer=False),
    "vae_np, 2 BLAS threads": Contender(vae_np, 2, is_peer=False),
    "plain autograd, float64, 2 BLAS threads": Contender(student, 2, is_peer=False, steps=6),
    "plain autograd, float64, 1 thread": Contender(student, 1, is_peer=False, steps=6),
    "PyTorch, eager, fused Adam": Contender(torch, 2, {**EAGER, "threads": 2}),
    "PyTorch, eager, fused Adam, 1 thread": Contender(torch, 1, {**EAGER, "threads": 1}),
    "PyTorch, eager, default Adam": Contender(torch, 2, {**EAGER, "fused": False, "threads": 2}),
    "PyTorch, torch.compile, fused Adam": Contender(
        torch, 2, {"fused": True, "compiled": True, "threads": 2}
    ),
    "JAX, jit": Contender(jax, 2),
}


def main(name: str, folder: Path) -> None:
    contender = CONTENDERS[name]
    steps, save = contender.make(folder, **contender.options)
    steps(5)  # compiled and warm
    print("ready", flush=True)
    for line in sys.stdin:
        started = time.perf_counter()
        steps(int(line))
        seconds = time.perf_counter() - started
        if save:
            np.savez(folder / "trained.npz", *save())
        print(seconds, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
