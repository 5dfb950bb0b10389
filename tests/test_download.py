"""MNIST is fetched from a server of this test's own, with every fault that a network has."""

import argparse
import gzip
import hashlib
import http.server
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from tests.test_idx import encode
from vae_np import data, download, mnist

ARRAYS = {
    "train_images": np.random.default_rng(0).integers(0, 256, (50, 28, 28), dtype=np.uint8),
    "train_labels": np.arange(50, dtype=np.uint8) % 10,
    "test_images": np.zeros((5, 28, 28), np.uint8),
    "test_labels": np.arange(5, dtype=np.uint8),
}
CONTENTS = {key: encode(array) for key, array in ARRAYS.items()}


@pytest.fixture(autouse=True)
def small_mnist(monkeypatch):
    """Four small files in place of the published ones, and no proxy on the way to this machine."""
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(variable, "127.0.0.1")
    monkeypatch.delenv("VAE_NP_DATA", raising=False)
    for key, content in CONTENTS.items():
        file = mnist.FILES[key]
        sha256 = hashlib.sha256(content).hexdigest()
        monkeypatch.setitem(mnist.FILES, key, mnist.File(file.name, ARRAYS[key].shape, sha256))
    monkeypatch.setattr(download, "MIRRORS", ("http://127.0.0.1:9/never-the-real-ones/",))


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves /FAULT/FILE.gz; every fault is a folder, "fine" is none."""

    def do_GET(self):
        _, fault, name = self.path.split("/")
        self.server.requests.append(self.path)
        key = next(key for key, file in mnist.FILES.items() if f"{file.name}.gz" == name)
        body = gzip.compress(CONTENTS[key])
        if fault.isdigit():
            self.send_error(int(fault))
            return
        if fault == "once" and self.server.requests.count(self.path) == 1:
            self.send_error(503)
            return
        length = len(body)
        if fault in ("truncated", "truncated-unannounced", "hanging"):
            body = body[: length // 2]
        if fault == "wrong":
            body = gzip.compress(CONTENTS[key][:-1] + b"?")
        if fault == "login-page":
            body = b"<html>Please log in.</html>"
        if fault == "silent":
            self.server.released.wait(20)
            return
        self.send_response(200)
        if fault in ("truncated", "hanging"):
            self.send_header("Content-Length", str(length))
        elif fault != "truncated-unannounced":
            self.send_header("Content-Length", str(len(body)))
        if fault == "decoded":  # the client unpacks such a transfer by itself
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)
        if fault == "hanging":
            self.wfile.flush()
            self.server.released.wait(20)

    def log_message(self, *_args):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.requests, server.released = [], threading.Event()
        server.mirror = lambda fault: f"http://127.0.0.1:{server.server_port}/{fault}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


def fetch(folder, *mirrors, rounds=1, timeout=5.0):
    return download.download_mnist(folder, mirrors, rounds, pause=0.01, timeout=timeout)


def assert_complete(folder):
    names = sorted(path.name for path in (folder / "mnist").iterdir())
    assert names == sorted(file.name for file in mnist.FILES.values())
    for key, content in CONTENTS.items():
        assert (folder / "mnist" / mnist.FILES[key].name).read_bytes() == content


def test_the_four_files_arrive_decompressed_and_load(server, tmp_path):
    paths = fetch(tmp_path / "new", server.mirror("fine"))
    assert paths == [tmp_path / "new" / "mnist" / file.name for file in mnist.FILES.values()]
    assert_complete(tmp_path / "new")
    dataset = data.load("mnist", tmp_path / "new")
    np.testing.assert_array_equal(dataset.train_images, ARRAYS["train_images"].reshape(50, 784))


def test_a_mirror_may_be_given_without_its_last_slash(server, tmp_path):
    fetch(tmp_path, server.mirror("fine").rstrip("/"))
    assert_complete(tmp_path)


def test_files_that_are_there_and_right_are_not_fetched_again(server, tmp_path):
    (tmp_path / "train-images.idx3-ubyte.gz").write_bytes(gzip.compress(CONTENTS["train_images"]))
    fetch(tmp_path, server.mirror("fine"))
    assert len(server.requests) == 3
    paths = fetch(tmp_path, "http://127.0.0.1:9/nobody/")
    assert paths[0] == tmp_path / "train-images.idx3-ubyte.gz"


@pytest.mark.parametrize(
    "damage", [lambda c: c[:-1], lambda c: gzip.compress(c)[:-9], lambda _: b""]
)
def test_a_damaged_file_is_fetched_anew(server, tmp_path, damage):
    fetch(tmp_path, server.mirror("fine"))
    path = tmp_path / "mnist" / mnist.FILES["test_images"].name
    path.write_bytes(damage(CONTENTS["test_images"]))
    fetch(tmp_path, server.mirror("fine"))
    assert len(server.requests) == 5
    assert_complete(tmp_path)


FAULTS = {
    "404": "404",
    "503": "503",
    "truncated": "IncompleteRead|more expected",
    "truncated-unannounced": "damaged or cut short",
    "wrong": "SHA-256 .* expected the published file's",
    "login-page": "got 27 bytes with SHA-256",
    "silent": "[Tt]imed out",
    "hanging": "[Tt]imed out",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_mirror_with_a_fault_comes_the_next(server, tmp_path, fault):
    fetch(tmp_path, server.mirror(fault), server.mirror("fine"), rounds=3, timeout=0.2)
    assert_complete(tmp_path)
    assert [path.split("/")[1] for path in server.requests[:2]] == [fault, "fine"]


def test_after_a_mirror_that_refuses_comes_the_next(server, tmp_path):
    fetch(tmp_path, "http://127.0.0.1:9/", server.mirror("fine"))
    assert_complete(tmp_path)


@pytest.mark.parametrize(("fault", "reason"), FAULTS.items())
def test_without_a_good_mirror_the_reason_is_told_and_nothing_is_kept(
    server, tmp_path, fault, reason
):
    with pytest.raises(OSError, match=f"train-images-idx3-ubyte: no mirror.*\n.*({reason})"):
        fetch(tmp_path, server.mirror(fault), timeout=0.2)
    assert not list(tmp_path.rglob("*"))


def test_a_mirror_that_fails_once_is_asked_again(server, tmp_path):
    fetch(tmp_path, server.mirror("once"), rounds=2)
    assert_complete(tmp_path)


def test_a_transfer_that_was_unpacked_on_the_way_is_right_too(server, tmp_path):
    fetch(tmp_path, server.mirror("decoded"))
    assert_complete(tmp_path)


def test_a_full_disk_is_no_fault_of_the_mirror_and_leaves_nothing(server, tmp_path, monkeypatch):
    def fail(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left on device"):
        fetch(tmp_path, server.mirror("fine"), rounds=3)
    assert len(server.requests) == 1
    assert not list((tmp_path / "mnist").iterdir())


def test_a_read_only_folder_is_refused_before_the_download(server, tmp_path):
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(OSError, match=f"cannot write into {tmp_path}.*--data-dir"):
            fetch(tmp_path, server.mirror("fine"))
    finally:
        tmp_path.chmod(0o755)
    assert server.requests == []


KILLED = """
import sys
from vae_np import download
download.download_mnist(sys.argv[1], [sys.argv[2]])
"""


def test_a_process_killed_in_mid_download_leaves_no_half_file(server, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, tmp_path, server.mirror("hanging")]
    ) as run:
        while not server.requests and run.poll() is None:
            time.sleep(0.01)
        time.sleep(0.1)  # for the first half of the file to arrive
        run.kill()
    assert server.requests
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


# The command


def command(*arguments):
    parser = argparse.ArgumentParser(prog="data")
    download.add_arguments(parser)
    return download.run(parser.parse_args([str(argument) for argument in arguments]))


def test_the_command_fetches_and_says_where(server, tmp_path, capsys):
    assert command("--data-dir", tmp_path, "--mirror", server.mirror("fine")) == 0
    output = capsys.readouterr()
    assert str(tmp_path / "mnist" / "train-images-idx3-ubyte") in output.out
    assert "MNIST is complete" in output.out
    assert "train-images-idx3-ubyte: " in output.err  # the progress bar
    assert_complete(tmp_path)


def test_the_command_takes_several_mirrors(server, tmp_path):
    mirrors = ("--mirror", server.mirror("404"), "--mirror", server.mirror("fine"))
    assert command("--data-dir", tmp_path, *mirrors) == 0
    assert len(server.requests) == 8


def test_the_command_fails_with_the_reason_and_no_traceback(server, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    assert command("--data-dir", tmp_path, "--mirror", server.mirror("404")) == 1
    error = capsys.readouterr().err
    assert "MNIST was not fetched: train-images-idx3-ubyte: no mirror served it" in error
    assert "404" in error
    assert "Traceback" not in error
    assert len(server.requests) == 3


@pytest.mark.parametrize("mirror", ["mirror.example.org", "ftp://mirror.example.org", ""])
def test_a_mirror_that_is_no_web_address_is_refused(mirror, capsys):
    with pytest.raises(SystemExit, match="2"):
        command("--mirror", mirror)
    assert f"{mirror!r} does not start with http:// or https://" in capsys.readouterr().err


def test_the_help_shows_examples(capsys):
    with pytest.raises(SystemExit, match="0"):
        command("--help")
    assert "python -m vae_np data --mirror http" in capsys.readouterr().out
