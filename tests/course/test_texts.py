"""English and Spanish: no text is missing, and the compiled catalogues are up to date."""

import gettext
import re
import string

import pytest

from vae_np.course import catalogues, texts

WANTED = catalogues.texts()


@pytest.fixture(params=catalogues.files(), ids=lambda file: file.parent.parent.name)
def catalogue(request):
    return request.param


def test_spanish_is_there():
    assert texts.languages() == ["en", "es"]


def test_every_text_is_translated_and_no_translation_is_left_over(catalogue):
    entries = catalogues.read(catalogue)
    assert [text for text in WANTED if not entries.get(text)] == []
    assert sorted(set(entries) - set(WANTED)) == []


def test_the_compiled_catalogue_is_up_to_date(catalogue):
    compiled = catalogues.compiled(catalogues.read(catalogue))
    assert catalogue.with_suffix(".mo").read_bytes() == compiled


def test_gettext_reads_what_was_compiled(catalogue):
    with catalogue.with_suffix(".mo").open("rb") as file:
        translations = gettext.GNUTranslations(file)
    for text, entry in catalogues.read(catalogue).items():
        assert translations.gettext(text) == entry


def test_translations_have_the_placeholders_and_the_code_of_the_text(catalogue):
    def fields(text):
        return sorted(
            (name, spec, conversion)
            for _text, name, spec, conversion in string.Formatter().parse(text)
            if name is not None
        )

    for text, entry in catalogues.read(catalogue).items():
        if re.search(r"\{\w+", text):
            assert fields(text) == fields(entry)
        assert text.count("`") == entry.count("`"), text
        assert text.endswith(".") == entry.endswith("."), text


def test_a_po_file_comes_back_as_it_was(tmp_path):
    entries = {'a "quoted" \\ text': "línea\nnueva", "b": ""}
    catalogues.write(tmp_path / "x.po", entries)
    assert catalogues.read(tmp_path / "x.po") == entries


@pytest.mark.parametrize(
    ("language", "chosen"), [("es", "es"), ("es_MX.UTF-8", "es"), ("en-GB", "en"), ("ES", "es")]
)
def test_a_language_may_be_named_with_its_country(language, chosen):
    assert texts.use(language) == chosen


def test_an_unknown_language_is_refused_by_name_but_not_as_the_system_s(monkeypatch):
    with pytest.raises(ValueError, match="expected one of en, es"):
        texts.use("xx")
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert texts.use() == "en"
    monkeypatch.setenv("LANG", "es_ES.UTF-8")
    assert texts.use() == "es"
    assert texts._("right") == "correcto"
