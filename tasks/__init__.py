"""One script a task: compute, draw, save. The mathematics is in `vae_np`."""
