"""Keeps the translations true: finds every text, adds new ones to the .po files, compiles the .mo.

Run it after changing a text: python -m vae_np.course.catalogues. Then fill in what it lists.
"""

import ast
import struct
import sys
from pathlib import Path

from vae_np.course.texts import DOMAIN, FOLDER

HERE = Path(__file__).parent
HEADER = "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"


def texts() -> list[str]:
    """Every text marked with _ or N_ in the course and the grader, in the order of the files."""
    found: dict[str, None] = {}
    for file in [*sorted(HERE.glob("*.py")), *sorted(HERE.with_name("grading").glob("*.py"))]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("_", "N_")
                and isinstance(node.args[0], ast.Constant)
            ):
                found.setdefault(node.args[0].value)
    return list(found)


def read(file: Path) -> dict[str, str]:
    """The translations in a .po file: msgid -> msgstr."""
    entries: dict[str, str] = {}
    key, fields = "", {"msgid": "", "msgstr": ""}
    for line in [*file.read_text(encoding="utf-8").splitlines(), "msgid"]:
        word, _blank, rest = line.partition(" ")
        if word in fields:
            if word == "msgid":
                entries[fields["msgid"]] = fields["msgstr"]
                fields = {"msgid": "", "msgstr": ""}
            key, line = word, rest
        if line.startswith('"'):
            fields[key] += ast.literal_eval(line)
    entries.pop("", None)
    return entries


def write(file: Path, entries: dict[str, str]) -> None:
    """A .po file with these translations."""
    blocks = [f'msgid ""\nmsgstr {_quoted(HEADER)}']
    blocks += [f"msgid {_quoted(text)}\nmsgstr {_quoted(entry)}" for text, entry in entries.items()]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n\n".join(blocks) + "\n", encoding="utf-8", newline="\n")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def compiled(entries: dict[str, str]) -> bytes:
    """The content of a .mo file, as the gettext manual describes it."""
    pairs = sorted({"": HEADER, **{k: v for k, v in entries.items() if v}}.items())
    columns = [[text.encode() for text in column] for column in zip(*pairs, strict=True)]
    start = 28
    offset = start + 16 * len(pairs)
    index, data = b"", b""
    for column in columns:
        for text in column:
            index += struct.pack("<2I", len(text), offset + len(data))
            data += text + b"\0"
    head = (0x950412DE, 0, len(pairs), start, start + 8 * len(pairs), 0, offset)
    return struct.pack("<7I", *head) + index + data


def files() -> list[Path]:
    """The .po files."""
    return sorted(FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def main() -> int:
    """Bring every catalogue up to date; 1 if a translation is missing."""
    wanted, missing = texts(), 0
    for file in files():
        known = read(file)
        entries = {text: known.get(text, "") for text in wanted}
        write(file, entries)
        file.with_suffix(".mo").write_bytes(compiled(entries))
        for text, entry in entries.items():
            if not entry:
                print(f"{file.parent.parent.name}: {text!r}")
                missing += 1
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
