"""Right one-file scripts, written differently: what people reasonably do must earn full marks."""

# ruff: noqa: E501 (scripts are quoted as they are written)

from tests.course.scripts import (
    ADAM,
    CLASSIC,
    DRAW,
    FIGURES,
    FUNCTIONS,
    IMPORTS,
    KL,
    LOG_P,
    MEAN,
    MOVE,
    NETWORK,
    PRIOR,
    SAVED_2,
    SETTINGS,
)


def edited(*edits: str, script: str = CLASSIC) -> str:
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        assert old in script, old
        script = script.replace(old, new)
    return script


ADAM_CLASS = '''\
class Adam(object):
    """Adam with a memory of its own"""

    def __init__(self, size, alpha=0.001, b1=0.9, b2=0.999, eps=1e-8):
        self.alpha, self.b1, self.b2, self.eps = alpha, b1, b2, eps
        self.m, self.v, self.t = np.zeros(size), np.zeros(size), 0

    def step(self, w, g):
        self.t += 1
        self.m = self.b1 * self.m + (1.0 - self.b1) * g
        self.v = self.b2 * self.v + (1.0 - self.b2) * np.square(g)
        alpha = self.alpha * np.sqrt(1 - self.b2 ** self.t) / (1 - self.b1 ** self.t)
        return w + alpha * self.m / (np.sqrt(self.v) + self.eps * np.sqrt(1 - self.b2 ** self.t))


'''

ADAM_WITH_CLASS = """\
    optimizer = Adam(len(flattened_current_params))
    for epoch in range(num_epochs):
        for n_batch in range(int(np.ceil(N / batch_size))):
            batch = np.arange(batch_size * n_batch, np.minimum(N, batch_size * (n_batch + 1)))
            flattened_current_params = optimizer.step(
                flattened_current_params, objective_grad(flattened_current_params))
        print("Epoch: %d" % epoch)
    gen_params, rec_params = unflat_params(flattened_current_params)
"""

WHILE = """\
    m_t = v_t = 0.0
    it, epoch = 0, 0
    while epoch < num_epochs:
        start = 0
        while start < N:
            it = it + 1
            batch = slice(start, start + batch_size)
            g = objective_grad(flattened_current_params)
            m_t = 0.9 * m_t + 0.1 * g
            v_t = 0.999 * v_t + 0.001 * g * g
            mc, vc = m_t / (1 - 0.9 ** it), v_t / (1 - 0.999 ** it)
            flattened_current_params = flattened_current_params + 1e-3 * mc / (vc ** 0.5 + 1e-8)
            start += batch_size
        epoch += 1
        print('Época', epoch, 'ELBO', objective(flattened_current_params))
    gen_params, rec_params = unflat_params(flattened_current_params)
"""

HARD_CODED = """\
    m, v = np.zeros(flattened_current_params.shape), np.zeros(flattened_current_params.shape)
    t = 1
    for epoch in range(30):
        for n_batch in range(300):
            batch = np.arange(200 * n_batch, 200 * (n_batch + 1))
            gradient = objective_grad(flattened_current_params)
            m *= 0.9
            m += 0.1 * gradient
            v *= 0.999
            v += (1 - 0.999) * gradient ** 2
            flattened_current_params += 0.001 * (m / (1 - 0.9 ** t)) / (
                np.sqrt(v / (1 - 0.999 ** t)) + 10 ** -8)
            t += 1
        elbo = objective(flattened_current_params)
        with open("log.txt", "a") as log:
            log.write("%d %f\\n" % (epoch, elbo))
    np.save("params.npy", flattened_current_params)
    gen_params, rec_params = unflat_params(flattened_current_params)
"""

TREE_ADAM = """\
    params = combined_params_init
    leaves = lambda p: [a for net in p for layer in net for a in layer]
    M = [np.zeros_like(a) for a in leaves(params)]
    V = [np.zeros_like(a) for a in leaves(params)]

    def objective2(params):
        images = np.array(train_images[batch] > npr.rand(len(batch), data_dim), dtype=float)
        return vae_lower_bound(params[0], params[1], images)

    t = 0
    for epoch in range(num_epochs):
        for k in range(N // batch_size):
            batch = np.arange(k * batch_size, (k + 1) * batch_size)
            t += 1
            new = []
            for i, (a, g) in enumerate(zip(leaves(params), leaves(grad(objective2)(params)))):
                M[i] = 0.9 * M[i] + 0.1 * g
                V[i] = 0.999 * V[i] + 0.001 * g**2
                new.append(a + 0.001 * M[i] / (1 - 0.9**t) / (np.sqrt(V[i] / (1 - 0.999**t)) + 1e-8))
            pairs = list(zip(new[::2], new[1::2]))
            params = (pairs[: n_layers + 1], pairs[n_layers + 1 :])
    gen_params, rec_params = params
"""

