"""The Python executor of Serverledge: loads one function and runs its calls.

Started inside an instance as `python3 -I -S -B executor.py`. It speaks the
protocol of pool/channel (see doc.go there) on a unix socket that it dials.
It needs Python 3.8 or later and nothing but the standard library.

A call goes: read a frame, call the handler, send one answer. Nothing is
imported, logged or handed to another thread on this way, unless the function
asked for more than one call at a time.
"""

import builtins
import gc
import importlib
import io
import json
import os
import socket
import struct
import sys
import threading

PROTOCOL = 1
HELLO, INIT, READY, INVOKE, RESULT, ERROR, LOG = range(1, 8)

# The limits of functions.MaxOutput and functions.MaxPrinted, and those of what
# a failure may say.
MAX_OUTPUT = 6 << 20
MAX_PRINTED = 256 << 10
MAX_MESSAGE = 16 << 10
MAX_TRACE = 200

FIXED = struct.Struct(">IBII")  # length, type, stream, header length
CO_COROUTINE = 0x80

loads = json.loads
encode = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode


class InvalidResult(Exception):
    """What the handler returned is no JSON document."""


class HandlerNotFound(Exception):
    """The handler's name leads nowhere."""


class Bound:
    """The memory limit, where the kernel only refuses what is beyond it.

    Then a MemoryError is the end of the instance. The reserve is given up for
    the words that say so.
    """

    limit = 0  # MiB; 0: something else watches the memory
    reserve = None

    @classmethod
    def set(cls, limit):
        import traceback  # no memory may be left to load it in

        cls.limit, cls.reserve = limit, (bytearray(4 << 20), traceback)


# ---------------------------------------------------------------- the wire


def frame(kind, stream, header=b"", body=b""):
    return FIXED.pack(9 + len(header) + len(body), kind, stream, len(header)) + header + body


