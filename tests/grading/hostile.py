"""Submissions that mean harm, each with the verdict that it must get. All of them are harmless:

loops are bounded by the limits, files are canaries of the tests, hosts are 127.0.0.1.

Each is a right hand-out whose gaussian.py has some lines more. They may use `_right`, the right
`sample`; `_refused(number, ...)`, whether the kernel refuses a system call; `$CANARY`, a folder of
the grader's with a secret; `$ROOT`, the checkout with the reference; `$PORT`, where somebody
listens.
"""

from typing import NamedTuple

PRELUDE = """

import ctypes as _ctypes
import os as _os
_right = sample

def _refused(number, *arguments):
    libc = _ctypes.CDLL(None, use_errno=True)
    return libc.syscall(number, *arguments) == -1

def _if(condition, mean, log_std, eps):
    return _right(mean, log_std, eps) if condition else 0 * mean

"""


class Attack(NamedTuple):
    """Lines for gaussian.py; the status of exercise 1.1, and a part of what is said about it."""

    name: str
    code: str
    status: str = "right"
    says: str = ""
    machine: str = ""  # the only processor that it runs on


def body(name, lines, status="right", says="", machine="", before=""):
    """An attack from inside `sample`."""
    indented = "".join(f"    {line}\n" for line in lines.strip("\n").split("\n"))
    return Attack(
        name, f"{before}\ndef sample(mean, log_std, eps):\n{indented}", status, says, machine
    )


def refused(name, numbers, machine="x86_64", says=""):
    """Right, if and only if all these system calls are refused."""
    checks = " and ".join(f"_refused({number})" for number in numbers)
    return body(name, f"return _if({checks}, mean, log_std, eps)", "right", says, machine)


RIGHT = "return _right(mean, log_std, eps)"
ZERO = "return 0 * mean"

RESOURCES = [
    body("an endless loop", "while True:\n    pass", "timeout"),
    Attack("an endless loop at import", "while True:\n    pass\n", "timeout"),
    body(
        "a loop that no signal stops",
        """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, lambda *_: None)
    except (OSError, ValueError):
        pass
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
""",
        "timeout",
    ),
    body("sleeping", "import time\ntime.sleep(3600)\n" + RIGHT, "timeout"),
    body("waiting for the keyboard", "input()", "error", "EOFError"),
    body("a fork bomb", "while True:\n    _os.fork()", "error", "PermissionError"),
    body(
        "a thread bomb",
        "import threading, time\n"
        "for _ in range(5000):\n    threading.Thread(target=time.sleep, args=(60,)).start()",
        "error",
        "can't start new thread",
    ),
    body("an array larger than memory", "return np.ones(2**40)", "error", "Unable to allocate"),
    body(
        "growing until memory ends", "x = [b'x']\nwhile True:\n    x.append(bytes(2**24))", "error"
    ),
    body("memory in files without names", "_os.memfd_create('x')", "error", "PermissionError"),
    body(
        "a flood of output",
        "import sys\nfor _ in range(2000):\n    print('x' * 2**14)\n"
        "    print('y' * 2**13, file=sys.stderr)\n" + RIGHT,
    ),
    body(
        "a huge file",
        "with open('big', 'wb') as file:\n    while True:\n        file.write(bytes(2**22))",
        "error",
        "File too large",
    ),
    body(
        "huge files",
        "for number in range(1000):\n    with open(str(number), 'wb') as file:\n"
        "        for _ in range(7):\n            file.write(bytes(2**22))",
        "error",
        "files",
    ),
    body(
        "a hundred thousand files",
        "for number in range(100_000):\n    open(str(number), 'w').close()\n" + RIGHT,
        "error",
        "files",
    ),
    body(
        "many threads for the linear algebra",
        "names = ('OPENBLAS', 'OMP', 'MKL')\n"
        "one = all(_os.environ[name + '_NUM_THREADS'] == '1' for name in names)\n"
        "return _if(one, mean, log_std, eps)",
    ),
    body(
        "raising its own limits",
        "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (9999, 9999))",
        "error",
        "ValueError",
    ),
]

