"""Submissions as input: archives and folders that would do harm, and some that are only odd."""

import io
import os
import struct
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae_np.grading import sources

PROGRAM = b"x = 1\n"


def zipped(path: Path, members: dict[str, bytes], method=zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, members: list[tarfile.TarInfo], form=tarfile.GNU_FORMAT) -> Path:
    with tarfile.open(path, "w:gz", format=form) as archive:
        for member in members:
            content = member.pax_headers.pop("content", "").encode() or bytes(member.size)
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content))
    return path


def member(name: str, content: str = "x = 1\n", kind=tarfile.REGTYPE, link: str = ""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.pax_headers = kind, link, {"content": content}
    return info


def said(path: Path) -> str:
    """Why it cannot be read, if it cannot."""
    try:
        sources.read(path)
    except ValueError as error:
        return str(error)
    return ""


def names(path: Path) -> list[str]:
    return sorted(map(str, sources.read(path).files))


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2"])
def test_every_archive_gives_its_python_files(tmp_path, name):
    path = tmp_path / name
    if name.endswith(".zip"):
        zipped(path, {"w/vae.py": PROGRAM, "w/run.png": b"png"})
    else:
        mode = {"tar": "w", "bz2": "w:bz2"}.get(name.rsplit(".", 1)[1], "w:gz")
        (tmp_path / "vae.py").write_bytes(PROGRAM)
        (tmp_path / "run.png").write_bytes(b"png")
        with tarfile.open(path, mode) as archive:
            for file in ("vae.py", "run.png"):
                archive.add(tmp_path / file, f"w/{file}")
    assert {str(k): v for k, v in sources.read(path).files.items()} == {"w/vae.py": PROGRAM}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_in_a_tar_are_read(tmp_path, form):
    long = "a" * 60 + "/" + "b" * 80 + ".py"
    members = [member(long)]
    if form != tarfile.USTAR_FORMAT:
        members.append(member("d" * 90 + "/" + "x" * 120 + ".py"))
    members.append(member("tarea_3.py"))
    found = names(tarred(tmp_path / "a.tar.gz", members, form))
    assert found == sorted(info.name for info in members)


@pytest.mark.parametrize("name", ["../x.py", "/x.py", "a/../../x.py", "C:/x.py", "..\\x.py"])
def test_no_path_leads_out_of_an_archive(tmp_path, name):
    for path in (
        zipped(tmp_path / "a.zip", {"vae.py": PROGRAM, name: PROGRAM}),
        tarred(tmp_path / "a.tar.gz", [member("vae.py"), member(name)]),
    ):
        with pytest.raises(ValueError, match="leads out of the archive"):
            sources.read(path)


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE],
)
def test_links_and_devices_in_a_tar_are_left_out(tmp_path, kind):
    path = tarred(
        tmp_path / "a.tar.gz",
        [member("gaussian.py", kind=kind, link="/etc/passwd"), member("vae.py")],
    )
    found = sources.read(path)
    assert list(map(str, found.files)) == ["vae.py"]
    assert "not a regular file" in found.left_out[0]


def test_a_link_in_a_zip_is_left_out(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("gaussian.py")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr("vae.py", PROGRAM)
    assert names(tmp_path / "a.zip") == ["vae.py"]


def test_archives_in_archives_are_left_out(tmp_path):
    inner = zipped(tmp_path / "inner.zip", {"vae.py": PROGRAM}).read_bytes()
    found = sources.read(zipped(tmp_path / "a.zip", {"inner.zip": inner, "x.py": PROGRAM}))
    assert list(map(str, found.files)) == ["x.py"]
    assert found.left_out == ["an archive inside: inner.zip"]


def test_a_bomb_in_a_zip_is_read_no_further_than_a_program_may_be_long(tmp_path):
    path = zipped(tmp_path / "a.zip", {"vae.py": bytes(50_000_000)})
    assert path.stat().st_size < 100_000
    with pytest.raises(ValueError, match="too large for a program"):
        sources.read(path)


def test_a_bomb_that_is_no_program_is_not_unpacked_at_all(tmp_path):
    path = zipped(tmp_path / "a.zip", {"data.bin": bytes(50_000_000), "vae.py": PROGRAM})
    assert names(path) == ["vae.py"]


def test_a_size_that_lies_does_not_matter(tmp_path):
    path = zipped(tmp_path / "a.zip", {"vae.py": bytes(3_000_000)})
    content = path.read_bytes().replace(struct.pack("<I", 3_000_000), struct.pack("<I", 10))
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"too large|damaged"):
        sources.read(path)


