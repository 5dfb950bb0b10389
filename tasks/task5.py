"""Task 5: the latent plane: what the decoder makes of each part of it, and draws of images."""

from collections.abc import Sequence

import numpy as np

from tasks import cli, models
from vae_np import data, figures, streams, vae
from vae_np.experiments import figures_latent, latent_plane

STEPS = 20  # images along each side of the manifold
SAMPLES = 36

STORY = """
The manifold's coordinates are quantiles of the prior: each of its images stands for an equal share
of N(0, I), so what takes much room on it is what the model draws often. Neighbours are alike, and
kinds of digits change through shapes in between. Below, the same latents are shown twice: as pixel
means E[x|z], smooth and grey, and as images drawn from p(x|z), in which every pixel falls
independently of its neighbours. The second is what the model says images look like; papers mostly
show the first.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Use task 4's VAE if it is there, or train one; write the two figures."""
    options = cli.parser("task5", __doc__, ["", "--quick", "--dataset mnist"]).parse_args(arguments)
    folder = cli.folder(options, "task5")
    dataset = cli.dataset(options)
    plan, model = models.plane(options, dataset)
    print(STORY)

    tiles = vae.generate(model, latent_plane.manifold(STEPS).astype(np.float32))
    share = 100 / STEPS**2
    title = f"The decoder's manifold: {STEPS} x {STEPS} quantiles, {share:g} % of the prior each"
    picture = figures_latent.image_blocks({"": tiles}, dataset.image_shape, STEPS, title)
    figures.save(picture, folder / "Task_5_manifold.png")

    rng = streams.generator(options.seed, "task 5")
    latents = rng.standard_normal((SAMPLES, plan.settings.latent_dim), dtype=np.float32)
    means = vae.generate(model, latents)
    draws = data.binarise(means, rng)
    grey = 100 * np.mean((means > 0.1) & (means < 0.9))
    print(f"of the means' pixels, {grey:.0f} % are grey (0.1 to 0.9); of the draws', none is")
    blocks = {"means E[x|z]": means, "draws from p(x|z)": draws}
    title = f"{grey:.0f} % of the means' pixels are grey: each is drawn alone"
    picture = figures_latent.image_blocks(blocks, dataset.image_shape, 6, title)
    figures.save(picture, folder / "Task_5_samples.png")
    cli.say_written(folder, ["Task_5_manifold.png", "Task_5_samples.png"])


if __name__ == "__main__":
    cli.run(main, "task5")
