import re
from pathlib import Path

import pytest

from tasks import derivations as task
from vae_np.experiments import derivations

STEPS = list(derivations.check_all())
SHEET = Path(task.__file__).with_suffix(".md").read_text(encoding="utf-8")


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.number)
def test_every_step_holds(step):
    assert step.holds()


def test_the_worksheet_and_the_program_number_the_same_steps():
    assert re.findall(r"^- \*\*(\d\.\d)\*\*", SHEET, flags=re.MULTILINE) == [
        s.number for s in STEPS
    ]


def test_a_wrong_step_is_noticed(monkeypatch):
    wrong = STEPS[0]._replace(right=STEPS[0].right + 1e-4)
    assert not wrong.holds()
    monkeypatch.setattr(derivations, "check_all", lambda: iter([wrong]))
    with pytest.raises(ValueError, match=r"steps 1\.1 do not hold"):
        task.main([])


def test_one_part_alone(capsys):
    task.main(["--part", "5"])
    printed = capsys.readouterr().out
    assert "5.4" in printed
    assert "4.4" not in printed
    assert "every step holds" in printed
