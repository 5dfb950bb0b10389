"""Every known mistake is marked wrong, with its own name; one mistake costs one mark."""

import re

import pytest

from vae_np.course import diagnose, exercises, keymaker
from vae_np.course.records import Answer, Outcome, Record, Result

BANK = {f"{m.exercise} {m.name} ({i})": m for i, m in enumerate(keymaker.BANK)}


def answer(outcomes: tuple[tuple[Outcome, ...], ...]) -> Answer:
    return Answer([outcome for calls in outcomes for outcome in calls], "done")


def test_the_bank_holds_more_than_eighty_mistakes_of_different_names():
    assert len({(m.exercise, m.name) for m in keymaker.BANK if not m.warning}) > 80


def test_every_exercise_has_at_least_four_known_mistakes():
    for exercise in exercises.TABLE:
        names = {m.name for m in keymaker.BANK if m.exercise == exercise.id and not m.warning}
        assert len(names) >= 4


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_mistake_is_told_by_its_own_name_and_from_the_solution(seed):
    key = keymaker.make(seed)
    for exercise in exercises.TABLE:
        entry = key.forms["package"][exercise.id]
        assert diagnose.verdict(exercise, entry, answer(entry.expected)).status == "right"
        for mistake in entry.mistakes:
            verdict = diagnose.verdict(exercise, entry, answer(mistake.outcomes))
            status = "right" if mistake.warning else "wrong"
            assert (verdict.mistake, verdict.status) == (mistake.name, status)
            assert mistake.warning or verdict.share < 1


@pytest.mark.parametrize("case", BANK)
def test_a_mistake_is_recognised_by_what_it_answers(case, answers):
    """Evaluated anew, apart from the key, on the key's probes."""
    mistake = BANK[case]
    exercise = exercises.find(mistake.exercise)
    entry = answers.forms["package"][exercise.id]
    found = keymaker.outcomes(entry.probes, mistake.functions)
    verdict = diagnose.verdict(exercise, entry, answer(found))
    assert verdict.mistake == mistake.name


def test_every_mistake_says_what_is_right_in_a_sentence():
    for mistake in keymaker.BANK:
        if mistake.message:
            assert mistake.message.endswith(".")
        assert mistake.name == mistake.name.strip(" .")


