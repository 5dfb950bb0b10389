"""The other process: calls of the functions of a classic script, whatever form they were given.

Solutions add parameters, rename or reorder them, read globals, and draw their own noise. Here each
function gets the arguments that it means.
"""

import ast
import inspect
import re
import textwrap

import numpy as np

SAMPLE, BERNOULLI = "sample_latent_variables_from_posterior", "bernoulli_log_prob"
KL, BOUND, PREDICT = "compute_KL", "vae_lower_bound", "neural_net_predict"
# The arguments that each function is given, and names by which others call them
ROLES = {
    SAMPLE: (r"",),
    BERNOULLI: (r"target|image|data|^x$|^y$|pixel", r"logit|out|pred|prob"),
    KL: (r"",),
    BOUND: (r"gen|dec", r"rec|enc", r"^(data|images?|x|batch|inputs?|imgs?|mini_?batch)$"),
    PREDICT: (r"param|weight|net", r"input|^x$|data|image"),
}
DIFFERENTIATED = {SAMPLE: (0,), BERNOULLI: (1,), KL: (0,), BOUND: (0, 1), PREDICT: (1,)}
ROW_TOLERANCE = 1e-6
MAX_RESULT = 32_000_000  # bytes


def one_call(session, call, errors):
    """A call's reply and its arrays."""
    child, name = session.child, call["function"]
    reply = {"status": "value", "kind": "none", "message": "", "where": ""}
    function = find(session.space, name)
    if function is None:
        if errors:
            return {**reply, **session.describe_error(errors[-1]), "kind": "load"}, []
        return {**reply, "status": "missing", "message": name}, []
    try:
        args = [child.unpack(value, session.arrays, None, []) for value in call["args"]]
        given = Given(name, function, args, session)
        if call["do"] == "gradient":
            result = gradient(session, given, call["cotangent"], name)
        else:
            result = given.call(args)
            if is_blank(result, function):
                return {**reply, "status": "blank", "message": name}, []
        if getattr(result, "nbytes", 0) > MAX_RESULT:
            raise ValueError("the result is larger than any that is wanted")
        reply["kind"], values = child.describe(result)
    except BaseException as error:  # whatever a student's code raises is an answer
        return {**reply, **session.describe_error(error)}, []
    return reply, values


def find(space, name):
    """The function of this name; capitals and underscores do not matter."""
    if callable(space.get(name)):
        return space[name]

    def plain(text):
        return text.lower().replace("_", "")

    alike = [v for k, v in space.items() if plain(k) == plain(name) and callable(v)]
    return alike[0] if alike else None


def gradient(session, given, cotangent, name):
    """The value, and the gradient of sum(cotangent * value) by the arguments that matter.

    Of arguments that are lists of parameters, the length of the gradient is returned.
    """
    import autograd.numpy as anp

    value = given.call(given.args)
    if getattr(value, "nbytes", 0) > MAX_RESULT:
        raise ValueError("the result is larger than any that is wanted")
    weight = session.child.unpack(cotangent, session.arrays, None, [])
    results = [value]
    for argnum in DIFFERENTIATED[name]:
        seen = []

        def scalar(argument, argnum=argnum, seen=seen):
            result = given.call([*given.args[:argnum], argument, *given.args[argnum + 1 :]])
            seen.append(getattr(result, "_value", result))
            return anp.sum(weight * result)

        slope = session.true_grad(scalar)(given.args[argnum])
        results[0] = seen[0]
        if not isinstance(slope, np.ndarray):
            slope = np.array(np.sqrt(np.sum(session.true_flatten(slope)[0] ** 2)))
        results.append(slope)
    return tuple(results)


def is_blank(result, function):
    """Whether a result is what an unwritten function returns: 0.0, or nothing."""
    if type(result) in (int, float) and result == 0:
        return True
    return result is None and _does_nothing(function)


def _does_nothing(function):
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0].body
    except Exception:  # no source, no opinion
        return False
    return all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Return) and node.value is None)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in body
    )


