"""One-file scripts as students write them, and the mistakes that they make in them, as edits."""

# ruff: noqa: E501 (scripts are quoted as they are written)

from typing import NamedTuple

IMPORTS = """\
from __future__ import absolute_import, print_function

import time

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad
from autograd.misc.flatten import flatten
from data import load_mnist, save_images

"""

NETWORK = """\
def sigmoid(x):
    return 0.5 * (np.tanh(0.5 * x) + 1.0)


def relu(x):
    return np.maximum(0, x)


def init_net_params(layer_sizes, scale=1e-2):
    return [
        (scale * npr.randn(m, n), scale * npr.randn(n))
        for m, n in zip(layer_sizes[:-1], layer_sizes[1:])
    ]


def neural_net_predict(params, inputs):
    for W, b in params[:-1]:
        inputs = relu(np.dot(inputs, W) + b)
    W, b = params[-1]
    return np.dot(inputs, W) + b


"""

FUNCTIONS = """\
def sample_latent_variables_from_posterior(encoder_output):
    D = np.shape(encoder_output)[-1] // 2
    mean, log_std = encoder_output[:, :D], encoder_output[:, D:]
    return mean + np.exp(log_std) * npr.randn(*mean.shape)


def bernoulli_log_prob(targets, logits):
    return np.sum(targets * logits - np.logaddexp(0, logits), axis=-1)


def compute_KL(q_means_and_log_stds):
    D = np.shape(q_means_and_log_stds)[-1] // 2
    mean, log_std = q_means_and_log_stds[:, :D], q_means_and_log_stds[:, D:]
    return 0.5 * np.sum(np.exp(2 * log_std) + mean**2 - 1 - 2 * log_std, axis=-1)


def vae_lower_bound(gen_params, rec_params, data):
    q = neural_net_predict(rec_params, data)
    z = sample_latent_variables_from_posterior(q)
    logits = neural_net_predict(gen_params, z)
    log_p = bernoulli_log_prob(data, logits)
    return np.mean(log_p - compute_KL(q))


"""

SETTINGS = """\
if __name__ == "__main__":
    latent_dim = 50
    data_dim = 784
    n_units = 200
    n_layers = 2
    gen_layer_sizes = [latent_dim] + [n_units for i in range(n_layers)] + [data_dim]
    rec_layer_sizes = [data_dim] + [n_units for i in range(n_layers)] + [latent_dim * 2]
    batch_size = 200
    num_epochs = 30
    learning_rate = 0.001
    print("Loading training data...")
    N, train_images, _, test_images, _ = load_mnist()
    npr.seed(0)
    init_gen_params = init_net_params(gen_layer_sizes)
    init_rec_params = init_net_params(rec_layer_sizes)
    combined_params_init = (init_gen_params, init_rec_params)
    flattened_combined_params_init, unflat_params = flatten(combined_params_init)

    def objective(flattened_combined_params):
        gen_params, rec_params = unflat_params(flattened_combined_params)
        data_idx = batch
        on = train_images[data_idx, :] > npr.uniform(size=train_images[data_idx, :].shape)
        images = train_images[data_idx, :] * 0.0
        images[on] = 1.0
        return vae_lower_bound(gen_params, rec_params, images)

    objective_grad = grad(objective)
    flattened_current_params = flattened_combined_params_init
"""

ADAM = """\
    beta1 = 0.9
    beta2 = 0.999
    epsilon = 1e-8
    m = np.zeros_like(flattened_current_params)
    v = np.zeros_like(flattened_current_params)
    t = 1
    for epoch in range(num_epochs):
        elbo_est = 0.0
        for n_batch in range(int(np.ceil(N / batch_size))):
            batch = np.arange(batch_size * n_batch, np.minimum(N, batch_size * (n_batch + 1)))
            grad = objective_grad(flattened_current_params)
            m = beta1 * m + (1 - beta1) * grad
            v = beta2 * v + (1 - beta2) * grad**2
            m_hat = m / (1 - beta1**t)
            v_hat = v / (1 - beta2**t)
            step = learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)
            flattened_current_params = flattened_current_params + step
            elbo_est += objective(flattened_current_params)
            t += 1
        print("Epoch: %d ELBO: %e" % (epoch, elbo_est / np.ceil(N / batch_size)))
    gen_params, rec_params = unflat_params(flattened_current_params)
"""

FIGURES = """\
    z = npr.randn(25, latent_dim)
    save_images(sigmoid(neural_net_predict(gen_params, z)), "task_3_1.png")

    x = test_images[:10, :]
    q = neural_net_predict(rec_params, x)
    z = sample_latent_variables_from_posterior(q)
    y = sigmoid(neural_net_predict(gen_params, z))
    save_images(np.concatenate((x, y)), "task_3_2.png")

    q = neural_net_predict(rec_params, test_images[0:10, :])
    for i in range(5):
        a = q[2 * i, :latent_dim]
        b = q[2 * i + 1, :latent_dim]
        frames = np.zeros((25, latent_dim))
        for j, s in enumerate(np.linspace(0, 1, 25)):
            frames[j] = (1 - s) * a + s * b
        images = sigmoid(neural_net_predict(gen_params, frames))
        save_images(images, "task_3_3_" + str(i) + ".png")
"""

