"""The key of the one-file form: what scripts are asked, and what right and wrong ones answer.

Reference side only. The mathematics is the library's.
"""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import autograd
import numpy as np
from autograd.misc.flatten import flatten
from numpy.random import Generator

from vae_np import adam, bernoulli, digits, gaussian, mlp, ops, vae
from vae_np.course import child, child_calls, probes, records, script, script_mistakes
from vae_np.course.child_calls import BERNOULLI, BOUND, KL, PREDICT, SAMPLE
from vae_np.course.key import Entry, Mistaken
from vae_np.course.records import Call, Outcome, Probe, Table
from vae_np.course.script_mistakes import Row

LATENTS, PIXELS, HIDDEN = 50, 784, 6
SAMPLES, BATCH = 60, 4
TRAIN, TEST, TRAIN_SIZE = 60, 20, 1000
NOISE = (0.7, -1.3, 0.4)  # the draws of the noise that is known
STEPS, PATTERNS = 6, 8


def entries(rng: Generator) -> dict[str, Entry]:
    """An entry for each exercise of the one-file form, and the data set that scripts load."""
    makers = {
        script.DATA: data,
        "1.1": sample,
        "1.2": bernoulli_entry,
        "1.3": kl,
        "1.4": bound,
        "2": optimiser,
    }
    streams = rng.spawn(len(makers))
    return {
        name: make(stream) for (name, make), stream in zip(makers.items(), streams, strict=True)
    }


def data(rng: Generator) -> Entry:
    """A few digits, and a seed for the parameters of figures."""
    drawn = digits.draw(TRAIN + TEST, int(rng.integers(2**31))).images
    images = drawn[rng.permutation(len(drawn))]
    call = Call(script.DATA, (images[:TRAIN], images[TRAIN:], TRAIN_SIZE, int(rng.integers(2**31))))
    return Entry((Probe("data", (call,)),), ((),), (), ((),))


def sample(rng: Generator) -> Entry:
    """Draws are judged by their law: the key holds where they are centred, and how they scale."""
    mean = rng.normal(size=(SAMPLES, LATENTS))
    log_std = rng.uniform(-1.5, 1.5, (SAMPLES, LATENTS))
    output = np.concatenate([mean, log_std], axis=1)
    asked = (
        Probe("law", (Call(SAMPLE, (output,)), Call(SAMPLE, (output,)))),
        Probe("gradient", (Call(SAMPLE, (output,), cotangent=1.0),)),
        Probe("other size", (Call(SAMPLE, (rng.normal(size=(5, 6)),)),), advisory=True),
    )

    def law(function):
        centre = function(mean, log_std, np.zeros_like(mean))
        scale = function(mean, log_std, np.ones_like(mean)) - centre
        arrays = tuple(np.float32(array) for array in (centre, scale))
        return ((Outcome("value", ["tuple", "array", "array"], arrays),), (), ())

    rows = script_mistakes.SAMPLE
    return Entry(
        asked,
        law(gaussian.sample),
        tuple(Mistaken(r.name, r.message, r.warning, law(r.function)) for r in rows),
        ((), (), ()),
    )


def bernoulli_entry(rng: Generator) -> Entry:
    """As for the library's function."""
    asked = [
        probe._replace(
            calls=tuple(call._replace(function=BERNOULLI) for call in probe.calls),
            shown=probe.shown.replace("log_prob", BERNOULLI),
        )
        for probe in probes.bernoulli(rng)
    ]
    return _entry(asked, BERNOULLI, bernoulli.log_prob, script_mistakes.BERNOULLI)


def kl(rng: Generator) -> Entry:
    """As for the library's function, with the settings' number of latents."""
    small = np.array([[1.0, -2.0, 0.5, -1.0], [0.0, 0.5, 0.0, -2.0]])
    output = rng.normal(size=(4, 2 * LATENTS))
    asked = [
        Probe(
            "example",
            (Call(KL, (small,)),),
            advisory=True,
            shown=f"{KL}([[1, -2, 0.5, -1], [0, 0.5, 0, -2]])",
        ),
        Probe("random", (Call(KL, (output,)),)),
        Probe("gradient", (Call(KL, (output,), cotangent=rng.normal(size=4)),)),
    ]

    def classic(function):
        return lambda output: function(*ops.halves(output))

    rows = [row._replace(function=classic(row.function)) for row in script_mistakes.KL]
    return _entry(asked, KL, classic(gaussian.kl_from_standard), rows)


def _entry(asked: Sequence[Probe], name: str, function: Callable, rows: Sequence[Row]) -> Entry:
    messages = {row.name: row.message for row in reversed(rows) if row.message}
    return Entry(
        tuple(asked),
        _outcomes(asked, name, function),
        tuple(
            Mistaken(r.name, messages[r.name], r.warning, _outcomes(asked, name, r.function))
            for r in rows
        ),
        ((),) * len(asked),
    )