class Given:
    """A function with its arguments bound by name and position; others by what they mean."""

    def __init__(self, name, function, args, session):
        self.function, self.args, self.session = function, args, session
        self.split = False
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError):  # a built-in: by position
            self.places, self.extras = list(range(len(args))), {}
            return
        self.places, self.extras = self.bind(name, list(signature.parameters.values()))

    def bind(self, name, parameters):
        """Where each argument goes (a name or a position), and values for the others."""
        kinds = inspect.Parameter
        named = [p for p in parameters if p.kind not in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD)]
        places = self.by_role(ROLES[name], [p.name for p in named])
        if places is None:
            meaningful = [p for p in named if not self.means(p)]
            if len(meaningful) < len(self.args):
                meaningful = named
            ordered = [p for p in meaningful if p.default is p.empty]
            ordered += [p for p in meaningful if p.default is not p.empty]
            if len(self.args) == 1 and len([p for p in ordered if p.default is p.empty]) == 2:
                self.split = True
                places = [p.name for p in ordered[:2]]
            else:
                places = [p.name for p in ordered[: len(self.args)]]
        if len(places) < len(self.args) and not self.split:
            return list(range(len(self.args))), {}
        positional = {p.name for p in named if p.kind is kinds.POSITIONAL_ONLY}
        if positional & set(places):
            return list(range(len(self.args))), {}
        extras = {
            p.name: self.meaning(p.name)
            for p in named
            if p.name not in places and p.default is p.empty and self.means(p)
        }
        return places, extras

    def by_role(self, roles, names):
        """The parameter of each role, if every role has exactly one and they differ."""
        if len(roles) < 2:
            return None
        places = [[n for n in names if re.search(role, n, re.IGNORECASE)] for role in roles]
        if any(len(found) != 1 for found in places):
            return None
        flat = [found[0] for found in places]
        return flat if len(set(flat)) == len(flat) else None

    def call(self, args):
        if self.split:
            middle = args[0].shape[-1] // 2
            args = [args[0][..., :middle], args[0][..., middle:]]
        by_name = {p: a for p, a in zip(self.places, args, strict=True) if isinstance(p, str)}
        by_place = [a for p, a in zip(self.places, args, strict=True) if isinstance(p, int)]
        extras = {n: v() if callable(v) else v for n, v in self.extras.items()}
        return self.function(*by_place, **by_name, **extras)

    def means(self, parameter):
        """Whether a parameter is one that solutions add, by its name."""
        return self.meaning(parameter.name) is not None

    def meaning(self, name):
        """A value, or a function that makes it, for a parameter that a solution added."""
        space = self.session.space
        shape = np.shape(next((a for a in self.args if isinstance(a, np.ndarray)), ()))
        rows, columns = shape if len(shape) == 2 else (1, 1)
        latents = columns // 2 if columns != 784 else space.get("latent_dim", 50)
        train_size = len(self.session.dataset.train_images)
        plain = name.lower().strip("_")
        if plain in ("rng", "random", "random_state", "randomstate", "generator", "prng", "rs"):
            return lambda: AnyRandom(self.session)
        if plain in ("eps", "epsilon", "noise"):
            return lambda: AnyRandom(self.session).standard_normal((rows, latents))
        if plain == "seed":
            return lambda: int(np.random.randint(2**31))  # noqa: NPY002
        if name in space and isinstance(space[name], (int, float)):
            return space[name]
        for names, value in (
            (
                ("n", "n_data", "num_data", "n_train", "train_size", "data_size", "ndata"),
                train_size,
            ),
            (("batch_size", "b", "m", "bs", "minibatch_size", "n_batch_size"), rows),
            (("d", "latent_dim", "k", "dim", "z_dim", "n_latent", "latent_size"), latents),
            (("data_dim", "n_pixels", "num_pixels"), 784),
            (("l", "num_samples", "n_samples", "samples", "t", "it", "i", "iter", "epoch"), 1),
            (("beta", "kl_weight", "scale", "kl_scale"), 1.0),
            (("train", "training", "is_training"), True),
        ):
            if plain in names:
                return value
        return None


def AnyRandom(session):  # noqa: N802 (it makes a generator, old and new in one)
    """A generator with the methods of RandomState and of Generator."""
    if session.noise and session.noise.on:
        return session.noise

    class Both(np.random.RandomState):
        integers = np.random.RandomState.randint
        random = np.random.RandomState.random_sample

    return Both(np.random.randint(2**31))  # noqa: NPY002


