"""Task 2: train the autoencoder, and see how it learned."""

from collections.abc import Sequence

from tasks import cli, training
from vae_np import evaluate, figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Train; write the checkpoint, the curves (CSV and picture) and the KL of each latent."""
    options = cli.parser(
        "task2",
        __doc__,
        ["", "--quick", "--dataset mnist", "--dataset faces.npz --epochs 50", "--resume"],
    ).parse_args(arguments)
    folder = cli.folder(options, "task2")
    plan = training.Plan(cli.settings(options), cli.dataset(options), options.seed)

    trained = training.fit(plan, folder, options.resume)
    posterior = evaluate.posterior(training.model(plan, trained), training.test_targets(plan))
    kl, active = evaluate.kl_per_latent(*posterior), evaluate.active_units(posterior[0])

    figures.save(figures.curves(trained.history), folder / "curves.png")
    figures.save(figures.kl_bars(kl, active), folder / "kl_per_latent.png")
    cli.say_written(folder, ["checkpoint.npz", "curves.csv", "curves.png", "kl_per_latent.png"])


if __name__ == "__main__":
    cli.run(main, "task2")
