"""Every text that a student sees, in the language asked for: English, or a catalogue in locale/."""

import contextlib
import gettext
import locale
import os
from pathlib import Path

DOMAIN = "vae_np"
FOLDER = Path(__file__).with_name("locale")
ENGLISH = "en"

_catalogue = gettext.NullTranslations()


def languages() -> list[str]:
    """The languages there are."""
    return [ENGLISH, *sorted(path.parts[-3] for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))]


def use(language: str | None = None) -> str:
    """Speak this language from now on, or the system's if none is named; what was chosen.

    Raises ValueError for a language without a catalogue.
    """
    global _catalogue
    chosen = _of_system() if language is None else language.lower().split("_")[0].split("-")[0]
    if chosen not in languages():
        if language is not None:
            known = ", ".join(languages())
            raise ValueError(f"language is {language!r}: expected one of {known}")
        chosen = ENGLISH
    if chosen == ENGLISH:
        _catalogue = gettext.NullTranslations()
    else:
        _catalogue = gettext.translation(DOMAIN, FOLDER, [chosen])
    return chosen


def _of_system() -> str:
    names = [os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    with contextlib.suppress(ValueError):  # a locale that Python does not know
        names.append(locale.getlocale()[0])
    name = next((name for name in names if name), ENGLISH)
    return {"spanish": "es"}.get(name.lower().split("_")[0], name[:2].lower())


def _(text: str) -> str:
    """The text in the current language."""
    return _catalogue.gettext(text) if text else ""


def N_(text: str) -> str:  # noqa: N802 (gettext's own name)
    """The text itself, marked to be translated where it is shown."""
    return text
