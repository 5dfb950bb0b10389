"""Settings by name: what to train, and on how many images."""

from typing import NamedTuple

from vae_np.train import Settings


class Preset(NamedTuple):
    """Training settings, and how much of the data to use (None: all of it)."""

    summary: str
    settings: Settings
    train_size: int | None = None
    test_size: int | None = None


PRESETS = {
    "default": Preset("good settings", Settings()),
    "quick": Preset(
        "a first look in seconds: few images, few epochs",
        Settings(batch_size=50, epochs=6, warmup_steps=50),
        train_size=4_000,
        test_size=1_000,
    ),
    "classic": Preset(
        "the one-file assignment's settings: ReLU, N(0, 0.01²), file order, constant step",
        Settings(
            activation="relu",
            batch_size=200,
            init_scale=0.01,
            output_bias_from_data=False,
            shuffle=False,
            step_size=1e-3,
            warmup_steps=0,
            final_fraction=1.0,
        ),
    ),
}

# What the experiments change in each preset. Two latents need more passes over few images.
PLANE = {
    "default": {"latent_dim": 2, "epochs": 15},
    "quick": {"latent_dim": 2, "epochs": 15},
    "classic": {"latent_dim": 2},
}

# Grey images, with a density for each pixel.
GREY = {
    "default": {"latent_dim": 20, "epochs": 15, "step_size": 1e-3},
    "quick": {"latent_dim": 20, "epochs": 10, "step_size": 1e-3},
    "classic": {"latent_dim": 20},
}