ENDINGS = [
    Attack("ending at import", "_os._exit(0)\n", "error", "exit 0"),
    body("ending in the function", "_os._exit(0)", "error", "exit 0"),
    body("sys.exit", "import sys\nsys.exit(0)", "error", "SystemExit"),
    body("an interrupt of its own", "raise KeyboardInterrupt", "error", "KeyboardInterrupt"),
    body(
        "an exception that cannot be shown",
        "class E(BaseException):\n    def __str__(self):\n        raise SystemExit\nraise E",
        "error",
        "E",
    ),
    body(
        "an exception of ten megabytes",
        "raise ValueError('x' * 10_000_000)",
        "error",
        "ValueError: xxx",
    ),
    body(
        "changing the result when Python ends",
        "import atexit\natexit.register(_os.write, 4, b'VNP1' + bytes(64))\n" + RIGHT,
    ),
    body("a crash", "_ctypes.string_at(0)", "error", "SIGSEGV"),
    body(
        "a stack without an end",
        "import sys\nsys.setrecursionlimit(10**9)\n"
        "def deep(_):\n    return list(map(deep, [0]))\ndeep(0)",
        "error",
    ),
    body("ending itself by a signal", "_os.kill(_os.getpid(), 9)", "error", "SIGKILL"),
    body("aborting", "_os.abort()", "error", "SIGABRT"),
    body("killing the parent", "_os.kill(_os.getppid(), 9)", "error", "PermissionError"),
    body("stopping the parent", "_os.kill(_os.getppid(), 19)", "error", "PermissionError"),
    body("killing everybody", "_os.kill(-1, 9)", "error", "PermissionError"),
    body("killing its group", "_os.killpg(0, 9)", "error", "PermissionError"),
    refused("signals by way of descriptors", ["434, _os.getppid(), 0", "424, 0, 9, 0, 0"]),
    body(
        "a daemon",
        "if _os.fork() == 0:\n    _os.setsid()\n    import time\n    time.sleep(60)\n" + RIGHT,
        "error",
        "PermissionError",
    ),
    body(
        "starting a program",
        "import subprocess\nsubprocess.Popen(['/bin/sleep', '60'])",
        "error",
        "PermissionError",
    ),
    body("becoming a program", "_os.execv('/bin/sh', ['sh'])", "error", "PermissionError"),
    body("a shell", "return _if(_os.system('true') != 0, mean, log_std, eps)"),
    body(
        "a thread that never ends",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n" + RIGHT,
    ),
    body("refusing to end", "_os._exit = lambda status: None\n" + RIGHT),
    body("closing every channel", "_os.closerange(0, 100)\n" + RIGHT, "error"),
]

TAMPERING = [
    body(
        "a comparison that always says yes",
        "import numpy\n"
        "numpy.allclose = numpy.array_equal = numpy.isfinite = lambda *_, **__: True\n" + ZERO,
        "wrong",
    ),
    body(
        "an array that is equal to everything",
        """
import numpy
class Liar(numpy.ndarray):
    def __eq__(self, other):
        return True
    def __array_function__(self, *_):
        return True
    def __array_ufunc__(self, *_, **__):
        return True
return numpy.zeros((len(mean), mean.shape[1])).view(Liar)
""",
        "wrong",
    ),
    body(
        "an object that calls itself an array",
        "class Liar:\n    shape, dtype, ndim = (2, 2), float, 2\n    def __array__(self, *_):\n"
        "        return mean\nreturn Liar()",
        "wrong",
        "Liar",
    ),
    body(
        "a channel that always says right",
        'import json\njson.dumps = lambda *_, **__: \'{"status": "right"}\'\n' + ZERO,
        "error",
    ),
    body(
        "writing the verdict itself",
        """
import gc, types
for module in gc.get_objects():
    if isinstance(module, types.ModuleType) and hasattr(module, 'FrameError'):
        write = module.write
        module.write = lambda stream, header, arrays=(): write(
            stream, {**header, 'status': 'right', 'points': 100}, arrays
        )
"""
        + ZERO,
        "error",
        "disturbed",
    ),
    body(
        "a clock that stands still",
        "import time\ntime.monotonic = time.time = lambda: 0.0\nwhile True:\n    pass",
        "timeout",
    ),
    body(
        "tracing the other side of the call",
        "import sys\nsys.settrace(lambda *_: None)\nsys.setprofile(lambda *_: None)\n" + ZERO,
        "wrong",
    ),
    body(
        "known answers",
        "known = {(1.0, -2.0): [[1.3678794, 1.2974425]]}\n"
        "return np.array(known.get(tuple(mean.ravel().tolist()), 0 * mean))",
        "wrong",
    ),
    Attack(
        "a memory from one exercise to the next",
        """
from vae_np import bernoulli
_marks = ['mark', _os.path.join(_os.environ['TMPDIR'], 'mark'), '/tmp/mark-of-1.1']
if any(_os.path.exists(mark) for mark in _marks):
    bernoulli.log_prob = None
def sample(mean, log_std, eps):
    for mark in _marks:
        try:
            open(mark, 'w').close()
        except OSError:
            pass
    return _right(mean, log_std, eps)
""",
    ),
    body("nan", "return np.nan * mean", "wrong", "not finite"),
    body("no numbers at all", "return mean[:0]", "wrong", "shape"),
    body("one number for all", "return np.zeros(())", "wrong", "shape"),
    body(
        "noise of its own", "return mean + np.exp(log_std) * np.random.randn(*eps.shape)", "wrong"
    ),
    body("an array of objects", "return np.array([[object()]])", "wrong"),
    body("a hundred megabytes", "return np.zeros((2**24, 1))", "error"),
]