class Wire:
    """Frames over a socket. Only one thread reads; any may send."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(path)
        self.buffer = bytearray(64 << 10)
        self.view = memoryview(self.buffer)
        self.start = self.end = 0
        self.lock = threading.Lock()
        self.orphaned = False

    def send(self, data):
        with self.lock:
            self.sock.sendall(data)

    def orphan(self):
        """A child process of the function has no say on the wire."""
        self.orphaned = True
        self.lock = threading.Lock()
        self.sock.close()

    def read(self):
        """The next frame as (type, stream, header, body)."""
        self.fill(13)
        length, kind, stream, size = FIXED.unpack_from(self.buffer, self.start)
        total = 4 + length
        if total <= len(self.buffer):
            self.fill(total)
            text = self.view[self.start : self.start + total]
            self.start += total
        else:
            text = self.long(total)
        return kind, stream, str(text[13 : 13 + size], "utf-8"), str(text[13 + size :], "utf-8")

    def fill(self, count):
        """Have at least count bytes from start on in the buffer."""
        if self.end - self.start >= count:
            return
        if self.start == self.end:
            self.start = self.end = 0
        elif self.start + count > len(self.buffer):
            rest = bytes(self.view[self.start : self.end])
            self.buffer[: len(rest)] = rest
            self.start, self.end = 0, len(rest)
        while self.end - self.start < count:
            got = self.sock.recv_into(self.view[self.end :])
            if not got:
                raise EOFError
            self.end += got

    def long(self, total):
        """A frame that is longer than the buffer."""
        text = memoryview(bytearray(total))
        at = self.end - self.start
        text[:at] = self.view[self.start : self.end]
        self.start = self.end = 0
        while at < total:
            got = self.sock.recv_into(text[at:])
            if not got:
                raise EOFError
            at += got
        return text


# ------------------------------------------------------- what a call prints


class Tap:
    """Captures what the process and its children print, for one call at a time.

    File descriptors 1 and 2 lead to /dev/null until the first call that asks;
    then into a pipe, which a thread of its own empties, so that no writer ever
    waits for the end of the call and no more than the limit is kept.
    """

    def __init__(self):
        self.null = os.open(os.devnull, os.O_WRONLY)
        self.pipe = None
        self.lock = threading.Lock()
        self.kept = None  # a bytearray while a call is captured
        self.truncated = False
        self.capturing = False
        os.dup2(self.null, 1)
        os.dup2(self.null, 2)
        sys.stdout = sys.__stdout__ = stream_of(1)
        sys.stderr = sys.__stderr__ = stream_of(2)

    def begin(self):
        if self.pipe is None:
            self.pipe = os.pipe()
            os.set_blocking(self.pipe[0], False)
            threading.Thread(target=self.drain, daemon=True).start()
        if not self.capturing:
            self.point(self.pipe[1])
            self.capturing = True
        with self.lock:
            self.empty(MAX_PRINTED)  # what others left behind
            self.kept, self.truncated = bytearray(), False

    def end(self):
        flush()
        with self.lock:
            kept = self.kept
            while len(kept) < MAX_PRINTED and self.empty(1):
                pass
            self.kept = None
            return bytes(kept), self.truncated

    def off(self):
        self.point(self.null)
        self.capturing = False

    def point(self, target):
        flush()
        os.dup2(target, 1)
        os.dup2(target, 2)

    def empty(self, limit):
        """Read from the pipe until limit bytes or its end; the lock is held."""
        count = 0
        while count < limit:
            try:
                data = os.read(self.pipe[0], 64 << 10)
            except BlockingIOError:
                break
            count += len(data)
            if self.kept is not None:
                room = MAX_PRINTED - len(self.kept)
                self.truncated = self.truncated or len(data) > room
                self.kept += data[:room]
        return count

    def drain(self):
        import select

        readable = select.poll()
        readable.register(self.pipe[0], select.POLLIN)
        while True:
            readable.poll()
            with self.lock:
                self.empty(1)


def stream_of(fd):
    raw = io.BufferedWriter(io.FileIO(fd, "w", closefd=False))
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True)


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass  # the function has put something else there


class Page:
    """What one of several calls printed."""

    def __init__(self):
        self.kept, self.truncated = bytearray(), False

    def add(self, data):
        room = MAX_PRINTED - len(self.kept)
        self.truncated = self.truncated or len(data) > room
        self.kept += data[:room]


class Router(io.TextIOBase):
    """A sys.stdout that knows which of several calls is printing.

    Child processes print to /dev/null: nobody can tell whose they are.
    """

    encoding, errors = "utf-8", "backslashreplace"

    def __init__(self, page):
        self.page = page  # a context variable
        self.buffer = Bytes(self)

    def writable(self):
        return True

    def write(self, text):
        page = self.page.get()
        if page is not None:
            page.add(text.encode("utf-8", "backslashreplace"))
        return len(text)


class Bytes(io.RawIOBase):
    """The binary side of a Router."""

    def __init__(self, router):
        self.router = router

    def writable(self):
        return True

    def write(self, data):
        page = self.router.page.get()
        if page is not None:
            page.add(bytes(data))
        return len(data)


# ----------------------------------------------------------------- answers


def answer(stream, result):
    """The frame that ends a call well."""
    if result is None:
        return frame(RESULT, stream, b"", b"null")
    try:
        body = encode(result).encode()
    except MemoryError:
        raise
    except Exception as error:
        raise InvalidResult("%s: %s" % (type(error).__name__, error)) from None
    if len(body) > MAX_OUTPUT:
        text = "the result is %d bytes, the limit is %d" % (len(body), MAX_OUTPUT)
        return error_frame(stream, "Function.ResultTooLarge", text, [])
    return frame(RESULT, stream, b"", body)


def failure(stream, error):
    """The frame that ends a call, or the loading, with an exception."""
    kind, trace = type(error).__name__, []
    if isinstance(error, MemoryError) and Bound.limit:
        return exhausted(stream, error)
    if isinstance(error, InvalidResult):
        kind = "Function.InvalidResult"
    elif isinstance(error, HandlerNotFound):
        kind = "Function.HandlerNotFound"
    else:
        trace = traceback_of(error)
    try:
        message = str(error)
    except Exception:
        message = "(the error has no text)"
    return error_frame(stream, kind, message, trace)


def exhausted(stream, error):
    """The frame that ends a call, or the loading, for want of memory."""
    Bound.reserve = None
    at = error.__traceback__
    while at is not None:  # what the variables of the call hold
        try:
            at.tb_frame.clear()
        except RuntimeError:
            pass  # it is our own, and still runs
        at = at.tb_next
    text = "the function needed more than its %d MiB of memory" % Bound.limit
    return error_frame(stream, "Function.OutOfMemory", text, traceback_of(error))


def error_frame(stream, kind, message, trace):
    text = {"type": kind, "message": message[:MAX_MESSAGE], "trace": [line[:2000] for line in trace[:MAX_TRACE]]}
    return frame(ERROR, stream, json.dumps(text).encode())


def traceback_of(error):
    """The traceback's lines, without our own frames at its top."""
    import traceback

    try:
        lines = traceback.format_exception(type(error), error, users_part(error.__traceback__), limit=-100)
        return "".join(lines).splitlines()
    except Exception:
        return []