CLASSIC = IMPORTS + NETWORK + FUNCTIONS + SETTINGS + ADAM + FIGURES

# The template, unfilled: 0.0 where a function is to be written, comments where a figure is
BLANK_FUNCTIONS = """\
def sample_latent_variables_from_posterior(encoder_output):
    D = np.shape(encoder_output)[-1] // 2
    mean, log_std = encoder_output[:, :D], encoder_output[:, D:]
    # TO DO
    return 0.0


def bernoulli_log_prob(targets, logits):
    # TO DO
    return 0.0


def compute_KL(q_means_and_log_stds):
    D = np.shape(q_means_and_log_stds)[-1] // 2
    mean, log_std = q_means_and_log_stds[:, :D], q_means_and_log_stds[:, D:]
    # TO DO
    return 0.0


def vae_lower_bound(gen_params, rec_params, data):
    # TO DO
    return 0.0


"""

BLANK_ADAM = """\
    # TO DO: initial values of Adam
    t = 1
    for epoch in range(num_epochs):
        elbo_est = 0.0
        for n_batch in range(int(np.ceil(N / batch_size))):
            batch = np.arange(batch_size * n_batch, np.minimum(N, batch_size * (n_batch + 1)))
            grad = objective_grad(flattened_current_params)
            # TO DO: the update
            elbo_est += objective(flattened_current_params)
            t += 1
        print("Epoch: %d ELBO: %e" % (epoch, elbo_est / np.ceil(N / batch_size)))
    gen_params, rec_params = unflat_params(flattened_current_params)
    # TO DO: the figures
"""

TEMPLATE = IMPORTS + NETWORK + BLANK_FUNCTIONS + SETTINGS + BLANK_ADAM


class Wrong(NamedTuple):
    """A mistake: the exercise, its verdict, and what is exchanged in the right script."""

    case: str  # as in the list of known mistakes
    exercise: str
    mistake: str | None
    edits: tuple[str, ...]  # old, new, old, new, ...
    status: str = "wrong"

    def text(self, script: str = CLASSIC) -> str:
        for old, new in zip(self.edits[::2], self.edits[1::2], strict=True):
            assert old in script, (self.case, old)
            script = script.replace(old, new)
        return script


DRAW = "mean + np.exp(log_std) * npr.randn(*mean.shape)"
LOG_P = "np.sum(targets * logits - np.logaddexp(0, logits), axis=-1)"
KL = "0.5 * np.sum(np.exp(2 * log_std) + mean**2 - 1 - 2 * log_std, axis=-1)"
MEAN = "np.mean(log_p - compute_KL(q))"
FIRST, SECOND = "beta1 * m + (1 - beta1) * grad", "beta2 * v + (1 - beta2) * grad**2"
M_HAT, V_HAT = "m / (1 - beta1**t)", "v / (1 - beta2**t)"
STEP = "learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)"
MOVE = "flattened_current_params + step"
PRIOR = "z = npr.randn(25, latent_dim)"
SAVED_1 = 'save_images(sigmoid(neural_net_predict(gen_params, z)), "task_3_1.png")'
RECONSTRUCTION = "y = sigmoid(neural_net_predict(gen_params, z))"
SAVED_2 = 'save_images(np.concatenate((x, y)), "task_3_2.png")'
DECODED = "images = sigmoid(neural_net_predict(gen_params, frames))"
FRAME = "frames[j] = (1 - s) * a + s * b"
SAVED_3 = 'save_images(images, "task_3_3_" + str(i) + ".png")'
POSTERIOR = "z = sample_latent_variables_from_posterior(q)\n    y"
TRACED = "images[on] = 1.0\n"

