"""The assignment sheet and the student's README, in the language chosen, with pictures."""

import ast
import subprocess
import sys
import tempfile
from pathlib import Path

from vae_np.course import blanks, exercises
from vae_np.course.check import ROOT
from vae_np.course.exercises import Course, Exercise
from vae_np.course.texts import N_, _

PICTURES = ("Task_3_1.png", "Task_3_2.png", "Task_3_3_0.png")
WHAT = {
    "1.1": N_(
        "Draw one z for each image: shift and scale the noise `eps` so that it has the mean and "
        "the standard deviation of q(z|x). This is the reparameterisation trick."
    ),
    "1.2": N_(
        "The log-probability of binary pixels under independent Bernoulli variables that are given "
        "by their logits; one value per image, in nats. It must stay finite for logits of ±1000."
    ),
    "1.3": N_(
        "The Kullback-Leibler divergence of q(z|x) from the standard normal prior, in closed form; "
        "one value per image, in nats, never negative."
    ),
    "1.4": N_(
        "The two terms of the evidence lower bound: the log-likelihood of the images given one "
        "draw of z, and the KL. Use what you have written, and `encode` and `decode`."
    ),
    "2": N_(
        "Adam, uphill: the state before the first step, in which m, v and t are zero, and the "
        "state after one step. All parameters are one vector, so no loop is needed. You may ignore "
        "the argument `out`, which is for the reuse of memory."
    ),
    "3.1": N_(
        "Images from the prior: decode latents into the probabilities of the pixels. Show "
        "probabilities; do not binarise them."
    ),
    "3.2": N_(
        "Encode images, draw one z for each with the noise `eps`, and decode into probabilities."
    ),
    "3.3": N_(
        "Decode points on the straight line from the first image's posterior mean to the second's, "
        "both ends included."
    ),
    "5.1": N_(
        "The points of a latent space of two dimensions at which the decoder's images are shown, "
        "each for an equal share of the prior. The first coordinate grows from left to right, the "
        "second from bottom to top; the points come row by row, from the top left."
    ),
    "6.1": N_(
        "The importance-weighted bound: the logarithm of the mean of k weights, of which you are "
        "given the logarithms; one value per image, in nats. It must stay finite and exact where "
        "the weights themselves are too small or too large for a number."
    ),
    "7.1": N_(
        "A decoder for grey images: the mean and the log standard deviation of every pixel, from "
        "the two halves of the perceptron's output. The standard deviation never falls below a "
        "floor."
    ),
    "8.1": N_(
        "What an attribute adds to a latent, as one vector. Digits of which no image has the "
        "attribute, or none lacks it, do not count. The error for the case that none is left is "
        "not checked."
    ),
    "9.1": N_(
        "One step of gradient ascent with momentum: the new velocity, and a step along it. You may "
        "ignore the argument `out`, which is for the reuse of memory."
    ),
}


def write(folder: Path, course: Course, pictures: Path | None = None) -> None:
    """Write README.md, tasks/README.md with its pictures, and course.toml into a hand-out."""
    (folder / "README.md").write_text(readme(course), encoding="utf-8", newline="\n")
    (folder / "tasks/README.md").write_text(assignment(course), encoding="utf-8", newline="\n")
    (folder / exercises.SETTINGS).write_text(settings(course), encoding="utf-8", newline="\n")
    target = folder / "tasks/pictures"
    target.mkdir(parents=True)
    if pictures is not None:
        _copy(pictures, target)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            draw(Path(scratch))
            _copy(Path(scratch), target)