UNGUARDED = (
    IMPORTS
    + NETWORK
    + FUNCTIONS
    + "".join(
        line.removeprefix("    ")
        for line in (SETTINGS + ADAM + FIGURES).splitlines(keepends=True)
        if not line.startswith("if __name__")
    )
)

IN_MAIN = (
    IMPORTS
    + NETWORK
    + FUNCTIONS
    + "def main():\n    global batch, N, train_images\n"
    + "".join(
        line
        for line in (
            SETTINGS + ADAM.replace("grad = ", "g = ").replace("* grad", "* g") + FIGURES
        ).splitlines(keepends=True)
        if not line.startswith("if __name__")
    )
    + '\n\nif __name__ == "__main__":\n    main()\n'
)

OWN_SAVE = """\
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt


def save_images(images, filename):
    fig, axes = plt.subplots(len(images) // 5, 5)
    for image, ax in zip(images, axes.flat):
        ax.imshow(image.reshape(28, 28), cmap="gray")
        ax.axis("off")
    plt.savefig(filename)
    plt.close(fig)


"""

PLOTTED = """\
    import matplotlib.pyplot as plt

    def draw(images, name):
        fig, axes = plt.subplots(nrows=len(images) // 5, ncols=5, figsize=(5, 5))
        for k in range(len(images)):
            ax = axes[k // 5, k % 5]
            ax.imshow(np.reshape(images[k], (28, 28)), cmap='Greys', vmin=0, vmax=1)
            ax.set_xticks([])
        fig.tight_layout()
        fig.savefig('results/' + name)
        plt.show()

    draw(sigmoid(neural_net_predict(gen_params, npr.randn(25, latent_dim))), 'prior.png')
    x = test_images[:10]
    enc = neural_net_predict(rec_params, x)
    rec = sigmoid(neural_net_predict(gen_params, sample_latent_variables_from_posterior(enc)))
    draw(np.vstack([x, rec]), 'reconstruction.png')
    for i in range(0, 10, 2):
        mu = neural_net_predict(rec_params, x[i:i + 2])[:, :latent_dim]
        s = np.linspace(0., 1., 25).reshape(-1, 1)
        draw(sigmoid(neural_net_predict(gen_params, mu[0] + s * (mu[1] - mu[0]))),
             'interp_%d_%d.png' % (i, i + 1))
"""

HELPERS = """\
    def encode(x):
        out = neural_net_predict(rec_params, x)
        return out[:, :latent_dim], out[:, latent_dim:]

    def decode(z):
        return sigmoid(neural_net_predict(gen_params, z))

    def interpolate(x1, x2, n=25):
        m1, m2 = encode(np.atleast_2d(x1))[0], encode(np.atleast_2d(x2))[0]
        return np.array([decode(m1 * s + m2 * (1 - s))[0] for s in np.linspace(0, 1, n)])

    if not os.path.exists('figures'):
        os.makedirs('figures')
    save_images(decode(npr.normal(0, 1, (25, latent_dim))), os.path.join('figures', 'muestras'))
    mean, log_std = encode(test_images[:10])
    z = mean - np.exp(log_std) * np.random.normal(size=mean.shape)
    save_images(np.r_[test_images[:10], decode(z)], os.path.join('figures', 'reconstrucciones'))
    for j in range(5):
        frames = interpolate(test_images[2 * j], test_images[2 * j + 1])
        save_images(frames, os.path.join('figures', 'interpolacion_{}'.format(j)))
    pickle.dump((gen_params, rec_params), open('params.pkl', 'wb'))
"""

ONE_BY_ONE = """\
    images = []
    for i in range(25):
        z = npr.randn(1, latent_dim)
        images.append(sigmoid(neural_net_predict(gen_params, z))[0])
    save_images(np.array(images), 'ej3_1.png')

    todo = np.zeros((20, data_dim))
    for i in range(10):
        x = test_images[i:i + 1]
        todo[i] = x
        z = sample_latent_variables_from_posterior(neural_net_predict(rec_params, x))
        todo[10 + i] = sigmoid(neural_net_predict(gen_params, z))
    save_images(todo, 'ej3_2.png')

    for par in [(1, 0), (3, 2), (5, 4), (7, 6), (9, 8)]:
        x1, x2 = test_images[[par[0]]], test_images[[par[1]]]
        z1 = neural_net_predict(rec_params, x1)[0, :latent_dim]
        z2 = neural_net_predict(rec_params, x2)[0, :latent_dim]
        cuadros = []
        for it in range(25):
            s = it / 24.0
            cuadros.append(sigmoid(neural_net_predict(gen_params, [s * z1 + (1 - s) * z2]))[0])
        save_images(np.stack(cuadros), 'ej3_3_%d%d.png' % par)
"""

