import numpy as np
import pytest

from vae_np import figures


def pixels(figure) -> np.ndarray:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., 0] / 255


def test_a_grid_shows_images_row_by_row_dark_on_white():
    images = np.zeros((7, 6))
    images[5] = 1  # the first tile of the second row of five
    picture = pixels(figures.image_grid(images, (2, 3)))
    height, width = picture.shape
    assert picture[: height // 2].min() == 1
    tile = picture[int(0.55 * height) : int(0.95 * height), int(0.02 * width) : int(0.16 * width)]
    assert tile.max() == 0
    assert picture[height // 2 :, width // 4 :].min() == 1


def test_the_grey_scale_is_fixed_not_stretched():
    dim = pixels(figures.image_grid(np.full((1, 4), 0.25), (2, 2), columns=1))
    assert np.median(dim) == pytest.approx(0.75, abs=0.01)


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    rows = [
        {"epoch": epoch, **{f"{split}_{term}": -100 + epoch for split in ("train", "test")
                            for term in ("elbo", "log_likelihood", "kl")}}
        for epoch in (1, 2, 3)
    ]  # fmt: skip
    for name in ("a", "b"):
        figures.save(figures.curves(rows), tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_bars_are_ordered_and_inactive_latents_are_pale():
    figure = figures.kl_bars(np.array([0.1, 3.0, 1.0]), np.array([False, True, True]))
    (axes,) = figure.axes
    assert [bar.get_height() for bar in axes.patches] == [3.0, 1.0, 0.1]
    colours = [bar.get_facecolor() for bar in axes.patches]
    assert colours[0] == colours[1] != colours[2]
    assert axes.get_title() == "2 of 3 latents are active; together 4.1 nats"


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError, match="file"):
        figures.save(figures.image_grid(np.zeros((1, 4)), (2, 2)), tmp_path / "file" / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