AS_WRITTEN = [
    ("1.1", "gaussian.sample", "return mean + log_std * eps", "noise times log_std"),
    ("1.1", "gaussian.sample", "return mean + np.sqrt(np.exp(log_std)) * eps", "log variance"),
    ("1.1", "gaussian.sample", "return mean + np.exp(log_std) ** 2 * eps", "variance as std"),
    ("1.1", "gaussian.sample", "return mean", "no noise"),
    ("1.1", "gaussian.sample", "return eps * np.exp(log_std)", "no mean"),
    (
        "1.1",
        "gaussian.sample",
        "import numpy.random as npr\nreturn mean + np.exp(log_std) * npr.randn(*mean.shape)",
        "noise of its own",
    ),
    (
        "1.1",
        "gaussian.sample",
        "from autograd.tracer import getval\nreturn getval(mean + np.exp(log_std) * eps)",
        "gradient cut",
    ),
    (
        "1.2",
        "bernoulli.log_prob",
        "p = 1 / (1 + np.exp(logits))\n"
        "return np.sum(targets * np.log(p) + (1 - targets) * np.log(1 - p), axis=1)",
        "sign of the logits",
    ),
    (
        "1.2",
        "bernoulli.log_prob",
        "return np.sum(-np.logaddexp(0, -logits * targets), axis=-1)",
        "targets of -1 and 1 assumed",
    ),
    (
        "1.2",
        "bernoulli.log_prob",
        "p = mean(logits)\nreturn np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p), 1)",
        "mean instead of sum",
    ),
    (
        "1.2",
        "bernoulli.log_prob",
        "p = mean(logits)\nreturn -np.sum(targets * np.log(p) + (1 - targets) * np.log(1 - p), 1)",
        "sign reversed",
    ),
    (
        "1.2",
        "bernoulli.log_prob",
        "p = mean(logits)\nreturn np.prod(targets * p + (1 - targets) * (1 - p), axis=1)",
        "a product of probabilities",
    ),
    (
        "1.2",
        "bernoulli.log_prob",
        "p = mean(logits)\nreturn [float(np.sum(np.log(t * q + (1 - t) * (1 - q)))) "
        "for t, q in zip(targets, p)]",
        None,
    ),
    (
        "1.3",
        "gaussian.kl_from_standard",
        "return 0.5 * np.sum(np.exp(log_std) + mean ** 2 - 1 - log_std, axis=1)",
        "log variance",
    ),
    (
        "1.3",
        "gaussian.kl_from_standard",
        "return -0.5 * np.sum(1 + log_std - mean ** 2 - np.exp(log_std), axis=1)",
        "log variance",
    ),
    (
        "1.3",
        "gaussian.kl_from_standard",
        "return np.sum(np.exp(log_std) ** 2 + mean ** 2 - 1 - 2 * log_std, axis=1)",
        "one half missing",
    ),
    (
        "1.3",
        "gaussian.kl_from_standard",
        "return 0.5 * np.sum(1 + 2 * log_std - mean**2 - np.exp(2 * log_std), axis=1)",
        "sign reversed",
    ),
    ("1.3", "gaussian.kl_from_standard", "return np.zeros(len(mean))", None),
    (
        "1.3",
        "gaussian.kl_from_standard",
        "kl = np.zeros(len(mean))\n"
        "for i in range(len(mean)):\n"
        "    m, s = mean[i], log_std[i]\n"
        "    kl[i] = 0.5 * np.sum(np.exp(2 * s) + m ** 2 - 1 - 2 * s)\n"
        "return kl",
        "an array filled element by element",
    ),
    (
        "1.1",
        "gaussian.sample",
        "z = np.zeros(mean.shape)\n"
        "for i in range(len(z)):\n"
        "    z[i, :] = mean[i] + np.exp(log_std[i]) * eps[i]\n"
        "return z",
        "an array filled element by element",
    ),
    (
        "1.4",
        "vae.elbo_terms",
        "mean, log_std = encode(model, images)\n"
        "logits = decode(model, mean)\n"
        "return bernoulli.log_prob(images, logits), gaussian.kl_from_standard(mean, log_std)",
        "no noise",
    ),
    (
        "1.4",
        "vae.elbo_terms",
        "m, s = encode(model, images)\n"
        "ll = bernoulli.log_prob(images, decode(model, gaussian.sample(m, s, eps)))\n"
        "return np.mean(ll - gaussian.kl_from_standard(m, s))",
        "the mean bound instead of its terms",
    ),
    (
        "2",
        "adam.update",
        "t = state.t + 1\n"
        "m = beta1 * state.m + (1 - beta1) * gradient\n"
        "v = beta2 * state.v + (1 - beta2) * gradient ** 2\n"
        "d = (m / (1 - beta1 ** t)) / (np.sqrt(v / (1 - beta2 ** t)) + epsilon)\n"
        "return State(state.theta - step_size * d, m, v, t)",
        "downhill",
    ),
    (
        "2",
        "adam.update",
        "t = state.t + 1\n"
        "m = beta1 * state.m + (1 - beta1) * gradient\n"
        "v = beta2 * state.v + (1 - beta2) * gradient ** 2\n"
        "m, v = m / (1 - beta1 ** t), v / (1 - beta2 ** t)\n"
        "return State(state.theta + step_size * m / (np.sqrt(v) + epsilon), m, v, t)",
        "corrected averages stored",
    ),
    (
        "2",
        "adam.update",
        "t = state.t\n"
        "m = beta1 * state.m + (1 - beta1) * gradient\n"
        "v = beta2 * state.v + (1 - beta2) * gradient ** 2\n"
        "d = (m / (1 - beta1 ** t)) / (np.sqrt(v / (1 - beta2 ** t)) + epsilon)\n"
        "return State(state.theta + step_size * d, m, v, t + 1)",
        "t one behind",
    ),
    (
        "2",
        "adam.update",
        "t = state.t + 1\n"
        "m = beta1 * state.m + (1 - beta1) * gradient\n"
        "v = beta2 * state.v + (1 - beta2) * gradient ** 2\n"
        "d = (m / (1 - beta1 ** t)) / np.sqrt(v / (1 - beta2 ** t) + epsilon)\n"
        "return State(state.theta + step_size * d, m, v, t)",
        "epsilon inside the root",
    ),
    ("3.1", "vae.generate", "return decode(model, latents)", "logits, not probabilities"),
    (
        "3.1",
        "vae.generate",
        "return np.where(bernoulli.mean(decode(model, latents)) > 0.5, 1.0, 0.0)",
        "binarised",
    ),
    (
        "3.2",
        "vae.reconstruct",
        "mean, _ = encode(model, images)\nreturn generate(model, mean)",
        "no noise",
    ),
    ("3.2", "vae.reconstruct", "return generate(model, eps)", "decoded from pure noise"),
    (
        "3.3",
        "vae.interpolate",
        "s = np.linspace(0, 1, steps)[:, None]\nreturn first * (1 - s) + second * s",
        "pixels blended",
    ),
    (
        "3.3",
        "vae.interpolate",
        "mean, _ = encode(model, np.array([first, second]))\n"
        "z = np.array([mean[0] + i / steps * (mean[1] - mean[0]) for i in range(steps)])\n"
        "return generate(model, z)",
        "end left out",
    ),
    (
        "5.1",
        "experiments.latent_plane.manifold",
        "from scipy.stats import norm\n"
        "ticks = norm.ppf(np.linspace(0.05, 0.95, steps))\n"
        "return np.array([[x, y] for y in ticks[::-1] for x in ticks])",
        "from 5 to 95 per cent",
    ),
    (
        "5.1",
        "experiments.latent_plane.manifold",
        "ticks = ndtri((np.arange(steps) + 0.5) / steps)\n"
        "return np.array([[x, y] for x in ticks for y in ticks[::-1]])",
        "column by column",
    ),
    (
        "6.1",
        "bounds.importance_weighted",
        "return np.log(np.mean(np.exp(log_weights), axis=1))",
        "weights too small for a number",
    ),
    (
        "6.1",
        "bounds.importance_weighted",
        "m = np.max(log_weights)\n"
        "return m + np.log(np.sum(np.exp(log_weights - m), 1) / log_weights.shape[1])",
        "one maximum for the whole batch",
    ),
    (
        "6.1",
        "bounds.importance_weighted",
        "return ops.logsumexp(log_weights)",
        "sum instead of mean",
    ),
    (
        "7.1",
        "gaussian_decoder.decode",
        "out = mlp.predict(model.decoder, latents, model.activation)\n"
        "D = out.shape[1] // 2\n"
        "return out[:, :D], np.maximum(out[:, D:], np.log(STD_FLOOR))",
        "cut off at the floor",
    ),
    (
        "7.1",
        "gaussian_decoder.decode",
        "return ops.halves(mlp.predict(model.decoder, latents, model.activation))",
        "no floor",
    ),
    (
        "8.1",
        "experiments.latent_arithmetic.attribute_vector",
        "return latents[has].mean(axis=0) - latents[lacks].mean(axis=0)",
        "all digits in one mean",
    ),
    (
        "8.1",
        "experiments.latent_arithmetic.attribute_vector",
        "def mean(rows):\n"
        "    return latents[rows].mean(axis=0)\n"
        "here = [labels == digit for digit in set(labels)]\n"
        "return np.mean([mean(has & h) - mean(lacks & h) for h in here], axis=0)",
        "digits that lack a group",
    ),
    (
        "9.1",
        "optimisers.momentum",
        "m = beta * state.m + (1 - beta) * gradient\n"
        "return State(state.theta + step_size * m, m, state.v, state.t + 1)",
        "gradient averaged",
    ),
    (
        "9.1",
        "optimisers.momentum",
        "m = beta * state.m - gradient\n"
        "return State(state.theta - step_size * m, m, state.v, state.t + 1)",
        "velocity of the other sign",
    ),
]