SAMPLING = [
    Wrong("S1", "1.1", "noise times log_std", (DRAW, "mean + log_std * npr.randn(*mean.shape)")),
    Wrong(
        "S1 abs",
        "1.1",
        "noise times log_std",
        (DRAW, "mean + np.abs(log_std) * npr.randn(*mean.shape)"),
    ),
    Wrong("S2", "1.1", "log variance", ("np.exp(log_std) * npr", "np.exp(0.5 * log_std) * npr")),
    Wrong("S3", "1.1", "variance as std", ("np.exp(log_std) * npr", "np.exp(2 * log_std) * npr")),
    Wrong("S4", "1.1", "no noise", (DRAW, "mean")),
    Wrong("S5", "1.1", "no mean", (DRAW, DRAW.removeprefix("mean + "))),
    Wrong("S6", "1.1", "uniform noise", (DRAW, DRAW.replace("randn", "rand"))),
    Wrong("S7", "1.1", "one noise for the whole batch", ("*mean.shape)", "1, D)")),
    Wrong("S8", "1.1", "one noise for all latents", ("*mean.shape)", "mean.shape[0], 1)")),
    Wrong("S9", "1.1", "one number for all noise", ("*mean.shape)", ")")),
    Wrong("S10", "1.1", "tiny noise", ("npr.randn(*mean", "0.01 * npr.randn(*mean")),
    Wrong("S10 large", "1.1", "noise of another size", ("npr.randn(*mean", "2 * npr.randn(*mean")),
    Wrong(
        "S11",
        "1.1",
        "mean and log_std exchanged",
        (
            DRAW,
            DRAW.replace("mean", "M")
            .replace("log_std", "mean")
            .replace("M", "log_std", 1)
            .replace("M", "mean"),
        ),
    ),
    Wrong(
        "S12",
        "1.1",
        "the same noise at every call",
        ("    return " + DRAW, "    npr.seed(42)\n    return " + DRAW),
    ),
    Wrong(
        "S13 value",
        "1.1",
        "gradient cut",
        (
            DRAW,
            "getattr(encoder_output, '_value', encoder_output)[:, :D] + np.exp(getattr(log_std, '_value', log_std)) * npr.randn(*mean.shape)",
        ),
    ),
    Wrong("S13 normal", "1.1", "gradient cut", (DRAW, "npr.normal(mean, np.exp(log_std))")),
    Wrong(
        "S14", "1.1", "a shape instead of sizes", ("*mean.shape)", "mean.shape)"), status="error"
    ),
    Wrong(
        "S15",
        "1.1",
        "a size written in",
        ("D = np.shape(encoder_output)[-1] // 2", "D = 50"),
        "right",
    ),
    Wrong(
        "S16",
        "1.1",
        "gradient cut",
        (
            "    return " + DRAW,
            "    z = np.zeros(mean.shape)\n    for i in range(len(mean)):\n"
            "        z[i] = mean[i] + np.exp(log_std[i]) * npr.randn(D)\n    return z",
        ),
    ),
    Wrong(
        "S17", "1.1", "std never below 1", ("np.exp(log_std) * npr", "np.exp(relu(log_std)) * npr")
    ),
    Wrong(
        "S17 softplus",
        "1.1",
        "std never below 1",
        ("np.exp(log_std) * npr", "np.exp(np.logaddexp(0, log_std)) * npr"),
    ),
    Wrong("noise not scaled", "1.1", "noise not scaled", (DRAW, "mean + npr.randn(*mean.shape)")),
    Wrong(
        "std added", "1.1", "std added", (DRAW, "mean + np.exp(log_std) + npr.randn(*mean.shape)")
    ),
    Wrong(
        "mean scaled",
        "1.1",
        "mean scaled too",
        (DRAW, "np.exp(log_std) * (mean + npr.randn(*mean.shape))"),
    ),
    Wrong(
        "shifted",
        "1.1",
        "noise not centred",
        ("npr.randn(*mean.shape)", "npr.normal(0.5, 1, mean.shape)"),
    ),
    Wrong("no return", "1.1", None, ("return " + DRAW, "z = " + DRAW)),
]

P = "sigmoid(logits)"
LIKELIHOOD = [
    Wrong(
        "B1",
        "1.2",
        "unsafe logarithm",
        (LOG_P, f"np.sum(np.log(targets * {P} + (1 - targets) * (1 - {P})), axis=-1)"),
        "right",
    ),
    Wrong(
        "B2",
        "1.2",
        "guarded logarithm",
        (LOG_P, f"np.sum(np.log(targets * {P} + (1 - targets) * (1 - {P}) + 1e-8), axis=-1)"),
        "right",
    ),
    Wrong(
        "B3",
        "1.2",
        "sign of the logits",
        (LOG_P, "np.sum(-targets * logits - np.logaddexp(0, -logits), axis=-1)"),
    ),
    Wrong(
        "B4",
        "1.2",
        "targets of -1 and 1 assumed",
        (LOG_P, "np.sum(-np.logaddexp(0, -logits * targets), axis=-1)"),
    ),
    Wrong(
        "B5",
        "1.2",
        "only the pixels that are 1",
        (LOG_P, f"np.sum(targets * np.log({P}), axis=-1)"),
    ),
    Wrong(
        "B6",
        "1.2",
        "no logarithm",
        (LOG_P, f"np.sum(targets * {P} + (1 - targets) * (1 - {P}), axis=-1)"),
    ),
    Wrong(
        "B7",
        "1.2",
        "a product of probabilities",
        (LOG_P, f"np.prod(targets * {P} + (1 - targets) * (1 - {P}), axis=-1)"),
    ),
    Wrong("B8", "1.2", "mean instead of sum", (LOG_P, LOG_P.replace("np.sum", "np.mean"))),
    Wrong("B9", "1.2", "sum over the batch", (LOG_P, LOG_P.replace("axis=-1", "axis=0"))),
    Wrong("B10", "1.2", "one number for the whole batch", (LOG_P, LOG_P.replace(", axis=-1", ""))),
    Wrong(
        "B11",
        "1.2",
        "sigmoid twice",
        (LOG_P, f"np.sum(targets * {P} - np.logaddexp(0, {P}), axis=-1)"),
    ),
    Wrong(
        "B12",
        "1.2",
        "logits used as probabilities",
        (LOG_P, "np.sum(targets * logits + (1 - targets) * (1 - logits), axis=-1)"),
    ),
    Wrong("B13", "1.2", "squared error", (LOG_P, f"-np.sum((targets - {P}) ** 2, axis=-1)")),
    Wrong("B14", "1.2", "sign reversed", (LOG_P, "-" + LOG_P)),
    Wrong("B15", "1.2", "logarithm to base 2", (LOG_P, LOG_P + " / np.log(2)")),
    Wrong(
        "B16",
        "1.2",
        "tanh on the logits",
        ("    return " + LOG_P, "    logits = np.tanh(logits)\n    return " + LOG_P),
    ),
    Wrong(
        "B18",
        "1.2",
        "a list instead of an array",
        (LOG_P, "[" + "np.sum(t * a - np.logaddexp(0, a)) for t, a in zip(targets, logits)]"),
    ),
    Wrong(
        "B kept axis",
        "1.2",
        "an axis too many",
        (LOG_P, LOG_P.replace("axis=-1", "axis=-1, keepdims=True")),
    ),
    Wrong("B no sum", "1.2", "no sum", (LOG_P, "targets * logits - np.logaddexp(0, logits)")),
    Wrong(
        "U5",
        "1.2",
        "a traced value made a plain number",
        (
            LOG_P,
            "np.array([float(np.sum(t * a - np.logaddexp(0, a))) for t, a in zip(targets, logits)])",
        ),
        "error",
    ),
]

