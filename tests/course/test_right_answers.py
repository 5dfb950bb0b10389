"""Right solutions written differently are right: never a false accusation."""

import pytest

RIGHT = {
    "1.1 reference order": ("1.1", "gaussian.sample", "return eps * np.exp(log_std) + mean"),
    "1.1 square root of the variance": (
        "1.1",
        "gaussian.sample",
        "variance = np.exp(2 * log_std)\nreturn mean + np.sqrt(variance) * eps",
    ),
    "1.1 row by row": (
        "1.1",
        "gaussian.sample",
        "return np.array([m + np.exp(s) * e for m, s, e in zip(mean, log_std, eps)])",
    ),
    "1.1 in single precision": (
        "1.1",
        "gaussian.sample",
        "return (mean + np.exp(log_std) * eps).astype(np.float32)",
    ),
    "1.1 a power of e": ("1.1", "gaussian.sample", "return mean + np.e ** log_std * eps"),
    "1.1 np.add and np.multiply": (
        "1.1",
        "gaussian.sample",
        "return np.add(mean, np.multiply(eps, np.exp(log_std)))",
    ),
    "1.2 logaddexp": (
        "1.2",
        "bernoulli.log_prob",
        "return np.sum(targets * logits - np.logaddexp(0, logits), axis=-1)",
    ),
    "1.2 signs of the targets": (
        "1.2",
        "bernoulli.log_prob",
        "signs = 2 * targets - 1\nreturn -np.sum(np.logaddexp(0, -signs * logits), axis=1)",
    ),
    "1.2 two safe terms": (
        "1.2",
        "bernoulli.log_prob",
        "return np.sum(-targets * ops.softplus(-logits) - (1 - targets) * ops.softplus(logits), 1)",
    ),
    "1.2 maximum and log1p": (
        "1.2",
        "bernoulli.log_prob",
        "tail = np.log1p(np.exp(-np.abs(logits)))\n"
        "return np.sum(targets * logits - np.maximum(logits, 0) - tail, axis=1)",
    ),
    "1.2 a loop over rows": (
        "1.2",
        "bernoulli.log_prob",
        "rows = [np.sum(t * a - ops.softplus(a)) for t, a in zip(targets, logits)]\n"
        "return np.array(rows)",
    ),
    "1.2 a dot product with ones": (
        "1.2",
        "bernoulli.log_prob",
        "return np.dot(targets * logits - ops.softplus(logits), np.ones(logits.shape[1]))",
    ),
    "1.2 einsum": (
        "1.2",
        "bernoulli.log_prob",
        "return np.einsum('bd,bd->b', targets, logits) - np.sum(ops.softplus(logits), axis=1)",
    ),
    "1.2 np.where": (
        "1.2",
        "bernoulli.log_prob",
        "p = np.where(targets > 0.5, -ops.softplus(-logits), -ops.softplus(logits))\n"
        "return p.sum(axis=1)",
    ),
    "1.3 with the variance": (
        "1.3",
        "gaussian.kl_from_standard",
        "variance = np.exp(log_std) ** 2\n"
        "return -0.5 * np.sum(1 + np.log(variance) - mean**2 - variance, axis=1)",
    ),
    "1.3 sums of each term": (
        "1.3",
        "gaussian.kl_from_standard",
        "K = mean.shape[1]\n"
        "return (np.exp(2 * log_std).sum(1) + np.sum(mean * mean, 1) - K) / 2 - log_std.sum(1)",
    ),
    "1.3 a loop over latents": (
        "1.3",
        "gaussian.kl_from_standard",
        "total = 0\n"
        "for k in range(mean.shape[1]):\n"
        "    m, s = mean[:, k], log_std[:, k]\n"
        "    total = total + 0.5 * (np.exp(2 * s) + m ** 2 - 1) - s\n"
        "return total",
    ),
    "1.3 in single precision": (
        "1.3",
        "gaussian.kl_from_standard",
        "m, s = mean.astype('float32'), log_std.astype('float32')\n"
        "return 0.5 * np.sum(np.exp(2 * s) + m ** 2 - 1 - 2 * s, axis=1)",
    ),
    "1.4 in one line each": (
        "1.4",
        "vae.elbo_terms",
        "mean, log_std = encode(model, images)\n"
        "ll = bernoulli.log_prob(images, decode(model, gaussian.sample(mean, log_std, eps)))\n"
        "return [ll, gaussian.kl_from_standard(mean, log_std)]",
    ),
    "1.4 with nothing called": (
        "1.4",
        "vae.elbo_terms",
        "mean, log_std = encode(model, images)\n"
        "a = decode(model, mean + np.exp(log_std) * eps)\n"
        "kl = 0.5 * np.sum(mean**2 + np.exp(2 * log_std) - 1 - 2 * log_std, axis=1)\n"
        "return np.sum(images * a - np.logaddexp(0, a), axis=1), kl",
    ),
    "1.4 halves of the output": (
        "1.4",
        "vae.elbo_terms",
        "out = mlp.predict(model.encoder, images, model.activation)\n"
        "K = out.shape[1] // 2\n"
        "z = gaussian.sample(out[:, :K], out[:, K:], eps=eps)\n"
        "kl = gaussian.kl_from_standard(mean=out[:, :K], log_std=out[:, K:])\n"
        "return bernoulli.log_prob(logits=decode(model, z), targets=images), kl",
    ),
    "1.4 image by image": (
        "1.4",
        "vae.elbo_terms",
        "first, second = [], []\n"
        "for i in range(len(images)):\n"
        "    mean, log_std = encode(model, images[i:i + 1])\n"
        "    z = gaussian.sample(mean, log_std, eps[i:i + 1])\n"
        "    first.append(bernoulli.log_prob(images[i:i + 1], decode(model, z))[0])\n"
        "    second.append(gaussian.kl_from_standard(mean, log_std)[0])\n"
        "return np.array(first), np.array(second)",
    ),
    "2 the algorithm as printed": (
        "2",
        "adam.update",
        "theta, m, v, t = state\n"
        "t = t + 1\n"
        "m = beta1 * m + (1 - beta1) * gradient\n"
        "v = beta2 * v + (1 - beta2) * gradient ** 2\n"
        "m_hat, v_hat = m / (1 - beta1 ** t), v / (1 - beta2 ** t)\n"
        "return State(theta + step_size * m_hat / (np.sqrt(v_hat) + epsilon), m, v, t)",
    ),
    "2 the efficient form": (
        "2",
        "adam.update",
        "t = state.t + 1\n"
        "m = state.m + (1 - beta1) * (gradient - state.m)\n"
        "v = state.v + (1 - beta2) * (gradient * gradient - state.v)\n"
        "step = step_size * np.sqrt(1 - beta2 ** t) / (1 - beta1 ** t)\n"
        "theta = state.theta + step * m / (np.sqrt(v) + epsilon)\n"
        "return State(theta, m, v, t)",
    ),
    "2 element by element": (
        "2",
        "adam.update",
        "t, new = state.t + 1, []\n"
        "for th, m, v, g in zip(state.theta, state.m, state.v, gradient):\n"
        "    m = beta1 * m + (1 - beta1) * g\n"
        "    v = beta2 * v + (1 - beta2) * g * g\n"
        "    d = (m / (1 - beta1**t)) / ((v / (1 - beta2**t)) ** 0.5 + epsilon)\n"
        "    new.append((th + step_size * d, m, v))\n"
        "theta, m, v = np.array(new).T\n"
        "return State(theta, m, v, t)",
    ),
    "2 in place": (
        "2",
        "adam.update",
        "state.m[:] = beta1 * state.m + (1 - beta1) * gradient\n"
        "state.v[:] = beta2 * state.v + (1 - beta2) * gradient ** 2\n"
        "t = state.t + 1\n"
        "m_hat, v_hat = state.m / (1 - beta1 ** t), state.v / (1 - beta2 ** t)\n"
        "state.theta[:] += step_size * m_hat / (np.sqrt(v_hat) + epsilon)\n"
        "return state._replace(t=t)",
    ),
    "2 minus a negative step": (
        "2",
        "adam.update",
        "t = state.t + 1\n"
        "m = beta1 * state.m + (1 - beta1) * gradient\n"
        "v = beta2 * state.v + (1 - beta2) * np.square(gradient)\n"
        "down = -(m / (1 - beta1 ** t)) / (np.sqrt(v / (1 - beta2 ** t)) + epsilon)\n"
        "return State(state.theta - step_size * down, m, v, t)",
    ),
    "3.1 the sigmoid written out": (
        "3.1",
        "vae.generate",
        "return 1 / (1 + np.exp(-decode(model, latents)))",
    ),
    "3.1 half a tanh": (
        "3.1",
        "vae.generate",
        "return 0.5 * (1 + np.tanh(0.5 * decode(model, latents)))",
    ),
    "3.1 latent by latent": (
        "3.1",
        "vae.generate",
        "return np.concatenate([bernoulli.mean(decode(model, z[None])) for z in latents])",
    ),
    "3.2 without generate": (
        "3.2",
        "vae.reconstruct",
        "mean, log_std = encode(model, images)\n"
        "return bernoulli.mean(decode(model, mean + np.exp(log_std) * eps))",
    ),
    "3.3 second minus first": (
        "3.3",
        "vae.interpolate",
        "a, b = encode(model, np.array([first, second]))[0]\n"
        "z = [a + s * (b - a) for s in np.linspace(0, 1, steps)]\n"
        "return generate(model, np.array(z))",
    ),
    "3.3 the other way round": (
        "3.3",
        "vae.interpolate",
        "a, b = encode(model, np.array([first, second]))[0]\n"
        "return generate(model, np.array([s * a + (1 - s) * b for s in np.linspace(0, 1, steps)]))",
    ),
    "3.3 frame by frame": (
        "3.3",
        "vae.interpolate",
        "a = encode(model, first[None, :])[0]\n"
        "b = encode(model, second[None, :])[0]\n"
        "frames = []\n"
        "for i in range(steps):\n"
        "    s = i / (steps - 1)\n"
        "    frames.append(generate(model, (1 - s) * a + s * b)[0])\n"
        "return np.vstack(frames)",
    ),
    "5.1 point by point": (
        "5.1",
        "experiments.latent_plane.manifold",
        "from statistics import NormalDist\n"
        "ticks = [NormalDist().inv_cdf((i + 0.5) / steps) for i in range(steps)]\n"
        "return np.array([(x, y) for y in reversed(ticks) for x in ticks])",
    ),
    "5.1 a mesh of shares": (
        "5.1",
        "experiments.latent_plane.manifold",
        "p = np.linspace(1 / (2 * steps), 1 - 1 / (2 * steps), steps)\n"
        "y, x = np.meshgrid(-ndtri(p), ndtri(p), indexing='ij')\n"
        "return np.column_stack((x.ravel(), y.ravel()))",
    ),
    "6.1 the largest taken out": (
        "6.1",
        "bounds.importance_weighted",
        "largest = np.max(log_weights, axis=1, keepdims=True)\n"
        "return largest[:, 0] + np.log(np.mean(np.exp(log_weights - largest), axis=1))",
    ),
    "6.1 autograd's own": (
        "6.1",
        "bounds.importance_weighted",
        "from autograd.scipy.special import logsumexp\n"
        "return logsumexp(log_weights - np.log(log_weights.shape[1]), axis=1)",
    ),
    "6.1 weight by weight": (
        "6.1",
        "bounds.importance_weighted",
        "total = log_weights[:, 0]\n"
        "for s in range(1, log_weights.shape[1]):\n"
        "    total = np.logaddexp(total, log_weights[:, s])\n"
        "return total - np.log(log_weights.shape[1])",
    ),
    "7.1 std is the floor plus an exponential": (
        "7.1",
        "gaussian_decoder.decode",
        "out = vae.decode(model, latents)\n"
        "D = out.shape[1] // 2\n"
        "return out[:, :D], np.log(STD_FLOOR + np.exp(out[:, D:]))",
    ),
    "7.1 logaddexp": (
        "7.1",
        "gaussian_decoder.decode",
        "mean, head = np.split(mlp.predict(model.decoder, latents, model.activation), 2, axis=1)\n"
        "return [mean, np.logaddexp(np.log(STD_FLOOR), head)]",
    ),
    "8.1 a loop over digits": (
        "8.1",
        "experiments.latent_arithmetic.attribute_vector",
        "total, count = 0, 0\n"
        "for digit in set(labels.tolist()):\n"
        "    a, b = latents[has & (labels == digit)], latents[lacks & (labels == digit)]\n"
        "    if len(a) and len(b):\n"
        "        total, count = total + np.mean(a, 0) - np.mean(b, 0), count + 1\n"
        "return total / count",
    ),
    "8.1 weights as a matrix": (
        "8.1",
        "experiments.latent_arithmetic.attribute_vector",
        "one = labels == np.unique(labels)[:, None]\n"
        "a, b = one * has, one * lacks\n"
        "both = a.any(1) & b.any(1)\n"
        "a, b = a[both], b[both]\n"
        "w = a / a.sum(1, keepdims=True) - b / b.sum(1, keepdims=True)\n"
        "return (w @ latents).mean(0)",
    ),
    "9.1 a new state": (
        "9.1",
        "optimisers.momentum",
        "m = gradient + beta * state.m\n"
        "return State(state.theta + step_size * m, m, state.v, state.t + 1)",
    ),
    "9.1 in place": (
        "9.1",
        "optimisers.momentum",
        "state.m[:] = beta * state.m + gradient\n"
        "state.theta[:] += step_size * state.m\n"
        "return state._replace(t=state.t + 1)",
    ),
}