@pytest.mark.parametrize(("name", "function", "body", "mistake"), AS_WRITTEN)
def test_a_mistake_as_a_student_writes_it_is_named(tree_with, check, name, function, body, mistake):
    tree = tree_with(name)
    tree.solve()
    tree.write(function, body)
    result = check(tree)[name]
    assert result.status == "wrong"
    assert result.mistake == mistake or mistake is None
    assert result.message
    assert result.points < result.max_points


@pytest.mark.parametrize(("name", "function", "body", "mistake"), AS_WRITTEN)
def test_one_mistake_costs_one_mark(tree_with, check, name, function, body, mistake):
    del mistake
    tree = tree_with(name)
    tree.solve()
    tree.write(function, body)
    others = [result for id_, result in check(tree).items() if id_ != name]
    assert {result.status for result in others} == {"right"}, others


def test_what_was_assumed_is_said(tree, check):
    tree.solve()
    tree.write("gaussian.sample", "return mean")
    results = check(tree)
    assert "in place of exercise 1.1" in results["1.4"].message
    assert results["3.1"].message == ""


def test_log_variance_read_alike_in_sampling_and_kl_costs_points_once(tree, check):
    tree.solve()
    tree.write("gaussian.sample", "return mean + np.exp(log_std / 2) * eps")
    tree.write(
        "gaussian.kl_from_standard",
        "return 0.5 * np.sum(np.exp(log_std) + mean ** 2 - 1 - log_std, axis=1)",
    )
    results = check(tree)
    assert [results[i].mistake for i in ("1.1", "1.3")] == ["log variance"] * 2
    assert [results[i].points for i in ("1.1", "1.3")] == [0, 1]
    assert "valid VAE" in results["1.3"].message