def test_a_tar_that_unpacks_without_an_end_is_refused(tmp_path):
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        info = tarfile.TarInfo("data.bin")
        info.size = sources.MAX_UNPACKED + 1
        with open("/dev/zero", "rb") as zero:
            archive.addfile(info, zero)
    with pytest.raises(ValueError, match="MB when unpacked"):
        sources.read(path)


def test_a_header_without_an_end_is_skipped_like_any_other_content(tmp_path):
    header = tarfile.TarInfo("x")
    header.type, header.size = b"x", 2**32
    (tmp_path / "a.tar").write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(2**16))
    with pytest.raises(ValueError, match=r"ends too early|when unpacked"):
        sources.read(tmp_path / "a.tar")


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MAX_MEMBERS", 50)
    many = {f"{i}.txt": b"" for i in range(60)}
    with pytest.raises(ValueError, match="more than 50 files"):
        sources.read(zipped(tmp_path / "a.zip", many))
    with pytest.raises(ValueError, match="more than 50 files"):
        sources.read(tarred(tmp_path / "a.tar.gz", [member(name) for name in many]))
    (tmp_path / "folder").mkdir()
    for name in many:
        (tmp_path / "folder" / name).touch()
    with pytest.raises(ValueError, match="more than 50 files"):
        sources.read(tmp_path / "folder")


def test_a_list_of_members_that_fills_the_memory_is_refused_unread(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 9, 9, 2**31, 0, 0))
    with pytest.raises(ValueError, match="more than"):
        sources.read(path)


def test_too_many_programs_are_refused(tmp_path):
    many = {f"p{i}.py": b"" for i in range(sources.MAX_FILES + 1)}
    with pytest.raises(ValueError, match="Python files"):
        sources.read(zipped(tmp_path / "a.zip", many))


def test_folders_nested_too_deep_are_refused(tmp_path):
    with pytest.raises(ValueError, match="deep"):
        sources.read(zipped(tmp_path / "a.zip", {"d/" * 30 + "vae.py": PROGRAM}))


def test_a_password_is_one_clear_line(tmp_path):
    path = zipped(tmp_path / "a.zip", {"vae.py": PROGRAM}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag "encrypted", in the member's header and in the list of members
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match="encrypted"):
        sources.read(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive", bytes(1000)])
@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar", "a.tar.bz2"])
def test_a_damaged_archive_is_one_clear_line(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    if name == "a.tar" and content == bytes(1000):
        assert names(tmp_path / name) == []  # an empty .tar is zeros
        return
    with pytest.raises(ValueError, match=r"archive|read|\.zip|\.tar"):
        sources.read(tmp_path / name)


@given(content=st.binary(max_size=3000), name=st.sampled_from(["a.zip", "a.tar", "a.tar.gz"]))
def test_any_bytes_end_in_sources_or_in_one_line(tmp_path_factory, content, name):
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(content)
    assert "\n" not in said(path)


@given(flips=st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=6))
def test_a_damaged_tar_ends_in_sources_or_in_one_line(tmp_path_factory, flips):
    path = tmp_path_factory.mktemp("flips") / "a.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("ñ" * 110 + ".py"), io.BytesIO())
    content = bytearray(path.read_bytes())
    for place, value in flips:
        content[place] = value
    path.write_bytes(bytes(content))
    assert "\n" not in said(path)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_and_pipes_in_a_folder_are_not_followed(tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_text("secret")
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "vae.py").write_bytes(PROGRAM)
    (folder / "gaussian.py").symlink_to(secret)
    (folder / "up").symlink_to(tmp_path)
    found = sources.read(folder)
    assert list(map(str, found.files)) == ["vae.py"]
    assert len(found.left_out) == 2
    os.mkfifo(folder / "adam.py")
    with pytest.raises(ValueError, match="not a regular file"):
        sources.read(folder)
    (tmp_path / "link.py").symlink_to(secret)
    with pytest.raises(ValueError, match="a link"):
        sources.read(tmp_path / "link.py")


def test_folders_of_tools_are_passed_over(tmp_path):
    members = {
        f"{folder}/x.py": PROGRAM for folder in (".git", "venv", "__MACOSX", "__pycache__", "._a")
    }
    assert names(zipped(tmp_path / "a.zip", {**members, "vae.py": PROGRAM})) == ["vae.py"]


def test_other_kinds_of_files_are_refused_with_what_is_expected(tmp_path):
    for name in ("work.rar", "vae.ipynb", "vae"):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(ValueError, match=r"expected \.py, a folder, or one of \.zip"):
            sources.read(tmp_path / name)
