# What runs a function of weir in Python: exec/udf/child says what the frames are. The
# sandbox is closed before the function's code is read: no new process, no connection, no
# file written, memory capped; weir kills the process when an answer is late.
import json
import os
import struct
import sys
import threading
import time
import traceback

PARENT = os.getppid()
WIRE_OUT = os.dup(1)
os.dup2(2, 1)  # print() goes where errors go
WIRE_IN = os.dup(0)
os.close(0)
os.open(os.devnull, os.O_RDONLY)
sys.stdin = open(0)
if sys.platform == "win32":
    import msvcrt
    msvcrt.setmode(WIRE_IN, os.O_BINARY)
    msvcrt.setmode(WIRE_OUT, os.O_BINARY)


def watch():
    while os.getppid() == PARENT:
        time.sleep(0.3)
    os._exit(3)


def send(kind, body=b""):
    data = memoryview(struct.pack("<IB", len(body) + 1, ord(kind)) + bytes(body))
    while data:
        data = data[os.write(WIRE_OUT, data):]


def read(n):
    parts = []
    while n:
        b = os.read(WIRE_IN, min(n, 1 << 20))
        if not b:
            os._exit(0)
        parts.append(b)
        n -= len(b)
    return b"".join(parts)


def receive():
    n, kind = struct.unpack("<IB", read(5))
    return chr(kind), read(n - 1)


try:
    import pyarrow as pa
except ImportError as e:
    send("N", f"Python at {sys.executable} has no pyarrow ({e})\n"
         "install it: python3 -m pip install pyarrow; WEIR_PYTHON names another interpreter".encode())
    sys.exit(0)


# System calls that a function may not make, by the numbers of x86-64 and of arm64 (and
# riscv64), which are asked of no library.
DENIED = {
    "x86_64": (0xC000003E, dict(clone=56, clone3=435, openat=257, open=2), [
        57, 58, 59, 322,  # fork, vfork, execve, execveat
        41, 53, 42, 49, 43, 288, 44, 46, 307,  # socket, socketpair, connect, bind, accept, accept4, sendto, sendmsg, sendmmsg
        62, 200, 234, 129, 297, 424,  # kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal
        101, 310, 311, 438, 312,  # ptrace, process_vm_readv, process_vm_writev, pidfd_getfd, kcmp
        85, 76, 77, 87, 263, 84, 82, 264, 316, 83, 258, 133, 259, 88, 266, 86, 265,  # creat, truncate, …, rename*, mk*, link*
        90, 91, 268, 452, 92, 93, 94, 260, 188, 189, 190, 197, 198, 199, 132, 235, 261, 280,  # chmod, chown, xattr, utimes
        165, 166, 155, 161, 272, 308, 428, 429, 430, 431, 432, 442,  # mount, …, unshare, setns
        425, 426, 427, 321, 298, 323, 250, 248, 249, 437,  # io_uring, bpf, perf_event_open, userfaultfd, keys, openat2
        160, 302, 109, 112, 169, 170, 171, 175, 176, 313, 246, 167, 168, 157, 317,  # limits, groups, reboot, …, prctl, seccomp
    ]),
    "aarch64": (0xC00000B7, dict(clone=220, clone3=435, openat=56, open=None), [
        221, 281,
        198, 199, 203, 200, 202, 242, 206, 211, 269,
        129, 130, 131, 138, 240, 424,
        117, 270, 271, 438, 272,
        45, 46, 35, 38, 276, 34, 33, 37, 36,
        52, 53, 452, 54, 55, 5, 6, 7, 14, 15, 16, 88,
        40, 39, 41, 51, 97, 268, 428, 429, 430, 431, 432, 442,
        425, 426, 427, 280, 241, 282, 219, 217, 218, 437,
        164, 261, 154, 157, 142, 161, 162, 105, 106, 273, 104, 224, 225, 167, 277,
    ]),
}