def draw(folder: Path) -> None:
    """Train the reference quickly, and make task 3's figures, in a process of its own."""
    command = [sys.executable, "-m", "tasks.task3", "--quick", "--out", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        raise ValueError(_("the pictures could not be made: {reason}").format(reason=reason))


def _copy(source: Path, target: Path) -> None:
    for name in PICTURES:
        if not (source / name).is_file():
            message = _("{folder} lacks {name}: expected the figures of task 3")
            raise ValueError(message.format(folder=source, name=name))
        (target / name).write_bytes((source / name).read_bytes())


def settings(course: Course) -> str:
    """course.toml: the choice of exercises, and their points."""
    ids = ", ".join(f'"{exercise.id}"' for exercise in course.exercises)
    points = "\n".join(f'"{e.id}" = {e.points:g}' for e in course.exercises)
    return f"exercises = [{ids}]\nseconds = {course.seconds:g}\n\n[points]\n{points}\n"


def readme(course: Course) -> str:
    """The student's README.md."""
    ids = ", ".join(exercise.id for exercise in course.exercises)
    first = course.exercises[0].id
    parts = [
        "# " + _("A variational autoencoder from scratch"),
        _(
            "You have a small library, `vae_np`, in which some functions are blank: exercises "
            "{ids}. The sheet is [tasks/README.md](tasks/README.md). Write the functions, check "
            "them, train, and look at the figures. Nothing here needs the network once it is "
            "installed: handwritten-looking digits are built in."
        ).format(ids=ids),
        f"""```sh
make check                       # {_("is it right? if not, which mistake is it?")}
make check ARGS="{first} --hint"     # {_("one hint; --hint --hint for a plainer one")}
make watch                       # {_("check again whenever you save a file")}
make task3 QUICK=1               # {_("the figures, in seconds")}
```""",
        _("Without make, and on Windows:"),
        f"""```sh
python -m venv .venv
.venv/bin/python -m pip install -e .            # Windows: .venv\\Scripts\\python
.venv/bin/python -m vae_np check
.venv/bin/python -m vae_np check {first} --hint
.venv/bin/python -m vae_np reset {first}            # {_("brings the blank back")}
.venv/bin/python -m tasks.task3 --quick
```""",
        _(
            "Read `vae_np/vae.py` first: the whole model is on that page. "
            '`python -c "import vae_np; help(vae_np)"` prints the notation.'
        ),
        _(
            "A check runs your code in a process of its own and stops it after {seconds:g} seconds "
            "an exercise. A wrong or empty exercise does not make others wrong: the checks put our "
            "numbers in its place."
        ).format(seconds=course.seconds),
    ]
    return "\n\n".join(parts) + "\n"


def assignment(course: Course) -> str:
    """The assignment sheet."""
    total = sum(exercise.points for exercise in course.exercises)
    parts = [
        "# " + _("Assignment"),
        _(
            "Write the bodies of the functions below, under their docstrings, in place of the line "
            "`raise NotImplementedError`. {total:g} points in all."
        ).format(total=total),
        _(
            "In the shapes, B is the number of images in a batch, D the number of pixels (784), K "
            "the number of latents (50), P the number of parameters. Use `autograd.numpy`, which "
            "the files import as `np`, so that gradients pass through what you write; autograd "
            "cannot follow assignments into an array, such as `z[0] = 1`."
        ),
        *(part for exercise in course.exercises for part in _exercise(exercise)),
        "## " + _("Settings"),
        _(
            "`make task2` and `make task3` train with good settings (`tasks/presets.py`). With "
            "`--classic` they have those of the well-known one-file assignment: encoder "
            "784-200-200-100, decoder 50-200-200-784, ReLU, weights and biases from N(0, 0.01²), "
            "batches of 200 in file order, 30 epochs, pixels binarised anew for every batch, Adam "
            "with step size 0.001, β₁ = 0.9, β₂ = 0.999, ε = 1e-8."
        ),
        "## " + _("What the figures should look like"),
        _(
            "Made by `python -m tasks.task3 --quick` with right solutions; a longer training makes "
            "them sharper. From left to right and from top to bottom: 25 samples from the prior; "
            "ten test images, and below them their reconstructions; 25 steps from one test image "
            "to the next."
        ),
        "\n".join(f"![{name}](pictures/{name})" for name in PICTURES),
        _(
            "The values are probabilities, so there is grey. Samples that are all alike, noise, or "
            "exchanged black and white mean that something is wrong, even if the bound looks good: "
            "many mistakes do not show in the bound."
        ),
        "## " + _("If you know the one-file hand-out"),
        _("Four things differ there from what its own code needs; here they are right:"),
        "\n".join(
            f"- {text}"
            for text in (
                _("its equation 7 for the KL lacks a minus sign;"),
                _(
                    "its equations 12 and 15 use the variance, but the code passes the logarithm "
                    "of the standard deviation: here it is always log std;"
                ),
                _(
                    "its equation 13 scales the bound by N/|B|, a comment in its code asks for an "
                    "average: here `elbo` is the mean over the batch, which differs by a constant "
                    "factor only, and Adam does not notice;"
                ),
                _(
                    "its formula for the interpolation starts at the second image, its picture at "
                    "the first: here the first frame is the first image."
                ),
            )
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _exercise(exercise: Exercise) -> list[str]:
    points = _("{points:g} points").format(points=exercise.points)
    if exercise.points == 1:
        points = _("1 point")
    parts = [f"## {exercise.id} `{exercise.name}` ({points})", _(WHAT.get(exercise.id, ""))]
    for function in exercise.functions:
        signature, facts = docstring_facts(function)
        parts.append(f"```text\n{signature}\n\n{facts}\n```")
    if exercise.classic:
        parts.append(
            _("In the one-file assignment it is called `{name}`.").format(name=exercise.classic)
        )
    if exercise.id in {e.id for e in exercises.EXPERIMENTS}:
        task = f"python -m tasks.task{exercise.id[0]} --quick"
        parts.append(
            _("Once it is written, `{command}` makes figures with it.").format(command=task)
        )
    command = f'make check ARGS="{exercise.id} --hint"'
    parts.append(
        _("{count} hints: `{command}`, and one more `--hint` for each further one.").format(
            count=len(exercise.hints), command=command
        )
    )
    return [part for part in parts if part]


def docstring_facts(function: str) -> tuple[str, str]:
    """A function's call, and of its docstring the shapes and the equations."""
    file, name = exercises.place(function)
    node = blanks.find((ROOT / file).read_text(encoding="utf-8"), name)
    signature = f"{function.removeprefix('vae_np.')}({ast.unparse(_plain(node.args))})"
    paragraphs = ast.get_docstring(node).split("\n\n")
    facts = [p for p in paragraphs if p.startswith(("Shapes:", "    "))]
    return signature, "\n\n".join(_shapes_only(fact) for fact in facts)


def _shapes_only(paragraph: str) -> str:
    """The shapes without the sentences that follow them; equations as they are."""
    return paragraph.split(". ")[0].rstrip(".") if paragraph[0] != " " else paragraph


def _plain(arguments: ast.arguments) -> ast.arguments:
    for argument in arguments.args:
        argument.annotation = None
    return arguments
