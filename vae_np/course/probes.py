"""The questions: small telling examples first, then random ones. Reference side only.

Every exercise has a function that draws its probes from a generator. The examples are the smallest
that tell the known mistakes apart; the random ones are fresh for every seed.
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from vae_np import mlp
from vae_np.course.records import Call, Probe, Record, Returned

PIXELS, LATENTS, HIDDEN = 6, 3, 4
GUARD = 1e-5  # a guard of 1e-8 inside a logarithm is a matter of taste


def sample(rng: Generator) -> list[Probe]:
    f = "vae_np.gaussian.sample"
    small = (np.array([[1.0, -2.0]]), np.array([[-1.0, 0.5]]), np.array([[1.0, 2.0]]))
    mean, log_std, eps = rng.normal(size=(3, 4, LATENTS))
    cotangent = rng.normal(size=(4, LATENTS))
    return [
        Probe("example", (Call(f, small),), shown="sample([[1, -2]], [[-1, 0.5]], [[1, 2]])"),
        Probe("random", (Call(f, (mean, log_std, eps)),), shown="sample(mean, log_std, eps)"),
        Probe(
            "gradient",
            (Call(f, (mean, log_std, eps), cotangent=cotangent, by=(0, 1)),),
            shown="gradient of sample by mean, log_std",
        ),
    ]


def bernoulli(rng: Generator) -> list[Probe]:
    f = "vae_np.bernoulli.log_prob"
    small = (
        np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]),
        np.array([[0.0, 2.0, -3.0], [1.0, -1.0, 4.0]]),
    )
    targets = rng.integers(0, 2, (5, PIXELS)).astype(float)
    logits = rng.uniform(-4, 4, (5, PIXELS))
    extreme = (np.array([[1.0, 0.0, 1.0, 0.0]]), np.array([[-1000.0, 1000.0, 800.0, -800.0]]))
    return [
        Probe(
            "example",
            (Call(f, small),),
            rtol=GUARD,
            shown="log_prob([[1, 0, 1], [0, 0, 1]], [[0, 2, -3], [1, -1, 4]])",
        ),
        Probe(
            "random",
            (Call(f, (targets, logits)),),
            rtol=GUARD,
            shown="log_prob(targets, logits)",
        ),
        Probe(
            "gradient",
            (Call(f, (targets, logits), cotangent=rng.normal(size=5), by=(1,)),),
            rtol=GUARD,
            shown="gradient of log_prob by logits",
        ),
        Probe(
            "extreme",
            (Call(f, extreme), Call(f, extreme, cotangent=np.ones(1), by=(1,))),
            advisory=True,
            shown="log_prob([[1, 0, 1, 0]], [[-1000, 1000, 800, -800]])",
        ),
    ]


def kl(rng: Generator) -> list[Probe]:
    f = "vae_np.gaussian.kl_from_standard"
    small = (np.array([[1.0, -2.0], [0.0, 0.5]]), np.array([[0.5, -1.0], [0.0, -2.0]]))
    mean, log_std = rng.normal(size=(2, 4, LATENTS))
    return [
        Probe(
            "example",
            (Call(f, small),),
            shown="kl_from_standard([[1, -2], [0, 0.5]], [[0.5, -1], [0, -2]])",
        ),
        Probe("random", (Call(f, (mean, log_std)),), shown="kl_from_standard(mean, log_std)"),
        Probe(
            "gradient",
            (Call(f, (mean, log_std), cotangent=rng.normal(size=4), by=(0, 1)),),
            shown="gradient of kl_from_standard by mean, log_std",
        ),
    ]


def elbo_terms(rng: Generator) -> list[Probe]:
    f = "vae_np.vae.elbo_terms"
    probes = []
    # In the second probe there are as many images as latents: transposed terms still fit
    for name, batch in (("random", 2), ("square", LATENTS)):
        images = rng.integers(0, 2, (batch, PIXELS)).astype(float)
        arguments = (model(rng), images, rng.normal(size=(batch, LATENTS)))
        probes.append(Probe(name, (Call(f, arguments),), shown="elbo_terms(model, images, eps)"))
    return probes


def adam(rng: Generator) -> list[Probe]:
    init, update = "vae_np.adam.init", "vae_np.adam.update"
    theta = rng.normal(size=5)
    zero = Record("vae_np.adam.State", (np.zeros(3), np.zeros(3), np.zeros(3), 0))
    steps = np.array([[0.1, -2.0, 0.0], [0.3, 1.0, 0.0], [-0.2, -0.5, 1.0], [0.1, 0.4, 0.0]])
    settings = {"step_size": 0.5, "beta1": 0.8, "beta2": 0.97, "epsilon": 1e-3}
    return [
        Probe("start", (Call(init, (theta,)),), shown=f"init({_row(theta)})"),
        Probe(
            "example",
            _chain(update, zero, steps[:1], {"step_size": 1.0}),
            part=1,
            shown="update(State([0, 0, 0], [0, 0, 0], [0, 0, 0], 0), [0.1, -2, 0], step_size=1)",
        ),
        Probe(
            "steps",
            _chain(update, zero, steps, {"step_size": 1.0}),
            part=1,
            shown="four updates, from zero, step_size=1, last gradient [0.1, 0.4, 0]",
        ),
        Probe(
            "tiny gradient",
            _chain(update, zero, np.full((2, 3), 1e-6), {"step_size": 1.0}),
            part=1,
            shown="update(state, [1e-6, 1e-6, 1e-6], step_size=1)",
        ),
        Probe(
            "settings",
            _chain(update, _state(rng), rng.normal(size=(2, 3)), settings),
            part=1,
            shown="update(state, gradient, step_size=0.5, beta1=0.8, beta2=0.97, epsilon=0.001)",
        ),
        Probe(
            "together",
            (
                Call(init, (theta,)),
                Call(update, (Returned(0), rng.normal(size=5))),
                Call(update, (Returned(1), rng.normal(size=5))),
            ),
            part=1,
            shown="init, then two updates",
        ),
    ]


def _chain(update, state, gradients, settings) -> tuple[Call, ...]:
    states = [state, *(Returned(i) for i in range(len(gradients) - 1))]
    pairs = zip(states, gradients, strict=True)
    return tuple(Call(update, (before, g), dict(settings)) for before, g in pairs)


def _state(rng: Generator) -> Record:
    theta, m, v = rng.normal(size=(3, 3))
    return Record("vae_np.adam.State", (theta, m, v**2, 7))


def generate(rng: Generator) -> list[Probe]:
    f = "vae_np.vae.generate"
    return [
        Probe(
            "random",
            (Call(f, (model(rng), rng.normal(size=(2, LATENTS)))),),
            shown="generate(model, latents)",
        ),
        Probe(
            "more",
            (Call(f, (model(rng), rng.normal(size=(5, LATENTS)))),),
            shown="generate(model, latents)",
        ),
    ]


def reconstruct(rng: Generator) -> list[Probe]:
    f = "vae_np.vae.reconstruct"
    return [
        Probe(
            "random",
            (
                Call(
                    f,
                    (model(rng), rng.random((size, PIXELS)), rng.normal(size=(size, LATENTS))),
                ),
            ),
            shown="reconstruct(model, images, eps)",
        )
        for size in (2, LATENTS)
    ]


def interpolate(rng: Generator) -> list[Probe]:
    f = "vae_np.vae.interpolate"
    first, second = rng.random((2, PIXELS))
    return [
        Probe(
            "two steps",
            (Call(f, (model(rng), first, second), {"steps": 2}),),
            shown="interpolate(model, first, second, steps=2)",
        ),
        Probe(
            "five steps",
            (Call(f, (model(rng), second, first), {"steps": 5}),),
            shown="interpolate(model, first, second, steps=5)",
        ),
        Probe(
            "default",
            (Call(f, (model(rng), first, second)),),
            shown="interpolate(model, first, second)",
        ),
    ]


def manifold(rng: Generator) -> list[Probe]:
    f = "vae_np.experiments.latent_plane.manifold"
    return [
        Probe(f"{steps} steps", (Call(f, (steps,)),), shown=f"manifold({steps})")
        for steps in (2, 3, int(rng.integers(5, 12)))
    ]


def importance_weighted(rng: Generator) -> list[Probe]:
    f = "vae_np.bounds.importance_weighted"
    small = np.array([[0.0, 1.0, -1.0], [-2.0, 3.0, 0.5]])
    square, log_weights = rng.normal(-2, 3, (4, 4)), rng.normal(-2, 3, (5, 3))
    extreme = np.array([[-1000.0, -1001.0], [800.0, 803.0], [-2000.0, -2000.0]])
    return [
        Probe(
            "example", (Call(f, (small,)),), shown="importance_weighted([[0, 1, -1], [-2, 3, 0.5]])"
        ),
        Probe("square", (Call(f, (square,)),), shown="importance_weighted(log_weights)"),
        Probe("random", (Call(f, (log_weights,)),), shown="importance_weighted(log_weights)"),
        Probe(
            "gradient",
            (Call(f, (log_weights,), cotangent=rng.normal(size=5), by=(0,)),),
            shown="gradient of importance_weighted by log_weights",
        ),
        Probe(
            "extreme",
            (Call(f, (extreme,)),),
            shown="importance_weighted([[-1000, -1001], [800, 803], [-2000, -2000]])",
        ),
    ]


def grey_decoder(rng: Generator) -> list[Probe]:
    f = "vae_np.gaussian_decoder.decode"
    return [
        Probe(
            "random",
            (Call(f, (model(rng, 2 * PIXELS), 2 * rng.normal(size=(size, LATENTS)))),),
            shown="decode(model, latents)",
        )
        for size in (1, 5)
    ]


def attribute_vector(rng: Generator) -> list[Probe]:
    f = "vae_np.experiments.latent_arithmetic.attribute_vector"
    small = (
        np.array([[1.0, 0.0], [0.0, 2.0], [6.0, 5.0], [4.0, 4.0], [8.0, 3.0]]),
        np.array([True, False, True, False, True]),
        np.array([False, True, False, True, False]),
        np.array([0, 0, 1, 1, 1]),
    )
    shown = (
        "attribute_vector([[1, 0], [0, 2], [6, 5], [4, 4], [8, 3]], has, lacks, [0, 0, 1, 1, 1])"
    )
    probes = [Probe("example", (Call(f, small),), shown=shown)]
    # One letter a row: it has the attribute, lacks it, or neither; none of the 9s lacks it
    labels = np.repeat([0, 3, 7, 9], [6, 9, 12, 3])
    kinds = np.array(list("hhlnhlhlnnlhllnhllnhnnlhhlnhhh"))
    has, lacks = kinds == "h", kinds == "l"
    latents = rng.normal(size=(30, LATENTS)) + labels[:, None]
    order = rng.permutation(30)
    arguments = tuple(array[order] for array in (latents, has, lacks, labels))
    shown = "attribute_vector(latents, has, lacks, labels)"
    return [*probes, Probe("random", (Call(f, arguments),), shown=shown)]


def momentum(rng: Generator) -> list[Probe]:
    f = "vae_np.optimisers.momentum"
    moving = (np.zeros(3), np.array([1.0, 0.5, 0.0]), np.zeros(3), 0)
    start = Record("vae_np.adam.State", moving), np.array([0.1, -2.0, 1.0])
    gradients, step_sizes = rng.normal(size=(3, 3)), (0.5, 0.25, 2.0)
    states = (_state(rng), Returned(0), Returned(1))
    return [
        Probe(
            "example",
            (Call(f, start, {"step_size": 0.5}),),
            shown="momentum(State([0, 0, 0], [1, 0.5, 0], [0, 0, 0], 0), [0.1, -2, 1], 0.5)",
        ),
        Probe(
            "step sizes",
            tuple(Call(f, row) for row in zip(states, gradients, step_sizes, strict=True)),
            shown="momentum(state, gradient, step_size)",
        ),
        Probe(
            "settings",
            _chain(f, _state(rng), rng.normal(size=(2, 3)), {"step_size": 0.1, "beta": 0.5}),
            shown="momentum(state, gradient, step_size=0.1, beta=0.5)",
        ),
    ]


def model(rng: Generator, outputs: int = PIXELS) -> Record:
    """A small VAE with weights large enough that latents matter."""
    encoder, decoder = (
        [
            (W, rng.normal(0, 0.3, b.shape))
            for W, b in mlp.init(sizes, rng, scale=0.9, dtype=np.float64)
        ]
        for sizes in ((PIXELS, HIDDEN, 2 * LATENTS), (LATENTS, HIDDEN, outputs))
    )
    return Record("vae_np.vae.Model", (encoder, decoder))


def _row(array) -> str:
    return "[" + ", ".join(f"{value:.4g}" for value in array) + "]"


PROBES: dict[str, Callable[[Generator], list[Probe]]] = {
    "1.1": sample,
    "1.2": bernoulli,
    "1.3": kl,
    "1.4": elbo_terms,
    "2": adam,
    "3.1": generate,
    "3.2": reconstruct,
    "3.3": interpolate,
    "5.1": manifold,
    "6.1": importance_weighted,
    "7.1": grey_decoder,
    "8.1": attribute_vector,
    "9.1": momentum,
}