def forbid():
    """Installs the filter of system calls; where the kernel has none, the limits remain."""
    import ctypes
    import platform
    if sys.platform != "linux" or platform.machine() not in DENIED:
        return
    arch, names, denied = DENIED[platform.machine()]
    load, equal, jump_if, give = 0x20, 0x15, 0x45, 0x06  # BPF: LD W ABS, JEQ, JSET, RET
    allow, eperm, enosys = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38
    code = [(load, 0, 0, 4), (equal, 1, 0, arch), (give, 0, 0, eperm), (load, 0, 0, 0)]
    if platform.machine() == "x86_64":
        code += [(0x35, 0, 1, 0x40000000), (give, 0, 0, eperm)]  # JGE: the calls of x32
    for nr in denied:
        code += [(equal, 0, 1, nr), (give, 0, 0, eperm)]
    code += [(equal, 0, 1, names["clone3"]), (give, 0, 0, enosys)]
    # clone may make threads only: CLONE_THREAD is in its first argument.
    code += [(equal, 0, 4, names["clone"]), (load, 0, 0, 16), (jump_if, 1, 0, 0x00010000), (give, 0, 0, eperm), (give, 0, 0, allow)]
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    for name, arg in (("openat", 2), ("open", 1)):
        if names[name] is not None:
            code += [(equal, 0, 4, names[name]), (load, 0, 0, 16 + 8 * arg), (jump_if, 0, 1, writing), (give, 0, 0, eperm), (give, 0, 0, allow)]
    code += [(give, 0, 0, allow)]
    raw = b"".join(struct.pack("<HBBI", *c) for c in code)
    buf = ctypes.create_string_buffer(raw)

    class Prog(ctypes.Structure):
        _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    libc = ctypes.CDLL(None, use_errno=True)
    prog = Prog(len(code), ctypes.addressof(buf))
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    libc.prctl(22, 2, ctypes.byref(prog), 0, 0)  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def confine(memory):
    try:
        import resource
    except ImportError:
        return  # not a Unix
    used = 0
    try:
        with open("/proc/self/statm") as f:
            used = int(f.read().split()[0]) * resource.getpagesize()
    except OSError:
        pass
    for what, most in (("RLIMIT_CORE", 0), ("RLIMIT_FSIZE", 0), ("RLIMIT_NOFILE", 64), ("RLIMIT_AS", used + memory)):
        try:
            resource.setrlimit(getattr(resource, what), (most, most))
        except (ValueError, OSError, AttributeError):
            pass
    forbid()


class Rows:
    """A scalar or table function."""

    def __init__(self, load, function, result):
        self.function, self.result, self.load = function, result, load

    def call(self, n, batch):
        f = self.function
        if self.load["vectorized"]:
            out = f(*batch.columns)
            if not isinstance(out, (pa.Array, pa.ChunkedArray)):
                out = pa.array(out, type=self.result)
            if isinstance(out, pa.ChunkedArray):
                out = out.combine_chunks()
            return out if out.type == self.result else out.cast(self.result)
        if batch.num_columns == 0:
            out = [f() for _ in range(n)]
        else:
            out = list(map(f, *[c.to_pylist() for c in batch.columns]))
        if self.load["kind"] == "table":
            out = [self.table(rows) for rows in out]
        return array(out, self.result)

    def table(self, rows):
        names = self.load["columns"]
        if rows is None:
            return None
        out = []
        for r in rows:
            if isinstance(r, dict):
                out.append(r)
                continue
            if not isinstance(r, (tuple, list)):
                r = (r,)
            if len(r) != len(names):
                raise ValueError(f"a row of {len(r)} values; the table has {len(names)} columns")
            out.append(dict(zip(names, r)))
        return out


def array(values, want):
    try:
        return pa.array(values, type=want)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as e:
        for i, v in enumerate(values):
            try:
                pa.array([v], type=want)
            except (pa.ArrowException, TypeError, ValueError, OverflowError) as e:
                raise Wrong(f"{short(v)} is no {want}: {e}") from None
        raise Wrong(str(e)) from None


class Wrong(Exception):
    """A value that is not of the declared type: the place in the code says nothing."""


def short(v):
    s = repr(v)
    return s if len(s) <= 60 else s[:60] + "…"