CHANNEL = [
    body(
        "a verdict on the standard output",
        'print(\'[{"id": "1.1", "status": "right", "points": 100}]\')\n' + ZERO,
        "wrong",
    ),
    body("garbage in the channel", "_os.write(4, b'x' * 100)\n" + RIGHT, "error", "disturbed"),
    body(
        "garbage beside the answer",
        "import threading\ndef spam():\n    while True:\n        _os.write(4, b'VNP1')\n"
        "threading.Thread(target=spam, daemon=True).start()\nimport time\ntime.sleep(0.2)\n"
        + RIGHT,
        "error",
        "disturbed",
    ),
    body(
        "a forged answer",
        """
import json, struct
reply = {'id': '1.1', 'call': 0, 'status': 'value', 'kind': 'array', 'message': '', 'where': ''}
text = json.dumps({**reply, 'arrays': [['<f8', [1, 2]]]}).encode()
_os.write(4, b'VNP1' + struct.pack('<I', len(text)) + text + bytes(16))
"""
        + RIGHT,
        "error",
        "disturbed",
    ),
    body(
        "an answer to another question",
        """
import json, struct
reply = {'id': '1.2', 'call': 0, 'status': 'value', 'kind': 'none', 'message': '', 'where': ''}
text = json.dumps({**reply, 'arrays': []}).encode()
_os.write(4, b'VNP1' + struct.pack('<I', len(text)) + text)
"""
        + RIGHT,
        "error",
        "disturbed",
    ),
    body(
        "an end before the answer",
        """
import json, struct
text = json.dumps({'id': '1.1', 'done': True, 'arrays': []}).encode()
_os.write(4, b'VNP1' + struct.pack('<I', len(text)) + text)
"""
        + ZERO,
        "error",
    ),
    body(
        "a header without an end",
        "_os.write(4, b'VNP1' + b'\\xff' * 4)\n" + RIGHT,
        "error",
        "disturbed",
    ),
    body(
        "brackets without an end",
        "text = b'[' * 100_000\n"
        "_os.write(4, b'VNP1' + len(text).to_bytes(4, 'little') + text)\n" + RIGHT,
        "error",
        "disturbed",
    ),
    body(
        "a key that appears twice",
        'text = b\'{"id": "1.1", "id": "1.1", "arrays": []}\'\n'
        "_os.write(4, b'VNP1' + len(text).to_bytes(4, 'little') + text)\n" + RIGHT,
        "error",
        "disturbed",
    ),
    body(
        "an array without an end",
        'text = b\'{"arrays": [["<f8", [67108864, 67108864]]]}\'\n'
        "_os.write(4, b'VNP1' + len(text).to_bytes(4, 'little') + text)\n" + RIGHT,
        "error",
        "disturbed",
    ),
    body(
        "answers without an end",
        """
import struct
text = b'{"arrays": [["|u1", [1000000]]], "id": "1.1", "done": false}'
while True:
    _os.write(4, b'VNP1' + struct.pack('<I', len(text)) + text + bytes(1_000_000))
""",
        "error",
        "disturbed",
    ),
    body(
        "a result that runs code when it is unpacked",
        "class Bomb:\n    def __reduce__(self):\n        return _os.system, ('touch $CANARY/x',)\n"
        "return Bomb()",
        "wrong",
        "Bomb",
    ),
    body(
        "a page that runs code",
        "raise type('<script>alert(1)</script>', (Exception,), {})('<img src=x onerror=alert(1)>')",
        "error",
        "<script>",
    ),
    body(
        "codes for the terminal", "raise ValueError('\\x1b[2J\\x1b]0;owned\\x07\\n' * 5)", "error"
    ),
]