def users_part(top):
    here = os.getcwd() + os.sep
    at = top
    while at is not None:
        if at.tb_frame.f_code.co_filename.startswith(here):
            return at
        at = at.tb_next
    while top is not None and top.tb_frame.f_code.co_filename.startswith((__file__, "<frozen importlib")):
        top = top.tb_next
    return top


def log_frame(stream, text, truncated):
    if not text and not truncated:
        return b""
    return frame(LOG, stream, b'{"truncated":true}' if truncated else b"", text)


def leave(error):
    """End the process as the function asked, without waiting for its threads."""
    code = error.code if isinstance(error, SystemExit) else 130
    if code is None:
        code = 0
    os._exit(code & 0xFF if isinstance(code, int) else 1)


# ------------------------------------------------------ one call at a time


def serve(wire, handler):
    tap, run = Tap.current, None
    if is_async(handler):
        run = event_loop().run_until_complete
    while True:
        kind, stream, header, body = wire.read()
        if kind != INVOKE:
            continue
        context = loads(header)
        captured = context.pop("output", False)
        if captured:
            tap.begin()
        elif tap.capturing:
            tap.off()
        try:
            result = handler(loads(body), context)
            if hasattr(result, "__await__"):
                if run is None:
                    run = event_loop().run_until_complete
                result = run(finish(result))
            data = answer(stream, result)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            data = failure(stream, error)
        if wire.orphaned:
            os._exit(0)
        if captured:
            data = log_frame(stream, *tap.end()) + data
        wire.sock.sendall(data)
        result = data = body = context = None


def is_async(handler):
    code = getattr(handler, "__code__", None)
    return code is not None and bool(code.co_flags & CO_COROUTINE)


def event_loop():
    import asyncio

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


async def finish(awaitable):
    return await awaitable


# ------------------------------------------------------ several at a time


def serve_many(wire, handler, limit):
    import contextvars

    page = contextvars.ContextVar("serverledge_page", default=None)
    sys.stdout = sys.__stdout__ = Router(page)
    sys.stderr = sys.__stderr__ = Router(page)
    if is_async(handler):
        serve_tasks(wire, handler, page)
    else:
        serve_threads(wire, handler, page, limit)


def open_call(header, page):
    """The context of a call, and the page that it prints on."""
    context = loads(header)
    mine = Page() if context.pop("output", False) else None
    page.set(mine)
    return context, mine


def close_call(wire, stream, data, page):
    if page is not None:
        data = log_frame(stream, bytes(page.kept), page.truncated) + data
    try:
        wire.send(data)
    except OSError:
        os._exit(0)  # the node is gone


def serve_tasks(wire, handler, page):
    """Each call is a task of one event loop, which has the main thread."""
    loop = event_loop()
    running = set()  # the loop itself keeps its tasks only weakly

    async def run(stream, header, body):
        context, mine = open_call(header, page)
        try:
            data = answer(stream, await handler(loads(body), context))
        except (SystemExit, KeyboardInterrupt) as error:
            leave(error)
        except BaseException as error:
            data = failure(stream, error)
        close_call(wire, stream, data, mine)

    def begin(*call):
        task = loop.create_task(run(*call))
        running.add(task)
        task.add_done_callback(running.discard)

    def read():
        try:
            while True:
                kind, *call = wire.read()
                if kind == INVOKE:
                    loop.call_soon_threadsafe(begin, *call)
        except (EOFError, OSError):
            os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    loop.run_forever()