DIVERGENCE = [
    Wrong(
        "K1",
        "1.3",
        "log variance",
        (KL, "0.5 * np.sum(np.exp(log_std) + mean**2 - 1 - log_std, axis=-1)"),
    ),
    Wrong("K2", "1.3", "2 missing before log std", (KL, KL.replace("- 2 *", "-"))),
    Wrong(
        "K3",
        "1.3",
        "std instead of the variance",
        (KL, KL.replace("np.exp(2 * log_std)", "np.exp(log_std)")),
    ),
    Wrong("K4", "1.3", "one half missing", (KL, KL.removeprefix("0.5 * "))),
    Wrong("K5", "1.3", "sign reversed", (KL, "-" + KL)),
    Wrong("K6", "1.3", "-1 missing", (KL, KL.replace(" - 1", ""))),
    Wrong("K7", "1.3", "mean instead of sum", (KL, KL.replace("np.sum", "np.mean"))),
    Wrong("K8", "1.3", "mean not squared", (KL, KL.replace("mean**2", "mean"))),
    Wrong("K9", "1.3", "mean to the fourth", (KL, KL.replace("mean**2", "np.square(mean)**2"))),
    Wrong("K10", "1.3", "log term missing", (KL, KL.replace(" - 2 * log_std", ""))),
    Wrong("K11", "1.3", "log term added", (KL, KL.replace("- 2 *", "+ 2 *"))),
    Wrong(
        "K12",
        "1.3",
        "the other way round",
        (KL, "0.5 * np.sum((1 + mean**2) * np.exp(-2 * log_std) - 1 + 2 * log_std, axis=-1)"),
    ),
    Wrong(
        "K13",
        "1.3",
        "mean and log_std exchanged",
        ("mean, log_std = q_means", "log_std, mean = q_means"),
    ),
    Wrong(
        "K14",
        "1.3",
        "one half on one term",
        (KL, "np.sum(0.5 * np.exp(2 * log_std) + mean**2 - 1 - 2 * log_std, axis=-1)"),
    ),
    Wrong("K15", "1.3", "mean subtracted", (KL, KL.replace("+ mean", "- mean"))),
    Wrong("K16", "1.3", "sum over the batch", (KL, KL.replace("axis=-1", "axis=0"))),
    Wrong("K17 all", "1.3", "one number for the whole batch", (KL, KL.replace(", axis=-1", ""))),
    Wrong("K17 mean", "1.3", "mean over the batch", (KL, f"np.mean({KL})")),
    Wrong(
        "K17 kept", "1.3", "an axis too many", (KL, KL.replace("axis=-1", "axis=-1, keepdims=True"))
    ),
    Wrong("K18", "1.3", "always zero", (KL, "np.zeros(len(mean)) * mean[:, 0]")),
    Wrong("K19", "1.3", "divided by the batch", (KL, KL + " / len(mean)")),
]