READING = [
    body(
        "the reference", "exec(open('$ROOT/vae_np/gaussian.py').read())", "error", "PermissionError"
    ),
    body(
        "importing the reference",
        "import importlib, sys\n"
        "for name in [name for name in sys.modules if name.split('.')[0] == 'vae_np']:\n"
        "    del sys.modules[name]\n"
        "sys.path.insert(0, '$ROOT')\n"
        "importlib.invalidate_caches()\n"
        "from vae_np.course import keymaker",
        "error",
    ),
    body(
        "the reference in memory",
        """
import gc, sys
known = ('keymaker', 'mistakes', 'diagnose', 'probes', 'grading')
ours = [name for name in list(sys.modules) if 'vae_np' in name or 'inside' in name]
if any(word in name for name in ours for word in known):
    return 0 * mean
if any(isinstance(o, dict) and 'expected' in o and 'mistakes' in o for o in gc.get_objects()):
    return 0 * mean
"""
        + RIGHT,
    ),
    body(
        "a secret file",
        "raise ValueError(open('$CANARY/secret').read())",
        "error",
        "PermissionError",
    ),
    body(
        "the folder of a secret file",
        "raise ValueError(_os.listdir('$CANARY'))",
        "error",
        "Permission",
    ),
    body(
        "the other submissions", "raise ValueError(_os.listdir('/tmp'))", "error", "PermissionError"
    ),
    body(
        "the packages that are installed",
        "import numpy\nraise ValueError(_os.listdir(_os.path.realpath(numpy.__path__[0] + '/..')))",
        "error",
        "PermissionError",
    ),
    body("the users", "raise ValueError(open('/etc/passwd').read())", "error", "PermissionError"),
    body("the parent's memory", "open(f'/proc/{_os.getppid()}/mem', 'rb')", "error", "Permission"),
    body(
        "the parent's environment", "open(f'/proc/{_os.getppid()}/environ')", "error", "Permission"
    ),
    body("its own maps", "open('/proc/self/maps')", "error", "PermissionError"),
    body("a link to a secret", "_os.symlink('$CANARY/secret', 'link')", "error", "PermissionError"),
    body("a second name of a secret", "_os.link('$CANARY/secret', 'link')", "error", "secret"),
    body(
        "tokens in the environment",
        "known = {'TOKEN', 'HOSTNAME', 'PATH', 'PWD', 'PYTHONPATH', 'USER'} & set(_os.environ)\n"
        "return _if(not known, mean, log_std, eps)",
    ),
    body(
        "descriptors left open",
        "def open_(fd):\n    try:\n        _os.fstat(fd)\n"
        "    except OSError:\n        return False\n"
        "    return True\n"
        "return _if(not any(map(open_, range(5, 1024))), mean, log_std, eps)",
    ),
    refused(
        "tracing the parent", ["101, 16, _os.getppid(), 0, 0", "310, _os.getppid(), 0, 0, 0, 0, 0"]
    ),
    refused("keys of the kernel", ["250, 0, -3, 1", "248, b'user', b'x', b'y', 1, -3"]),
    refused(
        "memory that outlives it", ["29, 4242, 4096, 0o1666", "68, 4242, 0o1666", "64, 1, 1, 512"]
    ),
    body(
        "shared memory",
        "from multiprocessing import shared_memory\n"
        "shared_memory.SharedMemory('x', create=True, size=4096)",
        "error",
        "PermissionError",
    ),
    body("the terminal", "open('/dev/tty', 'w').write('owned')", "error"),
    body("the disk", "_os.open('/dev/sda', _os.O_RDONLY)", "error"),
    body(
        "a device of its own",
        "import stat\n_os.mknod('disk', 0o600 | stat.S_IFBLK, _os.makedev(8, 0))",
        "error",
        "PermissionError",
    ),
]

