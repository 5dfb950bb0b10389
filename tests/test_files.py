"""Folders are searched in the stated order, and a file is replaced whole or not at all."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vae_np import files


def test_a_given_folder_is_searched_alone(monkeypatch):
    monkeypatch.setenv("VAE_NP_DATA", "/elsewhere")
    assert files.search_path("here") == [Path("here")]


def test_the_environment_comes_before_the_checkout(monkeypatch):
    root = Path(files.__file__).parent.parent
    monkeypatch.setenv("VAE_NP_DATA", "/elsewhere")
    assert files.search_path() == [Path("/elsewhere"), root / "data"]
    monkeypatch.delenv("VAE_NP_DATA")
    assert files.search_path() == [root / "data"]


def test_an_installed_package_uses_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("VAE_NP_DATA", raising=False)
    monkeypatch.setattr(files, "__file__", str(tmp_path / "site-packages/vae_np/files.py"))
    (folder,) = files.search_path()
    assert folder.name == "vae_np"
    assert tmp_path not in folder.parents


def test_a_folder_that_does_not_exist_yet_accepts_files_if_it_can_be_made(tmp_path):
    assert files.accepts_files(tmp_path / "new" / "folder")
    (tmp_path / "file").touch()
    assert not files.accepts_files(tmp_path / "file" / "folder")


def test_a_read_only_folder_accepts_no_files_even_from_an_administrator(tmp_path):
    tmp_path.chmod(0o555)
    try:
        assert not files.accepts_files(tmp_path)
        assert not files.accepts_files(tmp_path / "new")
    finally:
        tmp_path.chmod(0o755)


def test_a_replaced_file_holds_the_new_content_alone(tmp_path):
    path = tmp_path / "new" / "folder" / "content"
    for content in (b"long content", b"short"):
        with files.replacing(path) as file:
            file.write(content)
        assert path.read_bytes() == content
        assert list(path.parent.iterdir()) == [path]


def test_nothing_stands_under_the_name_before_the_end(tmp_path):
    path = tmp_path / "content"
    with files.replacing(path) as file:
        file.write(b"half")
        file.flush()
        assert not path.exists()


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "disk full"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_content_and_no_litter(tmp_path, monkeypatch, failure):
    def fail(_descriptor):
        raise failure

    path = tmp_path / "content"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(failure)), files.replacing(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


KILLED = """
import os, pathlib, sys
from vae_np import files
with files.replacing(pathlib.Path(sys.argv[1])) as file:
    file.write(b"half of the new")
    file.flush()
    os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_process_that_is_killed_leaves_the_old_content(tmp_path):
    path = tmp_path / "content"
    path.write_bytes(b"old")
    process = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert process.returncode == -9
    assert path.read_bytes() == b"old"


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "arrays.npz"
    np.savez(path, images=np.arange(64, dtype=np.uint8).reshape(4, 16))
    return path


def test_the_entries_of_an_archive_come_back(archive):
    entries = files.read_npz(archive)
    assert list(entries) == ["images"]
    np.testing.assert_array_equal(entries["images"], np.arange(64).reshape(4, 16))


def test_an_archive_cut_at_any_byte_is_refused(archive):
    content = archive.read_bytes()
    for end in range(len(content)):
        archive.write_bytes(content[:end])
        with pytest.raises(ValueError, match=r"not a .npz file, or a damaged one"):
            files.read_npz(archive)


def test_an_archive_with_any_byte_flipped_is_refused_or_reads_the_same(archive):
    content = archive.read_bytes()
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 0x04
        archive.write_bytes(damaged)
        try:
            entries = files.read_npz(archive)
        except ValueError:
            continue
        for images in entries.values():
            np.testing.assert_array_equal(images, np.arange(64).reshape(4, 16))


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04", b"\x93NUMPY", b"\x80\x04."])
def test_a_file_that_is_not_an_archive_is_refused(tmp_path, content):
    path = tmp_path / "arrays.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"not a .npz file, or a damaged one"):
        files.read_npz(path)


def test_python_objects_are_never_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    np.savez(tmp_path / "arrays.npz", images=np.array([Trap()]))
    with pytest.raises(ValueError, match="Object arrays cannot be loaded"):
        files.read_npz(tmp_path / "arrays.npz")
    assert not (tmp_path / "sprung").exists()
