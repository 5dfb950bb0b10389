"""Pages: everything is escaped, nothing comes from the network, both languages, every mistake."""

import base64
import html.parser
import io
import re

import numpy as np
import pytest
from matplotlib import image

from tests.grading.test_grades import CHOSEN, entry, result
from vae_np import __main__ as command
from vae_np.course import exercises, texts
from vae_np.grading import grades, pictures, plan, report

pytest.importorskip("jinja2", reason="pages need the extra [grade]")

EVIL = "<script>alert('x')</script>"


def evil_result(name):
    return {
        **result(name, 0, "error"),
        **{"name": EVIL, "message": EVIL, "expected": EVIL, "found": EVIL, "where": EVIL},
    }


def full(name, **more):
    return {
        **result(name),
        **{"name": "f", "message": "", "expected": "", "found": "", "where": ""},
        **more,
    }


@pytest.fixture
def out(tmp_path):
    """Grades of four students, one of them with figures."""
    sandbox = {"name": "strong", "landlock": 7, "seccomp": True}
    more = {"sandbox": sandbox, "form": "package", "grader": "g"}
    wrong = full("1.1", points=0, status="wrong", mistake="log variance", message="M", found="F")
    entries = [
        entry("ana", name="Ana", results=[full("1.1"), full("1.3")], **more),
        entry("bob", 1, "v", "bobs", results=[wrong, full("1.3")], late=True, **more),
        entry(EVIL, 0, "u", "e", results=[evil_result("1.1"), evil_result("1.3")], name=EVIL,
              remarks=[EVIL], **more),
        entry("zoe", 0, "", "", problem=grades.NO_SUBMISSION),
    ]  # fmt: skip
    table = grades.collect(entries, CHOSEN, "en", "k")
    grades.write(tmp_path, table, ["json"])
    (tmp_path / plan.RESULTS).mkdir()
    figures = {"3.1": np.arange(7 * 784, dtype=np.uint8).reshape(7, 784)}
    np.savez(tmp_path / plan.RESULTS / "bobs.npz", **figures)
    return tmp_path


class Page(html.parser.HTMLParser):
    """The tags of a page, their attributes and its words; unclosed tags are an error."""

    VOID = ("meta", "img", "br")

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words = [], [], ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def pages(out):
    return [out / report.CLASS, *sorted((out / report.PAGES).glob("*.html"))]


def test_each_student_and_the_class_have_a_page(out, capsys):
    assert command.main(["report", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out / "index.html")
    assert len(pages(out)) == 5
    links = {a["href"] for tag, a in Page((out / "index.html").read_text()).tags if tag == "a"}
    assert links == {f"pages/{path.name}" for path in pages(out)[1:]}


def test_no_page_runs_or_fetches_anything(out):
    command.main(["report", str(out)])
    for path in pages(out):
        page = Page(path.read_text())
        assert {tag for tag, _ in page.tags} & {"script", "iframe", "link", "object"} == set()
        for tag, attributes in page.tags:
            assert not any(name.startswith("on") for name in attributes)
            if "src" in attributes:
                assert attributes["src"].startswith("data:image/png;base64,"), tag
        assert "http://" not in path.read_text()
        assert "https://" not in path.read_text()
        (policy,) = [a["content"] for _, a in page.tags if a.get("http-equiv")]
        assert policy.startswith("default-src 'none'")


def test_a_page_shows_what_was_wrong_expected_and_found(out):
    command.main(["report", str(out)])
    words = Page((out / report.PAGES / report.page_name("bob")).read_text()).words
    for expected in ("log variance", "M", "F", "late", "1 of 2", "hint", "Landlock 7"):
        assert expected in words
    evil = Page((out / report.PAGES / report.page_name(EVIL)).read_text()).words
    assert evil.count(EVIL) >= 8


def test_figures_stand_beside_the_references(out):
    command.main(["report", str(out)])
    page = Page((out / report.PAGES / report.page_name("bob")).read_text())
    (source,) = [a["src"] for tag, a in page.tags if tag == "img"]
    shown = image.imread(io.BytesIO(base64.b64decode(source.split(",")[1])))
    assert shown.shape[:2] == (2 * 28, 5 * 28)
    ink = np.arange(784).reshape(28, 28).astype(np.uint8)
    np.testing.assert_allclose(1 - shown[:28, :28, 0], ink / 255, atol=1 / 250)


def test_the_labels_are_in_the_language_asked_for(out):
    command.main(["report", str(out), "--lang", "es"])
    words = Page((out / "index.html").read_text()).words
    texts.use("en")
    assert "Students" not in words
    assert "Mistakes" not in words


def test_mistakes_are_counted_by_students():
    students = [
        {"results": [{"id": "1.1", "mistake": "a"}, {"id": "1.3", "mistake": None}]},
        {"results": [{"id": "1.1", "mistake": "a"}, {"id": "1.3", "mistake": "b"}]},
    ]
    assert report.mistakes(students) == [("1.1", "a", 2), ("1.3", "b", 1)]


def test_the_plots_show_the_numbers():
    figure = report.mistakes_plot([("1.1", "log variance", 5), ("1.3", "sign", 2)])
    assert [bar.get_width() for bar in figure.axes[0].patches] == [5, 2]
    points = report.points_plot(np.array([0.0, 10.0, 10.0, 4.9]), 10.0)
    heights = [bar.get_height() for bar in points.axes[0].patches]
    assert heights == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2]
    many = report.points_plot(np.array([0.0, 50.0, 100.0]), 100.0)
    assert sum(bar.get_height() for bar in many.axes[0].patches) == 3
    stacked = report.results_plot([{"results": [result("1.1"), result("1.3", 0, "wrong")]}] * 3)
    assert sum(bar.get_height() for bar in stacked.axes[0].patches) == 6


def test_names_of_pages_are_safe_and_differ():
    names = [report.page_name(name) for name in ("ana", "../ana", "ana.", "ana ", EVIL, "学生", "")]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9-]+\.html", name) for name in names)


def test_without_grades_or_jinja_it_is_one_clear_line(tmp_path, capsys, monkeypatch):
    assert command.main(["report", str(tmp_path)]) == 2
    assert "holds no grades.json" in capsys.readouterr().err
    monkeypatch.setattr(report.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ValueError, match=r"pip install"):
        report.check()


def test_figures_of_the_trained_model_are_kept_and_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "TRAINING_IMAGES", 100)
    monkeypatch.setattr(pictures, "SETTINGS", pictures.SETTINGS._replace(epochs=1))
    calls, figures = pictures.questions(tmp_path)
    assert [call.function.split(".")[-1] for call in calls] == [
        *["generate", "reconstruct", "interpolate", "interpolate"]
    ]
    assert {name: len(array) for name, array in figures.items()} == {
        **{"3.1": 25, "3.2": 20, "3.3 (1)": 15, "3.3 (2)": 15}
    }
    again = pictures.questions(tmp_path)[1]
    assert all(np.array_equal(figures[name], again[name]) for name in figures)


def test_values_that_are_no_pixels_are_cut_off():
    grey = pictures.grey(np.array([[np.nan, -1.0, 0.5, 7.0, np.inf, -np.inf]]))
    assert grey.tolist() == [[0, 0, 128, 255, 255, 0]]


def test_every_exercise_has_its_hint_and_status_on_a_page():
    for exercise in exercises.EXERCISES:
        shown = report._shown(full(exercise.id, status="wrong"))
        assert shown["hint"]
        assert shown["status_text"]