WARNED = {
    "1.2 as nearly everyone writes it": (
        "p = 1 / (1 + np.exp(-logits))\n"
        "return np.sum(np.log(targets * p + (1 - targets) * (1 - p)), axis=1)",
        "unsafe logarithm",
    ),
    "1.2 two logarithms": (
        "p = 1 / (1 + np.exp(-logits))\n"
        "return np.sum(targets * np.log(p) + (1 - targets) * np.log(1 - p), axis=1)",
        "unsafe logarithm",
    ),
    "1.2 np.clip": (
        "p = np.clip(mean(logits), 1e-6, 1 - 1e-6)\n"
        "return np.sum(targets * np.log(p) + (1 - targets) * np.log(1 - p), axis=1)",
        "guarded logarithm",
    ),
    "1.2 a small number inside": (
        "p = mean(logits)\n"
        "return np.sum(targets * np.log(p + 1e-9) + (1 - targets) * np.log(1 - p + 1e-9), axis=1)",
        "guarded logarithm",
    ),
}


@pytest.mark.parametrize("case", RIGHT)
def test_a_right_solution_written_differently_earns_full_marks(tree_with, check, case):
    name, function, body = RIGHT[case]
    tree = tree_with(name)
    tree.solve()
    tree.write(function, body)
    result = check(tree)[name]
    assert (result.status, result.points) == ("right", result.max_points), result


@pytest.mark.parametrize("case", WARNED)
def test_an_unsafe_likelihood_earns_the_marks_with_a_named_warning(tree, check, case):
    body, warning = WARNED[case]
    tree.write("bernoulli.log_prob", body)
    result = check(tree, "1.2")["1.2"]
    assert (result.status, result.points, result.mistake) == ("right", 1, warning)
    assert "full marks" in result.message


@pytest.mark.parametrize("case", RIGHT)
def test_a_right_solution_is_right_while_all_others_are_blank(tree_with, check, case):
    name, function, body = RIGHT[case]
    tree = tree_with(name)
    if name == "2":
        tree.solve("2")
    tree.write(function, body)
    results = check(tree)
    assert results[name].status == "right", results[name]
    others = {result.status for other, result in results.items() if other != name}
    assert others == {"blank"}