ALL_PAIRS = """\
    save_images(sigmoid(neural_net_predict(gen_params, npr.randn(25, 50))).reshape(25, 28, 28),
                filename="1")
    x10 = test_images[0:10]
    z10 = sample_latent_variables_from_posterior(neural_net_predict(rec_params, x10))
    save_images(np.concatenate([x10, sigmoid(neural_net_predict(gen_params, z10))], 0),
                filename="2")
    mu = neural_net_predict(rec_params, x10)[:, 0:50]
    s = np.linspace(0, 1, 25)[None, :, None]
    path = (1 - s) * mu[0::2, None] + s * mu[1::2, None]
    save_images(sigmoid(neural_net_predict(gen_params, path.reshape(-1, 50))), filename="3")
"""

BATCH_NORM = """\
def init_net_params(layer_sizes, scale=1e-2):
    return [
        (scale * npr.randn(m, n), scale * npr.randn(n), np.ones(n), np.zeros(n))
        for m, n in zip(layer_sizes[:-1], layer_sizes[1:])
    ]


def neural_net_predict(params, inputs, use_bn=False):
    for k, (W, b, gamma, beta) in enumerate(params):
        outputs = np.dot(inputs, W) + b
        if use_bn and len(inputs) > 1 and k < len(params) - 1:
            mu, var = np.mean(outputs, axis=0), np.var(outputs, axis=0)
            outputs = gamma * (outputs - mu) / np.sqrt(var + 1e-5) + beta
        inputs = relu(outputs)
    return outputs


"""

