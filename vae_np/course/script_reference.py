"""A right `vae.py` of the one-file form, put together from the library. Reference side only.

Its text is the classic script's layout; its mathematics are calls of the library, so it needs the
library beside it. For tests of the one-file checks, and to be changed by them.
"""

FUNCTIONS = """\
import time

import autograd.numpy as np
import autograd.numpy.random as npr
from autograd import grad
from autograd.misc.flatten import flatten
from data import load_mnist, save_images

from vae_np import adam, bernoulli, gaussian, mlp, ops, vae


def sigmoid(x):
    return bernoulli.mean(x)


def relu(x):
    return np.maximum(0, x)


def init_net_params(layer_sizes, scale=1e-2):
    return [
        (scale * npr.randn(m, n), scale * npr.randn(n))
        for m, n in zip(layer_sizes[:-1], layer_sizes[1:])
    ]


def neural_net_predict(params, inputs):
    return mlp.predict(params, inputs, ops.relu)


def sample_latent_variables_from_posterior(encoder_output):
    mean, log_std = ops.halves(encoder_output)
    return gaussian.sample(mean, log_std, npr.randn(*mean.shape))


def bernoulli_log_prob(targets, logits):
    return bernoulli.log_prob(targets, logits)


def compute_KL(q_means_and_log_stds):
    return gaussian.kl_from_standard(*ops.halves(q_means_and_log_stds))


def vae_lower_bound(gen_params, rec_params, data):
    encoder_output = neural_net_predict(rec_params, data)
    latents = sample_latent_variables_from_posterior(encoder_output)
    logits = neural_net_predict(gen_params, latents)
    return vae.elbo(bernoulli_log_prob(data, logits), compute_KL(encoder_output))
"""

TRAINING = """\

if __name__ == "__main__":
    latent_dim = 50
    data_dim = 784
    n_units = 200
    n_layers = 2
    gen_layer_sizes = [latent_dim] + [n_units] * n_layers + [data_dim]
    rec_layer_sizes = [data_dim] + [n_units] * n_layers + [latent_dim * 2]

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
    state = adam.init(flattened_current_params)
    t = 1
    for epoch in range(num_epochs):
        start = time.time()
        elbo_est = 0.0
        for n_batch in range(int(np.ceil(N / batch_size))):
            batch = np.arange(batch_size * n_batch, np.minimum(N, batch_size * (n_batch + 1)))
            grad = objective_grad(flattened_current_params)
            state = adam.update(state, grad, learning_rate)
            flattened_current_params = state.theta
            elbo_est += objective(flattened_current_params)
            t += 1
        print("Epoch: %d ELBO: %e" % (epoch, elbo_est / np.ceil(N / batch_size)))

    gen_params, rec_params = unflat_params(flattened_current_params)
"""

FIGURES = """\

    prior_latents = npr.randn(25, latent_dim)
    save_images(sigmoid(neural_net_predict(gen_params, prior_latents)), "task_3_1.png")

    originals = test_images[:10, :]
    posterior = neural_net_predict(rec_params, originals)
    latents = sample_latent_variables_from_posterior(posterior)
    reconstructions = sigmoid(neural_net_predict(gen_params, latents))
    save_images(np.concatenate([originals, reconstructions]), "task_3_2.png")

    means = neural_net_predict(rec_params, test_images[:10, :])[:, :latent_dim]
    for pair in range(5):
        first, second = means[2 * pair], means[2 * pair + 1]
        s = np.linspace(0, 1, 25)[:, None]
        frames = sigmoid(neural_net_predict(gen_params, (1 - s) * first + s * second))
        save_images(frames, "task_3_3_%d.png" % pair)
"""

TEXT = FUNCTIONS + TRAINING + FIGURES
