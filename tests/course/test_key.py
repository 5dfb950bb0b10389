"""The answer key comes back from disk as it was, and nothing in it can run."""

import json

import numpy as np
import pytest

from vae_np.course import key


def equal(one, other) -> bool:
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(
            one, other, equal_nan=one.dtype.kind == "f"
        )
    if hasattr(one, "_fields"):
        return type(one) is type(other) and all(map(equal, one, other))
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    return one == other


def test_a_key_comes_back_as_it_was(answers, tmp_path):
    key.save(answers, tmp_path / "key")
    assert equal(key.load(tmp_path / "key"), answers)


def test_a_key_is_small(answers, tmp_path):
    key.save(answers, tmp_path)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 3_000_000


@pytest.mark.parametrize("damage", ["missing", "json", "format", "pickle", "short"])
def test_a_damaged_key_is_one_line(answers, tmp_path, damage):
    key.save(answers, tmp_path)
    if damage == "missing":
        (tmp_path / "key.npz").unlink()
    elif damage == "json":
        (tmp_path / "key.json").write_text("{", encoding="utf-8")
    elif damage == "format":
        content = json.loads((tmp_path / "key.json").read_text(encoding="utf-8"))
        text = json.dumps({**content, "format": 99})
        (tmp_path / "key.json").write_text(text, encoding="utf-8")
    elif damage == "pickle":
        np.savez(tmp_path / "key.npz", **{"<f8": np.array([print], dtype=object)})
    else:
        np.savez(tmp_path / "key.npz", **{"<f8": np.zeros(3)})
    with pytest.raises(ValueError, match="cannot be read"):
        key.load(tmp_path)