def _outcomes(asked: Sequence[Probe], name: str, function: Callable) -> tuple:
    """What a function answers to some probes, by the code that asks a student's."""
    found = []
    for probe in asked:
        job = records.job("key", {}, list(probe.calls), [])
        session = SimpleNamespace(
            space={name: function},
            child=child,
            arrays=job.arrays,
            noise=None,
            dataset=SimpleNamespace(train_images=range(TRAIN_SIZE)),
            true_grad=autograd.grad,
            true_flatten=flatten,
            describe_error=lambda error: child.describe_error(error, "/"),
        )
        with script.quiet():
            replies = [child_calls.one_call(session, call, []) for call in job.header["calls"]]
        found.append(
            tuple(
                Outcome(reply["status"], reply["kind"], tuple(arrays), reply["message"])
                for reply, arrays in replies
            )
        )
    return tuple(found)


def bound(rng: Generator) -> Entry:
    """The key holds the bound for each draw of the noise, and for its mirror image."""
    draws = [sign * value for value in NOISE for sign in (1, -1)]
    models = [_model(rng), _model(rng)]
    batches = [rng.integers(0, 2, (BATCH, PIXELS)).astype(float) for _ in models]
    arguments = [
        (_params(model.decoder), _params(model.encoder), images)
        for model, images in zip(models, batches, strict=True)
    ]
    asked = (
        *(Probe("bound", (Call(BOUND, args),)) for args in arguments),
        Probe("gradient", (Call(BOUND, arguments[0], cotangent=1.0),)),
    )

    def answers(function: Callable[..., Any]) -> tuple:
        found = []
        for model, images in zip(models, batches, strict=True):
            with script.quiet():
                values = [function(model, images, np.full((BATCH, LATENTS), c)) for c in draws]
            found.append((Outcome("value", "array", (np.array(values, float),)),))
        return (*found, ())

    def mean_of(terms):
        return lambda *args: vae.elbo(*terms(*args))

    rows = [row._replace(function=mean_of(row.function)) for row in script_mistakes.BOUND_TERMS]
    rows += [
        row._replace(function=lambda *a, f=row.function: f(*vae.elbo_terms(*a), TRAIN_SIZE))
        for row in script_mistakes.TERMS
    ]
    messages = {row.name: row.message for row in reversed(rows) if row.message}
    return Entry(
        asked,
        answers(mean_of(vae.elbo_terms)),
        tuple(Mistaken(r.name, messages[r.name], r.warning, answers(r.function)) for r in rows),
        (_tables(models, batches, draws), *[()] * (len(asked) - 1)),
    )


def _model(rng: Generator) -> vae.Model:
    """A small network with the classic numbers of pixels and latents, and its ReLU."""
    encoder, decoder = (
        [(W, rng.normal(0, 0.2, b.shape)) for W, b in mlp.init(sizes, rng, dtype=np.float64)]
        for sizes in ((PIXELS, HIDDEN, 2 * LATENTS), (LATENTS, HIDDEN, PIXELS))
    )
    return vae.Model(encoder, decoder, ops.relu)


def _params(layers: mlp.Params) -> list:
    return [tuple(layer) for layer in layers]


def _tables(models, batches, draws) -> tuple[Table, ...]:
    """What stands in for the functions that the bound calls."""
    tables: dict[str, list] = {name: [] for name in (SAMPLE, BERNOULLI, KL, "encode", "decode")}
    for model, images in zip(models, batches, strict=True):
        mean, log_std = vae.encode(model, images)
        output = np.concatenate([mean, log_std], axis=1)
        tables["encode"].append((images, output))
        tables[KL].append((output, gaussian.kl_from_standard(mean, log_std)))
        for i, value in enumerate(draws):
            latents = gaussian.sample(mean, log_std, np.full_like(mean, value))
            logits = vae.decode(model, latents)
            if i == 0:
                tables[SAMPLE].append((output, latents))
            tables["decode"].append((latents, logits))
            pair = np.concatenate([images, logits], axis=1)
            tables[BERNOULLI].append((pair, bernoulli.log_prob(images, logits)))
    return tuple(
        Table(
            PREDICT if name in ("encode", "decode") else name,
            (),
            *(np.concatenate(column) for column in zip(*parts, strict=True)),
        )
        for name, parts in tables.items()
    )


def optimiser(rng: Generator) -> Entry:
    """Gradients that are given, and where Adam goes from them, in units of the step size."""
    gradients = rng.normal(size=(STEPS, PATTERNS)) * np.exp(rng.normal(size=PATTERNS))
    gradients[:, 0] = 0.0
    gradients[:, 1] = 1e-6 * np.abs(rng.normal(1, 0.1, STEPS))
    gradients[:3, 2] = 0.0
    probe = Probe("trajectory", (Call(script.MAIN, (gradients,)),), rtol=1e-8)

    def answer(trajectory):
        with script.quiet():
            found = trajectory(gradients[: STEPS - 1]) / script.STEP_SIZE
        return ((Outcome("value", "array", (found,)),),)

    rows = script_mistakes.TRAJECTORIES
    return Entry(
        (probe,),
        answer(script_mistakes.chain(adam.init, adam.update)),
        tuple(Mistaken(r.name, r.message, r.warning, answer(r.function)) for r in rows),
        ((),),
    )
