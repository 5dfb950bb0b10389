import pytest

from vae_np import symptoms


def history(*elbos, kl=15.0):
    return [
        {"train_elbo": elbo, "train_log_likelihood": elbo + kl, "train_kl": kl} for elbo in elbos
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (history(-200, kl=-1.0), "never negative"),
        (history(3.0, kl=2.0), "at most 1"),
        (history(-206, kl=0.001), "collapsed"),
        (history(-543, -543, -542.9, -542.8), "no progress"),
        (history(-200, -220, -250, -300), "no progress"),
    ],
)
def test_each_symptom_is_named(rows, words):
    assert words in symptoms.find(rows)


def test_healthy_training_has_no_symptom():
    assert symptoms.find(history(-180)) is None
    assert symptoms.find(history(-180, -180, -180)) is None  # too early to say
    assert symptoms.find(history(-190, -130, -110, -104, -104.1, -104)) is None
