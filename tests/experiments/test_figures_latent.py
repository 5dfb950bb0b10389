import numpy as np

from vae_np import figures
from vae_np.experiments import figures_latent, figures_lines


def same_bytes(draw, tmp_path) -> bool:
    paths = tmp_path / "a.png", tmp_path / "b.png"
    for path in paths:
        figures.save(draw(), path)
    return paths[0].read_bytes() == paths[1].read_bytes()


def texts(figure) -> set[str]:
    found = figure.findobj(match=lambda artist: hasattr(artist, "get_text"))
    return {artist.get_text() for artist in found}


def test_a_cloud_names_its_digits_and_draws_its_ellipses(rng, tmp_path):
    codes, labels = rng.random((20, 2)), np.repeat([3, 7], 10)
    cloud = figures_latent.Cloud("VAE", codes, labels, codes[:4], np.full((4, 2), 0.1))
    figure = figures_latent.clouds([cloud, cloud._replace(labels=None)], "both")
    assert {"3", "7", "VAE", "both"} <= texts(figure)
    assert len(figure.axes[0].patches) == 4
    np.testing.assert_allclose(figure.axes[0].patches[0].width, 0.4)
    assert same_bytes(lambda: figures_latent.clouds([cloud], "one"), tmp_path)


def test_rows_and_blocks_show_every_image_on_one_scale(rng):
    images = rng.random((3, 20))
    rows = figures_latent.image_rows({"first": images, "second": images}, (4, 5), "two", "abc")
    assert len(rows.axes) == 6
    assert {"first", "second", "two", "a", "b", "c"} <= texts(rows)
    assert rows.axes[4].images[0].get_clim() == (0, 1)
    block = figures_latent.image_blocks({"left": images}, (4, 5), 2, "one")
    sheet = np.asarray(block.axes[0].images[0].get_array())
    np.testing.assert_array_equal(sheet[:4, 5:], images[1].reshape(4, 5))
    np.testing.assert_array_equal(sheet[4:, :5], images[2].reshape(4, 5))


def test_an_outline_is_two_standard_deviations_away(rng):
    covariance = np.array([[1.0, 0.6], [0.6, 2.0]])
    density = figures_latent.Density(
        "one",
        np.arange(4.0),
        np.arange(4.0)[::-1],
        rng.random((4, 4)),
        {"q": (np.ones(2), covariance)},
    )
    figure = figures_latent.densities([density], "all")
    points = figure.axes[0].lines[0].get_xydata() - 1
    distance = np.einsum("ni,ij,nj->n", points, np.linalg.inv(covariance), points)
    np.testing.assert_allclose(distance, 4)


def test_lines_carry_their_names_and_bars_their_values(tmp_path):
    x = np.array([1.0, 10, 100])
    lines = [figures_lines.Line("up", x, x), figures_lines.Line("same", x, x + 0.01)]
    panel = figures_lines.Panel("t", lines, "x", "y", ("log", "log"), levels={"top": 50.0})
    figure = figures_lines.lines([panel])
    names = {a.get_text(): a for a in figure.axes[0].texts}
    assert {"up", "same", "top"} <= names.keys()
    apart = names["same"].xyann[1] - names["up"].xyann[1]
    assert apart > 10  # points, so that they do not cover one another
    bars = figures_lines.bars([figures_lines.Bars("t", {"g": {"a": 1.25}}, "y", "%.2f")])
    assert "1.25" in texts(bars)
    assert same_bytes(lambda: figures_lines.lines([panel]), tmp_path)


def test_smoothing_is_a_running_mean():
    np.testing.assert_allclose(figures_lines.smooth(np.array([1.0, 2, 6, 4]), 3), [3, 4])