BOUND = [
    Wrong("E1", "1.4", "KL added", (MEAN, "np.mean(log_p + compute_KL(q))")),
    Wrong("E2", "1.4", "sign reversed", (MEAN, "-" + MEAN)),
    Wrong(
        "E4",
        "1.4",
        "sum over the batch, not the mean",
        (MEAN, "np.sum(log_p - compute_KL(q))"),
        "right",
    ),
    Wrong("E6", "1.4", "another scale", (MEAN, "N / batch_size * " + MEAN), "right"),
    Wrong(
        "E7",
        "1.4",
        "terms weighted differently",
        (MEAN, "N * np.mean(log_p) - np.mean(compute_KL(q))"),
    ),
    Wrong(
        "E7 sum",
        "1.4",
        "terms weighted differently",
        (MEAN, "np.sum(log_p) - np.mean(compute_KL(q))"),
    ),
    Wrong("E8 KL", "1.4", "KL left out", (MEAN, "np.mean(log_p)")),
    Wrong("E8 likelihood", "1.4", "likelihood left out", (MEAN, "np.mean(-compute_KL(q))")),
    Wrong(
        "E10",
        "1.4",
        "decoded from pure noise",
        (
            "    z = sample_latent_variables_from_posterior(q)\n    logits",
            "    z = npr.randn(len(q), 50)\n    logits",
        ),
    ),
    Wrong(
        "E11",
        "1.4",
        "logarithm of the logits",
        (
            "log_p = bernoulli_log_prob(data, logits)",
            "log_p = np.sum(data * np.log(logits) + (1 - data) * np.log(1 - logits), axis=-1)",
        ),
    ),
    Wrong(
        "E13",
        "1.4",
        "prior with std e",
        (
            MEAN,
            "np.mean(log_p - (compute_KL(q) - np.sum(-0.5 * (q[:, :50]**2 + np.exp(2 * q[:, 50:])) * (np.exp(-2) - 1) - 1, axis=1)))",
        ),
    ),
    Wrong("E15", "1.4", "another scale", (MEAN, MEAN + " / 784"), "right"),
    Wrong(
        "E15 likelihood",
        "1.4",
        "likelihood per pixel",
        (MEAN, "np.mean(log_p / 784 - compute_KL(q))"),
    ),
    Wrong(
        "E16",
        "1.4",
        "encoder and decoder exchanged",
        ("neural_net_predict(rec_params, data)", "neural_net_predict(gen_params, data)"),
        "error",
    ),
    Wrong(
        "E17",
        "1.4",
        "logarithm of the mean",
        (MEAN, "np.log(np.mean(np.exp(log_p - compute_KL(q))))"),
    ),
    Wrong(
        "E18",
        "1.4",
        "no noise",
        (
            "    z = sample_latent_variables_from_posterior(q)\n    logits",
            "    z = q[:, : q.shape[1] // 2]\n    logits",
        ),
    ),
    Wrong(
        "terms too",
        "1.4",
        None,
        (MEAN, MEAN + ", np.mean(log_p)", "rec_params, images)", "rec_params, images)[0]"),
    ),
    Wrong("U2", "1.4", "a bound for every image", (MEAN, "log_p - compute_KL(q)")),
    Wrong(
        "sigmoid",
        "1.4",
        "probabilities passed as logits",
        ("bernoulli_log_prob(data, logits)", "bernoulli_log_prob(data, sigmoid(logits))"),
    ),
    Wrong(
        "std",
        "1.4",
        "std passed as log_std",
        (
            "    q = neural_net_predict(rec_params, data)\n",
            "    q = neural_net_predict(rec_params, data)\n    q = np.concatenate([q[:, :50], np.exp(q[:, 50:])], axis=1)\n",
        ),
    ),
    Wrong(
        "cut",
        "1.4",
        "gradient cut",
        (
            "    q = neural_net_predict(rec_params, data)\n",
            "    q = neural_net_predict(rec_params, data)\n    q = getattr(q, '_value', q)\n",
        ),
    ),
    Wrong("float", "1.4", "gradient cut", (MEAN, "float(np.mean(log_p - compute_KL(q)))")),
]