def test_the_smallest_telling_example_is_shown(tree, check):
    tree.write(
        "gaussian.kl_from_standard",
        "return 0.5 * np.sum(np.exp(log_std) + mean ** 2 - 1 - log_std, axis=1)",
    )
    result = check(tree, "1.3")["1.3"]
    call = "kl_from_standard([[1, -2], [0, 0.5]], [[0.5, -1], [0, -2]])"
    assert result.expected == f"{call} = [3.4268, 1.6342]"
    assert result.found == "[2.7583, 0.69267]"


def test_part_of_an_exercise_earns_part_of_its_points(tree, check):
    tree.write("adam.init", "return State(theta, 0 * theta, 0 * theta, 0)")
    result = check(tree, "2")["2"]
    assert (result.status, result.points) == ("blank", 0.5)


def test_a_mistake_of_a_known_kind_in_single_precision_is_named(tree, check):
    tree.write("gaussian.sample", "return (mean + log_std * eps).astype('float32')")
    assert check(tree, "1.1")["1.1"].mistake == "noise times log_std"


def test_right_to_single_precision_only_is_right_and_said(tree, check):
    tree.write(
        "gaussian.sample",
        "return (mean + np.exp(log_std) * eps).astype('float32').astype('float64')",
    )
    result = check(tree, "1.1")["1.1"]
    assert (result.status, result.mistake) == ("right", "single precision")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return [list(row) for row in mean]", "a Python list"),
        ("return None", "returns nothing"),
        ("mean + eps", "returns nothing"),
        ("return mean.T + eps.T", "The shape is (2, 1)"),
        ("return mean * np.nan", "not finite"),
        ("return 'z'", "returns str"),
        ("return mean.astype(complex)", "complex"),
        ("return (mean, eps)", "2 values"),
        (
            "from autograd.numpy.numpy_boxes import ArrayBox\n"
            "from autograd.tracer import new_box\n"
            "from autograd.core import VJPNode\n"
            "return new_box(mean, 0, VJPNode.new_root())",
            "autograd box",
        ),
        ("return mean + 17 * eps", "The values differ"),
        ("mean[0, 0] = 5\nreturn mean", "The values differ"),
    ],
)
def test_an_answer_that_no_known_mistake_explains_is_told_by_its_kind(tree, check, body, said):
    tree.write("gaussian.sample", body)
    result = check(tree, "1.1")["1.1"]
    assert (result.status, result.mistake) == ("wrong", None)
    assert said in result.message


def test_every_result_carries_the_hash_of_the_files_that_ran(tree, check):
    before = check(tree, "1.1")["1.1"].sha256
    tree.write("adam.init", "return None")
    after = check(tree, "1.1")["1.1"].sha256
    assert re.fullmatch("[0-9a-f]{64}", before)
    assert before != after


def test_nothing_that_is_expected_is_sent(answers):
    """A job holds arguments and, where something stands in, rows of other functions only."""
    for name, entry in answers.forms["package"].items():
        if name == "2":
            continue  # adam.init gives back what it gets
        sent = {
            value.tobytes()
            for probe in entry.probes
            for call in probe.calls
            for value in call.args
            if not isinstance(value, Record) and hasattr(value, "tobytes")
        }
        for outcomes in entry.expected:
            for outcome in outcomes:
                assert not sent & {array.tobytes() for array in outcome.arrays if array.size > 1}


def test_results_have_the_fields_that_machines_read():
    assert Result._fields == (
        "id", "name", "status", "mistake", "message", "expected", "found", "points", "max_points",
        "where", "sha256",
    )  # fmt: skip