class Noise:
    """Standard normal noise that is known: the n-th draw is the n-th number, everywhere alike."""

    def __init__(self, values):
        self.values, self.count, self.on = values, 0, False

    def begin(self):
        self.count, self.on = 0, True

    def next(self):
        value = self.values[min(self.count, len(self.values) - 1)]
        self.count += 1
        return value

    def standard_normal(self, size=None, *_args, **_kwargs):
        return self.next() if size is None else np.full(size, self.next())

    def randn(self, *shape):
        return self.standard_normal(tuple(int(n) for n in shape) or None)

    def normal(self, loc=0.0, scale=1.0, size=None):
        if size is None:
            size = np.broadcast_shapes(np.shape(loc), np.shape(scale)) or None
        return loc + scale * self.standard_normal(size)

    def __getattr__(self, name):
        return getattr(np.random, name)

    def patches(self):
        """What makes the usual ways to noise lead here, while `on`."""
        import autograd.numpy.random as npr

        patches = []
        for module in (np.random, npr):
            for name in ("standard_normal", "randn", "normal"):
                patches.append((module, name, self.either(name, getattr(module, name))))
            patches.append((module, "default_rng", self.maker(np.random.default_rng)))
            patches.append((module, "RandomState", known_state(self)))
        return patches

    def either(self, name, true):
        def draw(*args, **kwargs):
            return getattr(self, name)(*args, **kwargs) if self.on else true(*args, **kwargs)

        return draw

    def maker(self, true):
        def make(*args, **kwargs):
            return Switch(self, true(*args, **kwargs))

        return make


def known_state(noise):
    """A RandomState that is a script's own until the noise is to be known."""
    true = np.random.RandomState

    def method(name):
        def draw(self, *args, **kwargs):
            owner = noise if noise.on else super(Known, self)
            return getattr(owner, name)(*args, **kwargs)

        return draw

    class Known(true):
        standard_normal, randn, normal = map(method, ("standard_normal", "randn", "normal"))

    return Known


class Switch:
    """A generator that is a script's own until the noise is to be known."""

    def __init__(self, noise, generator):
        self.noise, self.generator = noise, generator

    def __getattr__(self, name):
        known = self.noise.on and name in ("standard_normal", "randn", "normal")
        return getattr(self.noise if known else self.generator, name)


def assumed_sample(encoder_output, *_args, **_kwargs):
    """Stands in for a draw from q(z|x) where the script has none: numbers beside the mean."""
    latents = encoder_output[..., : np.shape(encoder_output)[-1] // 2]
    return latents + 0.05 * np.resize(OFFSETS, np.shape(latents))


OFFSETS = np.array([0.9, -0.6, 1.4, -1.1, 0.3, -0.2, 0.7, -1.7, 1.2, -0.8, 0.5])


def stand_in(space, stubs, arrays, miss):
    """Put look-ups of rows in the place of functions; a function may have several tables."""
    tables = {}
    for stub in stubs:
        pair = [arrays[stub[part]["array"]] for part in ("rows_in", "rows_out")]
        tables.setdefault(stub["function"], []).append(pair)
    for name, pairs in tables.items():
        dict.__setitem__(space, name, look_up(name, pairs, miss))


def look_up(name, tables, miss):
    """A function that knows the results for some rows of arguments, and nothing else."""

    def function(*args, **kwargs):
        given = [getattr(value, "_value", value) for value in (*args, *kwargs.values())]
        arrays = [np.asarray(value) for value in given if isinstance(value, np.ndarray)]
        candidates = arrays[::-1]
        if len(arrays) > 1 and arrays[0].shape == arrays[1].shape:
            candidates = [np.concatenate(pair, axis=-1) for pair in (arrays[:2], arrays[1::-1])]
        layers = [value for value in given if isinstance(value, (list, tuple)) and value]
        for asked in candidates:
            if name == PREDICT and layers and len(layers[0][0][0]) != asked.shape[-1]:
                continue  # the other network's parameters
            for rows_in, rows_out in tables:
                if asked.shape[-1:] == rows_in.shape[1:]:
                    found = rows(np.atleast_2d(asked), rows_in, rows_out)
                    if found is not None:
                        return found[0] if asked.ndim == 1 else found
        raise miss(name)

    return function


def rows(asked, rows_in, rows_out):
    """The results for the rows asked, or None if one of them is not in the table."""
    direction = np.cos(np.arange(1, asked.shape[1] + 1))
    distance = np.abs((asked @ direction)[:, None] - rows_in @ direction)
    nearest = distance.argmin(axis=1)
    if not np.all(np.abs(rows_in[nearest] - asked) < ROW_TOLERANCE):
        return None
    return rows_out[nearest]
