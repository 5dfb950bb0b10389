"""The built-in digits are one fixed data set, and the cache can be lost but never mislead."""

import sys

import numpy as np
import pytest

from vae_np import built_in, digits, files

SIZE = 20


def assert_same(left, right):
    np.testing.assert_array_equal(left.images, right.images, strict=True)
    np.testing.assert_array_equal(left.labels, right.labels, strict=True)
    assert list(left.attributes) == list(right.attributes)
    for name, column in left.attributes.items():
        np.testing.assert_array_equal(column, right.attributes[name], strict=True)


@pytest.fixture
def forbid_drawing(monkeypatch):
    real_draw = digits.draw

    def draw(count, *args, **options):
        assert count == 0, "drawn, although the cache holds enough"
        return real_draw(count, *args, **options)

    return lambda: monkeypatch.setattr(digits, "draw", draw)


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_cache_gives_back_what_was_drawn(tmp_path, split, forbid_drawing):
    drawn = built_in.load(split, SIZE, tmp_path)
    assert_same(drawn, digits.draw(SIZE, built_in.SEED, built_in.STARTS[split]))
    forbid_drawing()
    assert_same(drawn, built_in.load(split, SIZE, tmp_path))


def test_a_smaller_size_is_a_prefix_from_the_cache(tmp_path, forbid_drawing):
    more = built_in.load("train", SIZE, tmp_path)
    forbid_drawing()
    fewer = built_in.load("train", 7, tmp_path)
    np.testing.assert_array_equal(fewer.images, more.images[:7])
    assert all(len(column) == 7 for column in fewer.attributes.values())


def test_a_larger_size_is_drawn_and_takes_the_place_of_the_cache(tmp_path, forbid_drawing):
    fewer = built_in.load("train", 7, tmp_path)
    more = built_in.load("train", SIZE, tmp_path)
    assert len(more.images) == SIZE
    np.testing.assert_array_equal(fewer.images, more.images[:7])
    forbid_drawing()
    assert_same(more, built_in.load("train", SIZE, tmp_path))
    assert len(list(tmp_path.iterdir())) == 1


def test_no_test_image_is_a_training_image(tmp_path):
    train, test = (built_in.load(split, 1000, tmp_path).images for split in ("train", "test"))
    assert not {row.tobytes() for row in train} & {row.tobytes() for row in test}


def test_the_attributes_belong_to_the_same_images(tmp_path):
    known = built_in.attributes("test", SIZE, tmp_path)
    assert {"slant", "thickness", "has_bar"} <= set(known)
    np.testing.assert_array_equal(
        known["slant"], built_in.load("test", 99, tmp_path).attributes["slant"][:SIZE]
    )


def test_another_definition_has_another_cache(tmp_path, monkeypatch):
    built_in.load("train", SIZE, tmp_path)
    monkeypatch.setattr(built_in, "SEED", built_in.SEED + 1)
    built_in._fingerprint.cache_clear()
    try:
        other = built_in.load("train", SIZE, tmp_path)
        assert len(list(tmp_path.iterdir())) == 2
        assert_same(other, digits.draw(SIZE, built_in.SEED))
    finally:
        built_in._fingerprint.cache_clear()


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, -1], ids="{} bytes".format)
def test_a_cache_cut_short_is_noted_and_drawn_anew(tmp_path, capsys, keep):
    drawn = built_in.load("train", SIZE, tmp_path)
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if keep == 0.5 else keep])
    assert_same(built_in.load("train", SIZE, tmp_path), drawn)
    assert f"{path} is damaged" in capsys.readouterr().err
    assert path.read_bytes() == content


def test_a_flipped_byte_in_the_cached_images_is_noticed(tmp_path, capsys):
    drawn = built_in.load("train", SIZE, tmp_path)
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[content.index(drawn.images.tobytes()) + 5000] ^= 1
    path.write_bytes(content)
    assert_same(built_in.load("train", SIZE, tmp_path), drawn)
    assert "is damaged" in capsys.readouterr().err


def test_a_cache_that_would_have_to_be_unpickled_is_drawn_anew(tmp_path, capsys):
    drawn = built_in.load("train", SIZE, tmp_path)
    (path,) = tmp_path.iterdir()
    np.savez(path, images=np.array([{}] * SIZE), labels=drawn.labels)
    assert_same(built_in.load("train", SIZE, tmp_path), drawn)
    assert "is damaged" in capsys.readouterr().err


def test_a_cache_that_lacks_an_entry_is_drawn_anew(tmp_path, capsys):
    drawn = built_in.load("train", SIZE, tmp_path)
    (path,) = tmp_path.iterdir()
    np.savez(path, images=drawn.images, labels=drawn.labels)
    assert_same(built_in.load("train", SIZE, tmp_path), drawn)
    assert "its entries are ['images', 'labels']" in capsys.readouterr().err


@pytest.fixture
def read_only(tmp_path):
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o555)
    yield folder
    folder.chmod(0o755)


def test_a_read_only_folder_stops_nobody(read_only, capsys):
    assert_same(built_in.load("test", SIZE, read_only), built_in.load("test", SIZE, read_only))
    assert not list(read_only.iterdir())
    note = f"note: the drawn digits are not kept, {read_only}: read-only; they are drawn anew"
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(note)


def test_a_read_only_environment_leaves_the_cache_to_the_next_folder(
    read_only, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(files, "search_path", lambda _: [read_only, tmp_path / "home"])
    built_in.load("test", SIZE)
    assert len(list((tmp_path / "home").iterdir())) == 1
    assert capsys.readouterr().err == ""


def test_a_full_disk_stops_nobody(tmp_path, monkeypatch, capsys):
    def fail(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    assert len(built_in.load("test", SIZE, tmp_path).images) == SIZE
    assert "not kept" in (note := capsys.readouterr().err)
    assert "No space left on device" in note
    assert not list(tmp_path.iterdir())


def test_progress_is_shown_on_request_and_on_a_terminal_alone(tmp_path, capsys, monkeypatch):
    built_in.load("train", SIZE, tmp_path / "a")
    built_in.load("train", SIZE, tmp_path / "b", show_progress=True)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    built_in.load("test", SIZE, tmp_path, show_progress=True)
    assert "20/20" in capsys.readouterr().err


@pytest.mark.parametrize("size", [0, -1, 1_000_001])
def test_a_size_that_cannot_be_is_refused(tmp_path, size):
    with pytest.raises(ValueError, match=f"train_size {size}: expected 1 to 1,000,000"):
        built_in.load("train", size, tmp_path)


def test_an_unknown_split_is_refused(tmp_path):
    with pytest.raises(ValueError, match="split 'valid': expected 'train' or 'test'"):
        built_in.load("valid", SIZE, tmp_path)