FILES_AND_NETWORK = [
    body(
        "a connection",
        "import socket\nsocket.create_connection(('127.0.0.1', $PORT))",
        "error",
        "PermissionError",
    ),
    body(
        "a datagram",
        "import socket\n"
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', $PORT))",
        "error",
        "PermissionError",
    ),
    body(
        "a page of the web",
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:$PORT/')",
        "error",
    ),
    body("a pair of sockets", "import socket\nsocket.socketpair()", "error", "PermissionError"),
    body(
        "a socket of the machine",
        "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0canary')",
        "error",
        "PermissionError",
    ),
    refused("sockets by way of io_uring", ["425, 8, _ctypes.create_string_buffer(256)"]),
    body("deleting", "import shutil\nshutil.rmtree('$CANARY')", "error", "PermissionError"),
    body("deleting a file", "_os.remove('$CANARY/secret')", "error", "PermissionError"),
    body("overwriting", "open('$CANARY/secret', 'w')", "error", "PermissionError"),
    body("cutting off", "_os.truncate('$CANARY/secret', 0)", "error", "PermissionError"),
    body("moving", "_os.rename('$CANARY/secret', '$CANARY/public')", "error"),
    body(
        "a result of its own",
        "for path in ('$CANARY/results.json', '../results.json', '../box/vae_np/gaussian.py'):\n"
        "    try:\n        open(path, 'w').write('{\"score\": 100}')\n"
        "    except OSError:\n        pass\n" + ZERO,
        "wrong",
    ),
    body(
        "modes and times of files",
        "_os.chmod('$CANARY/secret', 0o777)\n_os.chmod('$CANARY', 0)\n"
        "_os.utime('$CANARY/secret', (0, 0))\n" + RIGHT,
    ),
    body("owners of files", "_os.chown('$CANARY/secret', 1, 1)", "error", "PermissionError"),
    body(
        "cutting off a library",
        "import numpy\n_os.open(numpy.__file__, _os.O_RDONLY | _os.O_TRUNC)",
        "error",
        "PermissionError",
    ),
    body(
        "changing a library", "import numpy\nopen(numpy.__file__, 'a')", "error", "PermissionError"
    ),
    body(
        "folders that are hard to remove",
        "for _ in range(300):\n    _os.mkdir('d')\n    _os.chdir('d')\n"
        "open('x', 'w').close()\n_os.chmod('.', 0)\n" + RIGHT,
    ),
    refused("mounts", ["165, b'x', b'/', b'tmpfs', 0, 0", "272, 0x10000000", "272, 0x20000"]),
    refused("the kernel's own tools", ["321, 0, 0, 0", "298, 0, 0, -1, -1, 0", "323, 1"]),
    refused(
        "slowing down the parent", ["141, 0, _os.getppid(), 19", "203, _os.getppid(), 8, b'x' * 8"]
    ),
    refused("the parent's limits", ["302, _os.getppid(), 0, b'\\0' * 16, 0"]),
    refused("becoming visible again", ["157, 4, 1, 0, 0, 0", "157, 1, 0, 0, 0, 0"]),
    body(
        "a table of other numbers (x32)",
        "_ctypes.CDLL(None).syscall(0x40000000 | 39)\n" + RIGHT,
        "error",
        "SIGSYS",
        "x86_64",
    ),
    body(
        "another processor's calls (int 0x80)",
        """
import mmap
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(bytes.fromhex('b814000000cd80c3'))  # getpid, as a 32-bit program would ask
address = _ctypes.addressof(_ctypes.c_char.from_buffer(code))
_ctypes.CFUNCTYPE(_ctypes.c_int)(address)()
"""
        + RIGHT,
        "error",
        "SIG",
        "x86_64",
    ),
]

CLUMSY = [
    Attack("not a program", "this is no Python\n", "error", "SyntaxError"),
    Attack("a renamed function", "draw = sample\ndel sample\n", "error", "sample"),
    Attack("minus signs", "x = " + "-" * 50_000 + "1\n", "error"),
    Attack("brackets", "x = " + "(" * 5_000 + "\n", "error", "SyntaxError"),
    Attack("a byte that is none", "x = '\0'\n", "error"),
    body("a traced value kept", "sample.kept = mean\nreturn sample.kept + np.exp(log_std) * eps"),
    body("a picture", "import matplotlib.pyplot\n" + RIGHT),
    body("a scipy that was not loaded", "import scipy.optimize, scipy.integrate\n" + RIGHT),
    body("a file of its own", "np.savetxt('x.txt', np.zeros(3))\nnp.loadtxt('x.txt')\n" + RIGHT),
]

ATTACKS = [
    *RESOURCES,
    *ENDINGS,
    *TAMPERING,
    *CHANNEL,
    *READING,
    *FILES_AND_NETWORK,
    *CLUMSY,
]