OPTIMISER = [
    Wrong("A1", "2", "downhill", (MOVE, "flattened_current_params - step")),
    Wrong("A2", "2", "no bias correction", (M_HAT, "m", V_HAT, "v")),
    Wrong("A3", "2", "m not corrected", (M_HAT, "m")),
    Wrong("A4", "2", "v not corrected", (V_HAT, "v")),
    Wrong("A5", "2", "t one behind", ("    t = 1\n", "    t = 0\n")),
    Wrong(
        "A6",
        "2",
        "t one ahead",
        (
            "            t += 1\n",
            "",
            "            m = beta1",
            "            t += 1\n            m = beta1",
        ),
    ),
    Wrong(
        "A7",
        "2",
        "t counts epochs",
        (
            "            t += 1\n",
            "",
            "        elbo_est = 0.0",
            "        t = epoch + 1\n        elbo_est = 0.0",
        ),
    ),
    Wrong(
        "A7 zero",
        "2",
        "t one behind",
        (
            "            t += 1\n",
            "",
            "        elbo_est = 0.0",
            "        t = epoch\n        elbo_est = 0.0",
        ),
    ),
    Wrong(
        "A7 anew",
        "2",
        "t starts anew every epoch",
        ("        elbo_est = 0.0", "        t = 1\n        elbo_est = 0.0"),
    ),
    Wrong(
        "A8",
        "2",
        "epsilon inside the root",
        ("(np.sqrt(v_hat) + epsilon)", "np.sqrt(v_hat + epsilon)"),
    ),
    Wrong(
        "A9",
        "2",
        "times t instead of to the power t",
        ("beta1**t", "beta1*t", "beta2**t", "beta2*t"),
    ),
    Wrong("A10", "2", "corrected averages stored", ("m_hat", "m", "v_hat", "v")),
    Wrong(
        "A11",
        "2",
        "averages reset",
        ("            m = beta1", "            m = v = 0\n            m = beta1"),
    ),
    Wrong(
        "A11 epoch",
        "2",
        "averages reset every epoch",
        ("        elbo_est = 0.0", "        m = v = 0\n        elbo_est = 0.0"),
    ),
    Wrong("A12", "2", "gradient not squared", ("grad**2", "grad")),
    Wrong("A13", "2", "gradient to the fourth", ("grad**2", "np.square(grad)**2")),
    Wrong("A14", "2", "no square root", ("np.sqrt(v_hat)", "v_hat")),
    Wrong(
        "A15",
        "2",
        "betas exchanged",
        ("beta1 = 0.9\n", "beta1 = 0.999\n", "beta2 = 0.999\n", "beta2 = 0.9\n"),
    ),
    Wrong("A16", "2", "huge epsilon", ("1e-8", "10**8")),
    Wrong("A16 xor", "2", "epsilon is -14", ("1e-8", "10^-8")),
    Wrong(
        "A17",
        "2",
        "epsilon outside the fraction",
        ("/ (np.sqrt(v_hat) + epsilon)", "/ np.sqrt(v_hat) + epsilon"),
    ),
    Wrong(
        "A18", "2", "multiplied by the root", ("/ (np.sqrt(v_hat) + epsilon)", "* np.sqrt(v_hat)")
    ),
    Wrong("A19", "2", "no step size", ("learning_rate * m_hat", "m_hat")),
    Wrong(
        "A20", "2", "plain gradient step", (MOVE, "flattened_current_params + learning_rate * grad")
    ),
    Wrong("A20 momentum", "2", "momentum only", (STEP, "learning_rate * m")),
    Wrong("A21 ones", "2", "v starts at one", ("v = np.zeros_like", "v = np.ones_like")),
    Wrong(
        "A21", "2", "other settings of Adam", ("1e-8", "1e-4", "beta1 = 0.9\n", "beta1 = 0.99\n")
    ),
    Wrong(
        "A24", "2", "theta not moved", ("            flattened_current_params = " + MOVE + "\n", "")
    ),
    Wrong("no epsilon", "2", "no epsilon", (" + epsilon)", ")")),
    Wrong(
        "1 - beta",
        "2",
        "1 - beta missing",
        (FIRST, "beta1 * m + grad", SECOND, "beta2 * v + grad**2"),
    ),
    Wrong(
        "no average",
        "2",
        "gradient instead of m",
        ("learning_rate * m_hat", "learning_rate * grad"),
    ),
    Wrong(
        "rate",
        "2",
        "another step size",
        ("learning_rate = 0.001", "learning_rate = 0.003"),
        "right",
    ),
    Wrong(
        "efficient",
        "2",
        "epsilon not corrected",
        (
            STEP,
            "learning_rate * np.sqrt(1 - beta2**t) / (1 - beta1**t) * m / (np.sqrt(v) + epsilon)",
        ),
        "right",
    ),
    Wrong(
        "D1", "2", "pixels not binarised", (TRACED, "images = train_images[data_idx, :]\n"), "right"
    ),
    Wrong(
        "D2",
        "2",
        "pixels rounded",
        ("npr.uniform(size=train_images[data_idx, :].shape)", "0.5"),
        "right",
    ),
    Wrong(
        "D3", "2", "pixels not in 0 to 1", (TRACED, "images = 255 * train_images[data_idx, :]\n")
    ),
    Wrong(
        "D4", "2", "pixels not in 0 to 1", (TRACED, TRACED + "        images = 2 * images - 1\n")
    ),
    Wrong("D5", "2", "images inverted", (TRACED, TRACED + "        images = 1 - images\n")),
    Wrong(
        "D6",
        "2",
        "data overwritten",
        ("        on = train", "        train_images[:] = 0.0\n        on = train"),
    ),
    Wrong(
        "D6 once",
        "2",
        "binarised once",
        (
            "    npr.seed(0)\n",
            "    npr.seed(0)\n    train_images = 1.0 * (train_images > npr.uniform(size=train_images.shape))\n",
        ),
        "right",
    ),
    Wrong("U7", "2", "weights start at zero", ("scale=1e-2", "scale=0")),
    Wrong("U8", "2", "weights start large", ("scale=1e-2", "scale=1"), "right"),
]

