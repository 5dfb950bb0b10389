"""The exercises: one row each. A new exercise is a new row, its probes and its known mistakes."""

import sys
from pathlib import Path
from typing import NamedTuple

from vae_np.course.texts import N_, _

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SETTINGS = "course.toml"


class Exercise(NamedTuple):
    """Functions of the library that students write, as one exercise."""

    id: str
    functions: tuple[str, ...]
    points: float
    classic: str  # its function in the one-file assignment; "" if it is in __main__ there
    needs: tuple[str, ...]  # exercises whose functions the solution calls
    hints: tuple[str, ...]  # from vague to plain
    shares: tuple[float, ...] = (1.0,)  # of the points, one a function

    @property
    def name(self) -> str:
        """The functions' names with their module: what students look for."""
        return ", ".join(function.removeprefix("vae_np.") for function in self.functions)

    @property
    def blank(self) -> str:
        """What the unwritten function says."""
        return f"exercise {self.id}: not written yet"


class Course(NamedTuple):
    """The exercises chosen, and the limits of a check."""

    exercises: tuple[Exercise, ...]
    seconds: float = 5.0  # for one exercise


EXERCISES = (
    Exercise(
        "1.1",
        ("vae_np.gaussian.sample",),
        1,
        "sample_latent_variables_from_posterior",
        (),
        (
            N_("What must the result be where eps is zero, and where eps is one?"),
            N_("eps has standard deviation 1; the result needs the standard deviation std."),
            N_("You are given log_std, the logarithm of std. Undo the logarithm, then scale eps."),
        ),
    ),
    Exercise(
        "1.2",
        ("vae_np.bernoulli.log_prob",),
        1,
        "bernoulli_log_prob",
        (),
        (
            N_("Try one pixel by hand: a logit of 0 is a probability of one half."),
            N_("Write both logarithms in terms of the logit before you write code."),
            N_("log(1 + exp(a)) overflows as it stands; vae_np.ops has it in a safe form."),
        ),
    ),
    Exercise(
        "1.3",
        ("vae_np.gaussian.kl_from_standard",),
        1,
        "compute_KL",
        (),
        (
            N_("The KL is zero for mean 0 and log_std 0, and positive everywhere else."),
            N_("The variance is the square of std, and std is exp(log_std)."),
            N_("Write the four terms of the sheet for one latent, then sum over the last axis."),
        ),
    ),
    Exercise(
        "1.4",
        ("vae_np.vae.elbo_terms",),
        2,
        "vae_lower_bound",
        ("1.1", "1.2", "1.3"),
        (
            N_("Follow the diagram at the top of vae.py from left to right."),
            N_("Four steps: encode, sample, decode, and the two terms."),
            N_("Everything you need is written already: encode, decode and exercises 1.1 to 1.3."),
        ),
    ),
    Exercise(
        "2",
        ("vae_np.adam.init", "vae_np.adam.update"),
        2,
        "",
        (),
        (
            N_("Write the five lines of the sheet in their order, one statement each."),
            N_("t is the number of the step being made: 1 at the first."),
            N_("The state keeps m and v as they are; only the step uses the corrected ones."),
        ),
        (0.25, 0.75),
    ),
    Exercise(
        "3.1",
        ("vae_np.vae.generate",),
        1,
        "",
        (),
        (
            N_("The decoder gives logits. What turns a logit into a probability?"),
            N_("vae_np.bernoulli has a function for the mean of a pixel."),
        ),
    ),
    Exercise(
        "3.2",
        ("vae_np.vae.reconstruct",),
        1,
        "",
        ("1.1", "3.1"),
        (
            N_("An image goes through the encoder, and comes back through the decoder."),
            N_("Draw from q(z|x) with the eps that you are given: exercise 1.1 does it."),
        ),
    ),
    Exercise(
        "3.3",
        ("vae_np.vae.interpolate",),
        1,
        "",
        ("3.1",),
        (
            N_("Which latents stand for the two images, without any noise?"),
            N_("The first frame is the first image's mean decoded, the last frame the second's."),
            N_("s runs evenly from 0 to 1, both included; one row of latents for each s."),
        ),
    ),
)