class Groups:
    """An aggregate function: a class, or functions of the module, with Flink's names."""

    def __init__(self, load, space, result):
        of = space.get(load["entry"])
        if isinstance(of, type):
            of = of()
            get = lambda name: getattr(of, name, None)
        else:
            get = space.get
        self.create, self.accumulate, self.value = get("create_accumulator"), get("accumulate"), get("get_value")
        self.retract, self.merge = get("retract"), get("merge")
        self.accs, self.result, self.name = {}, result, load["name"]
        for name, f in (("create_accumulator", self.create), ("accumulate", self.accumulate), ("get_value", self.value)):
            if f is None:
                raise Wrong(f"an aggregate needs {name}: in the module, or in a class {load['entry']}")

    def change(self, f, ids, batch):
        accs, create = self.accs, self.create
        cols = [c.to_pylist() for c in batch.columns[1:]]
        for row in zip(ids, *cols):
            g = row[0]
            acc = accs[g] if g in accs else create()
            out = f(acc, *row[1:])
            accs[g] = acc if out is None else out

    def handle(self, kind, n, batch):
        import pickle
        ids = batch.column(0).to_pylist()
        accs = self.accs
        if kind == "A":
            return self.change(self.accumulate, ids, batch)
        if kind == "T":
            if self.retract is None:
                raise Wrong("it has no retract(accumulator, …), but rows of its input are taken back")
            return self.change(self.retract, ids, batch)
        if kind == "M":
            for g, state in zip(ids, batch.column(1).to_pylist()):
                if not state:
                    continue
                other = pickle.loads(state)
                if g not in accs:
                    accs[g] = other
                    continue
                if self.merge is None:
                    raise Wrong("it has no merge(accumulator, others), but this query needs it")
                out = self.merge(accs[g], [other])
                if out is not None:
                    accs[g] = out
            return None
        if kind == "S":
            return pa.array([pickle.dumps(accs[g]) if g in accs else b"" for g in ids], type=pa.binary())
        if kind == "V":
            return array([self.value(accs[g] if g in accs else self.create()) for g in ids], self.result)
        for g in ids:
            accs.pop(g, None)


def loaded(body):
    n = struct.unpack_from("<I", body)[0]
    load = json.loads(body[4:4 + n])
    with pa.ipc.open_stream(pa.py_buffer(body[4 + n:])) as r:
        result = r.schema.field(0).type
    confine(load["memory"])
    name = load["name"] + ".py"
    space = {"__name__": load["name"], "__file__": name}
    import linecache
    linecache.cache[name] = (len(load["source"]), None, load["source"].splitlines(True), name)
    exec(compile(load["source"], name, "exec"), space)
    if load["kind"] == "aggregate":
        return Groups(load, space, result)
    f = space.get(load["entry"])
    if not callable(f):
        raise Wrong(f"its code has no function {load['entry']}")
    return Rows(load, f, result)


def told(e):
    """The error, and the line of the function's code that it comes from."""
    if isinstance(e, Wrong):
        return str(e)
    text = "".join(traceback.format_exception_only(type(e), e)).strip()
    lines = text.splitlines()
    at = [f for f in traceback.extract_tb(e.__traceback__) if f.filename.endswith(".py") and f.filename != "<weir>"]
    where = [f'line {f.lineno}, in {f.name}: {f.line}' for f in at[-2:]]
    return "\n".join(lines[-1:] + where)


def main():
    # What pyarrow does at its first batch is its own time, not the function's.
    warm = pa.record_batch([pa.array([1, None])], ["x"])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, warm.schema) as w:
        w.write_batch(warm)
    pa.ipc.open_stream(sink.getvalue()).read_all()
    import ctypes, datetime, decimal, linecache, pickle, platform  # noqa: before the sandbox closes
    threading.Thread(target=watch, daemon=True).start()
    send("H")
    f = None
    while True:
        kind, body = receive()
        try:
            if kind == "L":
                f = loaded(body)
                send("K")
                continue
            n = struct.unpack_from("<I", body)[0]
            with pa.ipc.open_stream(pa.py_buffer(body[4:])) as r:
                batch = r.read_next_batch()
            out = f.call(n, batch) if kind == "C" else f.handle(kind, n, batch)
            if out is None:
                send("K")
                continue
            sink = pa.BufferOutputStream()
            batch = pa.record_batch([out], ["value"])
            with pa.ipc.new_stream(sink, batch.schema) as w:
                w.write_batch(batch)
            send("R", sink.getvalue())
        except BaseException as e:  # noqa: also SystemExit, which is no way out
            send("E", told(e).encode("utf-8", "replace"))


main()