GENERATED = [
    Wrong(
        "G1",
        "3.1",
        "logits, not probabilities",
        (
            SAVED_1,
            SAVED_1.replace(
                "sigmoid(neural_net_predict(gen_params, z))", "neural_net_predict(gen_params, z)"
            ),
        ),
    ),
    Wrong(
        "G2",
        "3.1",
        "sigmoid twice",
        (SAVED_1, SAVED_1.replace("sigmoid(", "sigmoid(sigmoid(", 1).replace("z))", "z)))")),
    ),
    Wrong(
        "G3 uniform", "3.1", "latents not from the prior", (PRIOR, "z = npr.rand(25, latent_dim)")
    ),
    Wrong(
        "G3 scaled",
        "3.1",
        "latents not from the prior",
        (PRIOR, "z = 3 * npr.randn(25, latent_dim)"),
    ),
    Wrong(
        "G3 same",
        "3.1",
        "latents not from the prior",
        (PRIOR, "z = npr.randn(25, 1) * np.ones((1, latent_dim))"),
    ),
    Wrong(
        "G3 posterior",
        "3.1",
        "latents not from the prior",
        (
            PRIOR,
            "z = sample_latent_variables_from_posterior(neural_net_predict(rec_params, train_images[:25]))",
        ),
    ),
    Wrong("G4", "3.1", "encoder and decoder exchanged", (PRIOR, "z = npr.randn(25, 784)"), "error"),
    Wrong(
        "G5",
        "3.1",
        "binarised",
        (
            SAVED_1,
            "p = sigmoid(neural_net_predict(gen_params, z))\n    save_images(1.0 * (p > npr.uniform(size=p.shape)), 'task_3_1.png')",
        ),
    ),
    Wrong(
        "G5 round",
        "3.1",
        "binarised",
        (
            SAVED_1,
            "p = sigmoid(neural_net_predict(gen_params, z))\n    save_images(np.round(p), 'task_3_1.png')",
        ),
    ),
    Wrong(
        "G6", "3.1", "one image repeated", (PRIOR, "z = np.tile(npr.randn(1, latent_dim), (25, 1))")
    ),
    Wrong("G6 count", "3.1", "wrong number of images", (PRIOR, "z = npr.randn(20, latent_dim)")),
    Wrong("G7", "3.1", "file name without extension", ("task_3_1.png", "task_3_1"), "right"),
    Wrong(
        "G8",
        "3.1",
        "parameters from before training",
        (SAVED_1, SAVED_1.replace("gen_params", "init_gen_params")),
    ),
    Wrong(
        "F2",
        "3.1",
        "grey scale not fixed",
        ('"task_3_1.png")', '"task_3_1.png", vmin=None, vmax=None)'),
        "right",
    ),
    Wrong("F3", "3.1", "a figure without a file name", (', "task_3_1.png")', ")"), "error"),
    Wrong(
        "B17",
        "3.1",
        "black and white exchanged",
        (SAVED_1, SAVED_1.replace("sigmoid(", "sigmoid(-")),
    ),
]

RECONSTRUCTED = [
    Wrong(
        "R1",
        "3.2",
        "training images shown",
        ("x = test_images[:10, :]", "x = train_images[:10, :]"),
    ),
    Wrong(
        "R1 random",
        "3.2",
        "not the first test images",
        ("x = test_images[:10, :]", "x = test_images[10:20, :]"),
    ),
    Wrong("R2", "3.2", "originals missing", (SAVED_2, 'save_images(y, "task_3_2.png")')),
    Wrong(
        "R2 file",
        "3.2",
        "originals in another figure",
        (SAVED_2, 'save_images(x, "task_3_2_a.png")\n    save_images(y, "task_3_2_b.png")'),
    ),
    Wrong(
        "R3", "3.2", "not drawn from q(z|x)", (POSTERIOR, "z = npr.randn(10, latent_dim)\n    y")
    ),
    Wrong("R4", "3.2", "no noise", (POSTERIOR, "z = q[:, :latent_dim]\n    y")),
    Wrong("R6", "3.2", "another order", (SAVED_2, SAVED_2.replace("(x, y)", "(y, x)")), "right"),
    Wrong(
        "R6 pairs",
        "3.2",
        "another order",
        (
            SAVED_2,
            SAVED_2.replace(
                "np.concatenate((x, y))", "np.concatenate((x[:5], y[:5], x[5:], y[5:]))"
            ),
        ),
        "right",
    ),
    Wrong("R none", "3.2", "reconstructions missing", (SAVED_2, 'save_images(x, "task_3_2.png")')),
    Wrong("R same", "3.2", "the images themselves", (SAVED_2, SAVED_2.replace("(x, y)", "(x, x)"))),
    Wrong(
        "R count",
        "3.2",
        "wrong number of images",
        ("x = test_images[:10, :]", "x = test_images[:8, :]"),
    ),
    Wrong(
        "G1",
        "3.2",
        "logits, not probabilities",
        (RECONSTRUCTION, "y = neural_net_predict(gen_params, z)"),
    ),
    Wrong(
        "G2",
        "3.2",
        "sigmoid twice",
        (RECONSTRUCTION, "y = sigmoid(sigmoid(neural_net_predict(gen_params, z)))"),
    ),
    Wrong("G5", "3.2", "binarised", (RECONSTRUCTION, RECONSTRUCTION + "\n    y = np.round(y)")),
]