# On tasks 4 to 9: in a hand-out only if they are asked for
EXPERIMENTS = (
    Exercise(
        "5.1",
        ("vae_np.experiments.latent_plane.manifold",),
        1,
        "",
        (),
        (
            N_("Where must the coordinates lie close together, if each is to stand for as much?"),
            N_("Cut [0, 1] into equal parts, take their middles, and undo the normal CDF."),
            N_("ndtri is the inverse normal CDF; cells makes all points of two rows of ticks."),
        ),
    ),
    Exercise(
        "6.1",
        ("vae_np.bounds.importance_weighted",),
        1,
        "",
        (),
        (
            N_("With one draw, k = 1, the result is the one log weight itself."),
            N_("It is the logarithm of a mean; the mean of logarithms would be the ELBO again."),
            N_("Take each image's largest log weight out first: vae_np.ops has a logsumexp."),
        ),
    ),
    Exercise(
        "7.1",
        ("vae_np.gaussian_decoder.decode",),
        1,
        "",
        (),
        (
            N_("The perceptron's output is twice as wide as an image: which half is what?"),
            N_("Where the second head is far above the logarithm of the floor, log_std is it."),
            N_("The encoder in vae.py cuts its output in two as well; ops.softplus is the rest."),
        ),
    ),
    Exercise(
        "8.1",
        ("vae_np.experiments.latent_arithmetic.attribute_vector",),
        1,
        "",
        (),
        (
            N_("If 1s lean more than 0s, what else is in the mean of all that lean?"),
            N_("Make one difference of two means for each digit, and average these."),
            N_("has & (labels == label) picks the rows; leave out a digit where that is empty."),
        ),
    ),
    Exercise(
        "9.1",
        ("vae_np.optimisers.momentum",),
        1,
        "",
        (),
        (
            N_("What does the velocity become if the gradient is the same at every step?"),
            N_("First the new velocity, then a step along it; both go into the new state."),
            N_("m is the velocity: state._replace gives a state with theta, m and t exchanged."),
        ),
    ),
)
TABLE = (*EXERCISES, *EXPERIMENTS)


def place(function: str) -> tuple[str, str]:
    """A function's file, below the folder that holds vae_np, and its name in there."""
    module, _dot, name = function.rpartition(".")
    return f"{module.replace('.', '/')}.py", name


def find(name: str) -> Exercise:
    """The exercise with this id. Raises ValueError if there is none."""
    for exercise in TABLE:
        if exercise.id == name:
            return exercise
    known = ", ".join(exercise.id for exercise in TABLE)
    raise ValueError(f"exercise is {name!r}: expected one of {known}")


def load(settings: Path | None = None, names: list[str] | None = None) -> Course:
    """The course as a TOML file sets it; without one, the usual exercises with their own points.

        exercises = ["1.1", "1.3"]    # the choice
        seconds = 5                   # for one exercise

        [points]
        "1.3" = 2

    `names` chooses again, among those that the file chooses if it does. Raises ValueError for a
    file that cannot be read, an unknown setting, a wrong value, or if no exercise is left.
    """
    if settings is None or not settings.is_file():
        if settings is not None and settings.name != SETTINGS:
            raise ValueError(f"{settings} is not a file: expected a course.toml")
        return Course(choose(names))
    try:
        table = tomllib.loads(settings.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{settings}: {error}") from error
    unknown = sorted(set(table) - {"exercises", "seconds", "points"})
    if unknown:
        raise ValueError(f"{settings}: {unknown[0]!r}: expected exercises, seconds or points")
    ids, points = table.get("exercises"), table.get("points", {})
    if not isinstance(ids, (list, type(None))) or not isinstance(points, dict):
        raise ValueError(f"{settings}: expected a list of exercises, and a table of points")
    seconds = table.get("seconds", Course(()).seconds)
    for name, value in [*points.items(), ("seconds", seconds)]:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
            raise ValueError(f"{settings}: {name} is {value!r}: expected a positive number")
    for name in points:
        find(name)
    chosen = choose(ids if names is None else names)
    if ids is not None:
        chosen = tuple(exercise for exercise in chosen if exercise in choose(ids))
    if not chosen:
        raise ValueError(_("the settings hold none of the exercises named"))
    chosen = tuple(e._replace(points=points.get(e.id, e.points)) for e in chosen)
    return Course(chosen, float(seconds))


def choose(names: list[str] | None) -> tuple[Exercise, ...]:
    """The exercises with these ids in the table's order; without names, the usual ones.

    Raises ValueError for an unknown id, or for an empty choice.
    """
    if names is None:
        return EXERCISES
    wanted = [find(name) for name in names]
    if not wanted:
        raise ValueError("no exercise is chosen: name at least one, such as 1.1")
    return tuple(exercise for exercise in TABLE if exercise in wanted)