def serve_threads(wire, handler, page, limit):
    """Each call has a thread; threads are kept for the next call."""
    import contextvars
    import queue

    calls = queue.SimpleQueue()
    lock = threading.Lock()
    idle = [0]
    shared = []  # the event loop of handlers that return awaitables

    def loop():
        with lock:
            if not shared:
                shared.append(event_loop())
                threading.Thread(target=shared[0].run_forever, daemon=True).start()
        return shared[0]

    def invoke(stream, header, body):
        context, mine = open_call(header, page)
        try:
            result = handler(loads(body), context)
            if hasattr(result, "__await__"):
                import asyncio

                result = asyncio.run_coroutine_threadsafe(finish(result), loop()).result()
            data = answer(stream, result)
        except (SystemExit, KeyboardInterrupt) as error:
            leave(error)
        except BaseException as error:
            data = failure(stream, error)
        close_call(wire, stream, data, mine)

    def work():
        while True:
            with lock:
                idle[0] += 1
            call = calls.get()
            contextvars.copy_context().run(invoke, *call)

    threads = 0
    while True:
        kind, *call = wire.read()
        if kind != INVOKE:
            continue
        calls.put(call)
        with lock:
            idle[0] -= 1
            short = idle[0] < 0
        if short and threads < limit:
            try:
                threading.Thread(target=work, daemon=True).start()
                threads += 1
            except RuntimeError:  # no more threads allowed: the call waits for one
                if not threads:
                    raise


# ----------------------------------------------------------------- loading


def load(init):
    """Import the module of the handler and return the handler."""
    name, directory = init["handler"], init["dir"]
    os.environ.update(init.get("env") or {})
    os.chdir(directory)
    sys.path[:] = search_path(directory)
    sys.argv = [""]
    module_name, _, attribute = name.replace("/", ".").rpartition(".")
    if not module_name:
        raise HandlerNotFound("the handler %r is not of the form module.function" % name)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name == error.name or module_name.startswith(error.name + ".")):
            raise HandlerNotFound("the package has no module %r (of the handler %r)" % (error.name, name)) from None
        raise
    handler = getattr(module, attribute, None)
    if handler is None:
        raise HandlerNotFound("the module %r has no %r" % (module_name, attribute))
    if not callable(handler):
        raise HandlerNotFound("%r is not a function but %s" % (name, type(handler).__name__))
    return handler


def search_path(directory):
    """The package first, then the standard library, then what is installed."""
    version = "python%d.%d" % sys.version_info[:2]
    own = [directory, os.path.join(directory, "site-packages")]
    installed = [
        os.path.join(sys.prefix, "lib", version, "site-packages"),
        os.path.join("/usr/local/lib", version, "site-packages"),
        os.path.join("/usr/local/lib", version, "dist-packages"),
        "/usr/lib/python3/dist-packages",
    ]
    standard = [p for p in sys.path if p != os.path.dirname(os.path.abspath(__file__))]
    path = []
    for p in own + standard + installed:
        if p not in path and (p in standard or os.path.isdir(p)):
            path.append(p)
    return path


def hello(token):
    version = "Python %d.%d.%d" % sys.version_info[:3]
    text = {"protocol": PROTOCOL, "token": token, "runtime": version, "pid": os.getpid()}
    return frame(HELLO, 0, json.dumps(text).encode())


def main():
    token = os.environ.pop("SERVERLEDGE_TOKEN", "")
    path = os.environ.pop("SERVERLEDGE_SOCKET", "/run/serverledge/node.sock")
    sys.dont_write_bytecode = True
    builtins.exit = builtins.quit = sys.exit  # as the site module would
    wire = Wire(path)
    wire.send(hello(token))
    kind, _, header, _ = wire.read()
    if kind != INIT:
        sys.exit("executor: the node did not begin with INIT")
    init = loads(header)
    if init.get("memory_refused"):
        Bound.set(init["memory_mb"])
    os.register_at_fork(after_in_child=wire.orphan)
    Tap.current = Tap()
    try:
        handler = load(init)
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        data = failure(0, error)
        if not isinstance(error, HandlerNotFound) and not (isinstance(error, MemoryError) and Bound.limit):
            data = init_failure(error)
        wire.send(data)
        return
    gc.collect()
    gc.freeze()
    wire.send(frame(READY, 0))
    if init["concurrency"] > 1:
        serve_many(wire, handler, init["concurrency"])
    else:
        serve(wire, handler)


def init_failure(error):
    try:
        message = "%s: %s" % (type(error).__name__, error)
    except Exception:
        message = type(error).__name__
    return error_frame(0, "Function.InitFailed", message, traceback_of(error))


if __name__ == "__main__":
    try:
        main()
    except (SystemExit, KeyboardInterrupt) as reason:
        if isinstance(reason, SystemExit) and isinstance(reason.code, str):
            print(reason.code, file=sys.stderr)
        leave(reason)
    except (EOFError, OSError):
        os._exit(0)  # the node is gone, or this is a child of the function
    os._exit(0)
