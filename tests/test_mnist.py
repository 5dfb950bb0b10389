"""The files of MNIST are found wherever, and however, they were placed."""

import math

import pytest

from vae_np import mnist

NAME = "train-images-idx3-ubyte"
SPELLINGS = [NAME, "train-images.idx3-ubyte", f"{NAME}.gz", "train-images.idx3-ubyte.gz"]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("place", ["mnist", "."])
def test_every_spelling_is_found_in_both_places(tmp_path, spelling, place):
    (tmp_path / place).mkdir(exist_ok=True)
    (tmp_path / place / spelling).touch()
    found = mnist.find(NAME, [tmp_path / "empty", tmp_path])
    assert found == tmp_path / place / spelling


def test_the_first_folder_wins_and_a_folder_is_not_a_file(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{NAME}.gz").touch()
    (tmp_path / "a" / NAME).mkdir()
    assert mnist.find(NAME, [tmp_path / "a", tmp_path / "b"]) == tmp_path / "a" / f"{NAME}.gz"
    assert mnist.find(NAME, []) is None


def test_the_table_agrees_with_itself():
    for key, file in mnist.FILES.items():
        split, kind = key.split("_")
        assert file.name.startswith("train" if split == "train" else "t10k")
        assert f"-{kind}-idx{len(file.shape)}-ubyte" in file.name
        assert file.shape[0] == {"train": 60_000, "test": 10_000}[split]
        assert len(bytes.fromhex(file.sha256)) == 32
    assert sum(math.prod(file.shape) for file in mnist.FILES.values()) == 70_000 * 785