INTERPOLATED = [
    Wrong(
        "I2",
        "3.3",
        "end left out",
        ("np.linspace(0, 1, 25)", "np.linspace(0, 1, 25, endpoint=False)"),
    ),
    Wrong(
        "I2 /25",
        "3.3",
        "end left out",
        ("enumerate(np.linspace(0, 1, 25))", "enumerate(np.arange(25) / 25.0)"),
    ),
    Wrong(
        "I3",
        "3.3",
        "a fresh draw for each frame",
        (
            FRAME,
            "zz = sample_latent_variables_from_posterior(q)\n            frames[j] = (1 - s) * zz[2 * i] + s * zz[2 * i + 1]",
        ),
    ),
    Wrong(
        "I3 draws",
        "3.3",
        "between draws, not means",
        (
            "    for i in range(5):\n        a = q",
            "    q = np.concatenate([sample_latent_variables_from_posterior(q), q], axis=1)\n    for i in range(5):\n        a = q",
        ),
    ),
    Wrong(
        "I4",
        "3.3",
        "pixels blended",
        (
            DECODED,
            "images = np.array([(1 - s) * test_images[2 * i] + s * test_images[2 * i + 1] for s in np.linspace(0, 1, 25)])",
        ),
    ),
    Wrong(
        "I4 decoded",
        "3.3",
        "decoded ends blended",
        (
            DECODED,
            "e = sigmoid(neural_net_predict(gen_params, np.array([a, b])))\n        images = np.array([(1 - s) * e[0] + s * e[1] for s in np.linspace(0, 1, 25)])",
        ),
    ),
    Wrong(
        "I5", "3.3", "wrong pairs", ("a = q[2 * i,", "a = q[i,", "b = q[2 * i + 1,", "b = q[i + 1,")
    ),
    Wrong("I5 one", "3.3", "one pair only", ("for i in range(5)", "for i in range(1)")),
    Wrong(
        "I5 equal",
        "3.3",
        "the same figure for all pairs",
        ("a = q[2 * i,", "a = q[0,", "b = q[2 * i + 1,", "b = q[1,"),
    ),
    Wrong(
        "I6",
        "3.3",
        "another figure saved",
        (SAVED_3, SAVED_3.replace("images,", "np.concatenate((x, y)),")),
    ),
    Wrong(
        "I7", "3.3", "one file name for all pairs", (SAVED_3, 'save_images(images, "task_3_3.png")')
    ),
    Wrong("I8", "3.3", None, ("q[2 * i, :latent_dim]", "q[2 * i][:, :latent_dim]"), "error"),
    Wrong(
        "I9",
        "3.3",
        "wrong number of images",
        (
            "frames = np.zeros((25,",
            "frames = np.zeros((30,",
            "linspace(0, 1, 25)",
            "linspace(0, 1, 30)",
        ),
    ),
    Wrong(
        "I10",
        "3.3",
        None,
        (
            "q[2 * i, :latent_dim]",
            "q[2 * i]",
            "q[2 * i + 1, :latent_dim]",
            "q[2 * i + 1]",
            "np.zeros((25, latent_dim))",
            "np.zeros((25, 100))",
        ),
        "error",
    ),
    Wrong("I11", "3.3", "weights do not sum to 1", (FRAME, "frames[j] = a + s * b")),
    Wrong(
        "I11 square",
        "3.3",
        "weights do not sum to 1",
        (FRAME, "frames[j] = (1 - s) * a + s**2 * b"),
    ),
    Wrong(
        "I12",
        "3.3",
        "log_std blended",
        (
            "a = q[2 * i, :latent_dim]",
            "a = q[2 * i, latent_dim:]",
            "b = q[2 * i + 1, :latent_dim]",
            "b = q[2 * i + 1, latent_dim:]",
        ),
    ),
    Wrong("I13", "3.3", "straight line bent", (FRAME, "frames[j] = (1 - s**2) * a + s**2 * b")),
    Wrong("I14", "3.3", "no path", (FRAME, "frames[j] = a")),
    Wrong("I15", "3.3", "wrong pairs", ("test_images[0:10, :])", "train_images[0:10, :])")),
    Wrong(
        "G1",
        "3.3",
        "logits, not probabilities",
        (DECODED, "images = neural_net_predict(gen_params, frames)"),
    ),
    Wrong("G2", "3.3", "sigmoid twice", (DECODED, DECODED + "\n        images = sigmoid(images)")),
    Wrong("G5", "3.3", "binarised", (DECODED, DECODED + "\n        images = np.round(images)")),
    Wrong(
        "untrained",
        "3.3",
        "parameters from before training",
        (DECODED, DECODED.replace("gen_params", "init_gen_params")),
    ),
]

MISTAKES = [
    *SAMPLING,
    *LIKELIHOOD,
    *DIVERGENCE,
    *BOUND,
    *OPTIMISER,
    *GENERATED,
    *RECONSTRUCTED,
    *INTERPOLATED,
]