START = "batch_size = 200\n"
RIGHT = {
    "the classic one": CLASSIC,
    "no guard": UNGUARDED,
    "everything in main()": IN_MAIN,
    "Adam as a class, in the efficient order": IMPORTS
    + ADAM_CLASS
    + NETWORK
    + FUNCTIONS
    + SETTINGS
    + ADAM_WITH_CLASS
    + FIGURES,
    "while loops, scalars as first averages": IMPORTS
    + NETWORK
    + FUNCTIONS
    + SETTINGS
    + WHILE
    + FIGURES,
    "sizes of MNIST written in, updates in place, files written": IMPORTS
    + NETWORK
    + FUNCTIONS
    + SETTINGS
    + HARD_CODED
    + FIGURES,
    "Adam on lists of arrays": IMPORTS + NETWORK + FUNCTIONS + SETTINGS + TREE_ADAM + FIGURES,
    "own save_images with pyplot": edited(
        "from data import load_mnist, save_images\n",
        "from data import *\n" + OWN_SAVE,
    ),
    "figures drawn with pyplot": IMPORTS + NETWORK + FUNCTIONS + SETTINGS + ADAM + PLOTTED,
    "helper functions, symmetric noise, either way round": "import os\nimport pickle\n"
    + IMPORTS
    + NETWORK
    + FUNCTIONS
    + SETTINGS
    + ADAM
    + HELPERS,
    "one image at a time": IMPORTS + NETWORK + FUNCTIONS + SETTINGS + ADAM + ONE_BY_ONE,
    "all pairs in one figure, names without meaning": IMPORTS
    + NETWORK
    + FUNCTIONS
    + SETTINGS
    + ADAM
    + ALL_PAIRS,
    "N/B times the sum, N as an argument": edited(
        "def vae_lower_bound(gen_params, rec_params, data):",
        "def vae_lower_bound(gen_params, rec_params, data, N):",
        MEAN,
        "float(N) / data.shape[0] * np.sum(log_p - compute_KL(q))",
        "rec_params, images)",
        "rec_params, images, N)",
    ),
    "N/B times the sum, globals": edited(
        MEAN, "N * 1.0 / len(batch) * np.sum(log_p) - N * 1.0 / len(batch) * np.sum(compute_KL(q))"
    ).replace("N * 1.0 / len(batch)", "N / len(data)"),
    "N/B with globals of the training loop": edited(
        MEAN, "N / float(batch_size) * np.sum(log_p - compute_KL(q)) * len(batch) / batch_size"
    ),
    "renamed arguments in another order": edited(
        "def bernoulli_log_prob(targets, logits):",
        "def bernoulli_log_prob(logits, targets):",
        "bernoulli_log_prob(data, logits)",
        "bernoulli_log_prob(logits, data)",
        "def compute_KL(q_means_and_log_stds):",
        "def compute_KL(params):\n    q_means_and_log_stds = params",
        "def vae_lower_bound(gen_params, rec_params, data):",
        "def vae_lower_bound(decoder, encoder, x):\n"
        "    gen_params, rec_params, data = decoder, encoder, x",
    ),
    "noise from a generator that is passed in": edited(
        "def sample_latent_variables_from_posterior(encoder_output):",
        "def sample_latent_variables_from_posterior(encoder_output, rng):",
        "npr.randn(*mean.shape)",
        "rng.standard_normal(mean.shape)",
        "def vae_lower_bound(gen_params, rec_params, data):",
        "def vae_lower_bound(gen_params, rec_params, data, rng=npr.RandomState(1)):",
        "sample_latent_variables_from_posterior(q)",
        "sample_latent_variables_from_posterior(q, rng)",
        "    npr.seed(0)\n",
        "    rng = npr.RandomState(0)\n",
    ),
    "noise from a generator of the module": edited(
        "def sigmoid",
        "rng = npr.default_rng(3)\n\n\ndef sigmoid",
        "npr.randn(*mean.shape)",
        "rng.normal(size=mean.shape)",
    ).replace("npr.default_rng", "__import__('numpy').random.default_rng"),
    "single precision": edited(
        "npr.randn(m, n), scale * npr.randn(n)",
        "npr.randn(m, n).astype(np.float32), np.float32(scale) * npr.randn(n).astype(np.float32)",
        "(scale * npr",
        "(np.float32(scale) * npr",
        "m = np.zeros_like(flattened_current_params)",
        "flattened_current_params = flattened_current_params.astype('float32')\n"
        "    m = np.zeros_like(flattened_current_params)",
    ),
    "mirrored noise": edited(DRAW, "mean - npr.normal(size=mean.shape) * np.exp(log_std)"),
    "stable by cases": edited(
        LOG_P,
        "np.sum(-np.maximum(logits, 0) + logits * targets - np.log(1 + np.exp(-np.abs(logits))), "
        "axis=1)",
    ),
    "two logarithms": edited(
        LOG_P,
        "np.sum(-targets * np.logaddexp(0, -logits) - (1 - targets) * np.logaddexp(0, logits), 1)",
    ),
    "variance first": edited(
        KL, "-0.5 * np.sum(1 + np.log(np.exp(log_std)**2) - mean**2 - np.exp(log_std)**2, axis=1)"
    ),
    "everything inlined in the bound": edited(
        "    z = sample_latent_variables_from_posterior(q)\n    logits",
        "    D = q.shape[1] // 2\n    mean, log_std = q[:, :D], q[:, D:]\n"
        "    z = mean + np.exp(log_std) * npr.randn(len(mean), D)\n    logits",
    ),
    "batch normalisation, off for figures": edited(
        NETWORK[NETWORK.index("def init_net_params") :],
        BATCH_NORM,
    ),
    "tqdm, argv, norm, comments in Spanish": "# -*- coding: utf-8 -*-\n# Práctica: año 2020, ñandú\n"
    "import sys\nfrom scipy.stats import norm\nfrom tqdm import tqdm, trange\n"
    + edited(
        "range(num_epochs)",
        "tqdm(range(num_epochs), desc='épocas')",
        "    latent_dim = 50\n",
        "    out = sys.argv[1] if len(sys.argv) > 1 else '.'\n    latent_dim = 50\n",
    ),
    "an old import, a test call, exit at the end": edited(
        "from autograd.misc.flatten import flatten",
        "from autograd.util import flatten",
    )
    + "    print(bernoulli_log_prob(np.ones((1, 784)), np.zeros((1, 784))))\n    exit()\n",
    "value_and_grad, shuffled batches": edited(
        "from autograd import grad\n",
        "from autograd import value_and_grad\n",
        "objective_grad = grad(objective)",
        "objective_grad = value_and_grad(objective)",
        "            grad = objective_grad(flattened_current_params)\n",
        "            elbo, grad = objective_grad(flattened_current_params)\n            elbo_est += elbo\n",
        "            batch = np.arange",
        "            batch = npr.permutation(N)[:batch_size]\n            _ = np.arange",
    ),
    "more figures than asked for": edited(
        SAVED_2,
        'save_images(x, "originals.png")\n    ' + SAVED_2 + '\n    save_images(y, "recon.png")',
        PRIOR,
        'save_images(train_images[:10], "train.png")\n    ' + PRIOR,
    ),
    "loss to be minimised": edited(
        "return vae_lower_bound(gen_params, rec_params, images)",
        "return -vae_lower_bound(gen_params, rec_params, images)",
        MOVE,
        MOVE.replace("+", "-"),
    ),
}
