"""Ask a claused daemon: `with claused.connect(ENDPOINT) as c: c.ping()`.

This module speaks the frames of CLAUSE01 and nothing more.  Methods and
parameters are those of PROTOCOL.md, so a new one needs no new release:

    c.match.market(market="M-2026-17", limit=5)
    c.call("match.market", {"market": "M-2026-17", "limit": 5})

Invariants: a call never lasts longer than its deadline; every attempt of one
call carries the same idempotency key, so a write happens at most once; a
reply that comes too late is dropped by its id.  One client may be shared by
threads and survives a fork: each thread of each process has its own socket.
"""
import datetime
import itertools
import os
import re
import threading
import time
import uuid
from typing import (Any, Dict, Iterable, Iterator, List, Mapping,
                    NamedTuple, Optional, Tuple, Union)

import msgpack
import zmq

__version__ = "0.1.0"
__all__ = ["connect", "Client", "Error", "Refused", "NotFound", "Timeout",
           "Loaded", "STATUS"]

TAG = b"CLAUSE01"
PURPOSE = re.compile("[a-z-]{1,32}")
STATUS = ("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT",
          "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
          "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
          "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL",
          "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED")
NOT_FOUND = STATUS.index("NOT_FOUND")
# One import request: well under the daemon's 1 MiB and 65,536 items.
CHUNK_ROWS = 500
CHUNK_BYTES = 192 * 1024
FIRST_PAUSE_S = 0.02


class Error(Exception):
    """Anything that went wrong between this process and the daemon."""


class Refused(Error):
    """The daemon answered, and said no."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status = status
        self.status_name = STATUS[status] if status < len(STATUS) else "?"
        self.name = str(body.get("name", "INTERNAL"))
        self.message = str(body.get("message", ""))
        self.retry = bool(body.get("retry", False))
        self.data: List[Dict[str, Any]] = list(body.get("data") or [])
        super().__init__(self._text())

    def _text(self) -> str:
        lines = ["%s: %s" % (self.name, self.message)]
        for problem in self.data:
            parts = [problem.get("field"), problem.get("name"),
                     problem.get("hint")]
            lines.append("  " + ": ".join(p for p in parts if p))
        return "\n".join(lines)


class NotFound(Refused):
    """There is no such object."""


class Timeout(Error, TimeoutError):
    """No answer in time.  A write may or may not have happened: call again
    with `key=error.key`, and it happens once."""

    def __init__(self, method: str, key: str, seconds: float) -> None:
        super().__init__("%s: no answer within %.3g s" % (method, seconds))
        self.method = method
        self.key = key


class Loaded(NamedTuple):
    """What became of the rows of an import; rows count from 1."""
    accepted: int
    created: int
    rejected: List[Dict[str, Any]]
    notes: List[Dict[str, Any]]


class Reply(NamedTuple):
    id: int
    status: int
    revision: int
    body: Any


def connect(endpoint: str = "tcp://127.0.0.1:5570", *, deadline: float = 2.0,
            retries: int = 2, identity: Optional[str] = None,
            server_key: Optional[str] = None,
            purpose: Optional[str] = None) -> "Client":
    """A client of the daemon at ENDPOINT; nothing is sent yet.  DEADLINE, in
    seconds, bounds each call; within it a call is sent again up to RETRIES
    times when no answer comes or the daemon says that it is worth it.

    IDENTITY is the file of our secret key, SERVER_KEY the daemon's public key
    or its file; when they are not given, CLAUSED_IDENTITY and
    CLAUSED_SERVER_KEY name them.  Without, the daemon must ask for none.

    PURPOSE is why people are asked for, a word such as "placement": small
    letters and hyphens, at most 32.  The daemon's access log keeps it."""
    return Client(endpoint, deadline=deadline, retries=retries,
                  identity=identity, server_key=server_key,
                  purpose=purpose)


class Keys(NamedTuple):
    """What a socket shows and expects: Z85, as bytes."""
    secret: bytes
    public: bytes
    server: bytes


def _key_of(text: str) -> bytes:
    """A key, or the first line of the file of that name."""
    if len(text) != 40 or os.path.exists(text):
        with open(text, encoding="ascii") as file:
            text = file.readline().strip()
    if len(text) != 40:
        raise ValueError("there is no key in it")
    return text.encode("ascii")


def _forbidden_bits(path: str) -> int:
    """What systemd hands over (LoadCredential=) may be readable for a group
    that has nobody in it."""
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    return 0o037 if given and os.path.dirname(path) == given else 0o077


def _keys(identity: Optional[str], server_key: Optional[str]
          ) -> Optional[Keys]:
    identity = identity or os.environ.get("CLAUSED_IDENTITY")
    server_key = server_key or os.environ.get("CLAUSED_SERVER_KEY")
    if not identity:
        return None
    if not server_key:
        raise ValueError("identity needs server_key, the daemon's public key")
    if os.stat(identity).st_mode & _forbidden_bits(identity):
        raise PermissionError("others may read %s: chmod 600" % identity)
    with open(identity, encoding="ascii") as file:
        secret = file.readline().strip().encode("ascii")
    return Keys(secret, zmq.curve_public(secret), _key_of(server_key))


class Client:
    """See `connect`.  `revision` is the newest one seen in a reply."""

    def __init__(self, endpoint: str, *, deadline: float = 2.0,
                 retries: int = 2, identity: Optional[str] = None,
                 server_key: Optional[str] = None,
                 purpose: Optional[str] = None) -> None:
        if purpose is not None and not PURPOSE.fullmatch(purpose):
            raise ValueError("a purpose is a word of a-z and hyphens")
        self.purpose = purpose
        self._keys = _keys(identity, server_key)
        self.endpoint = endpoint
        self.deadline = deadline
        self.retries = retries
        self.revision = 0
        self._ids = itertools.count(int.from_bytes(os.urandom(4), "big"))
        self._threads = threading.local()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> "_Verb":
        if name.startswith("_"):
            raise AttributeError(name)
        return _Verb(self, name)

    def close(self) -> None:
        """Close this thread's socket; a later call opens a new one."""
        wire = self._threads.__dict__.pop("wire", None)
        if wire is not None:
            wire.close()

    def call(self, method: str, params: Optional[Mapping[str, Any]] = None, *,
             key: Optional[str] = None, deadline: Optional[float] = None,
             min_revision: Optional[int] = None) -> Dict[str, Any]:
        """Ask METHOD and return its result.  Raises Refused or Timeout.
        KEY continues an earlier attempt of the same write."""
        seconds = self.deadline if deadline is None else deadline
        key = key or uuid.uuid4().hex
        body = _pack(params or {})
        until = time.monotonic() + seconds
        ask_id = next(self._ids)
        pause = FIRST_PAUSE_S
        refused: Optional[Refused] = None
        for attempt in range(self.retries + 1):
            now = time.monotonic()
            if attempt and now >= until:
                break
            share = (until - now) / (self.retries + 1 - attempt)
            self._wire().send(ask_id, method, body, key, until - now,
                              min_revision, self.purpose)
            reply = self._wire().receive({ask_id}, now + share)
            if reply is None:
                continue
            try:
                return self._result(reply)
            except Refused as e:
                if not e.retry or attempt == self.retries:
                    raise
                refused = e
            time.sleep(max(0.0, min(pause, until - time.monotonic())))
            pause *= 4
        if refused is not None:
            raise refused
        # What still waits in the socket's queue must not be sent later.
        self.close()
        raise Timeout(method, key, seconds)

    def many(self, calls: Iterable[Tuple[str, Mapping[str, Any]]], *,
             window: int = 32, deadline: Optional[float] = None
             ) -> Iterator[Union[Dict[str, Any], Error]]:
        """Ask all CALLS (method, params), at most WINDOW at once, and yield
        in their order each result, or its Error as a value.  None is sent
        twice."""
        seconds = self.deadline if deadline is None else deadline
        source = iter(calls)
        flying: Dict[int, Tuple[str, str, float]] = {}
        done: Dict[int, Union[Dict[str, Any], Error]] = {}
        while True:
            for method, params in itertools.islice(source,
                                                   window - len(flying)):
                ask_id, key = next(self._ids), uuid.uuid4().hex
                self._wire().send(ask_id, method, _pack(params), key, seconds,
                                  None, self.purpose)
                flying[ask_id] = (method, key, time.monotonic() + seconds)
            if not flying:
                return
            first = next(iter(flying))
            while first not in done:
                method, key, until = flying[first]
                reply = self._wire().receive(set(flying) - set(done), until)
                if reply is None:
                    done[first] = Timeout(method, key, seconds)
                    break
                try:
                    done[reply.id] = self._result(reply)
                except Refused as e:
                    done[reply.id] = e
            del flying[first]
            yield done.pop(first)

    def each(self, method: str, *, page_size: int = 500,
             **params: Any) -> Iterator[Any]:
        """Every row of a list, page after page: c.each("structure.list")."""
        token: Optional[str] = None
        while True:
            ask = dict(params, page_size=page_size)
            if token:
                ask["page_token"] = token
            page = self.call(method, ask)
            yield from page.get("rows", ())
            token = page.get("next")
            if not token:
                return

    def follow(self, since: int = 0, *, wait: float = 5.0
               ) -> Iterator[Dict[str, Any]]:
        """Every event after SINCE that our key is told of, each once and in
        order; then those to come, as they come, without end.  Whoever keeps
        `event["seq"]` may begin anew from there, whatever happened meanwhile.

        The daemon is asked to wait for WAIT seconds, 60 at most, and then once
        more: a question that was lost, because the daemon was started again,
        is missed no longer than that and our deadline."""
        seconds = (self.retries + 1) * (wait + self.deadline)
        while True:
            page = self.call("events.since", {"since": since, "limit": 1000,
                                              "wait": int(wait * 1000)},
                             deadline=seconds)
            yield from page.get("events", ())
            since = page["next"]

    def load(self, entity: str, rows: Iterable[Mapping[str, Any]], *,
             check: bool = False) -> Loaded:
        """Import ROWS of ENTITY ("structure", "market", "profile",
        "facilitator"): good rows are written, bad ones told.  CHECK writes
        nothing."""
        method = "import.check" if check else "import.apply"
        accepted, created, before = 0, 0, 0
        rejected: List[Dict[str, Any]] = []
        notes: List[Dict[str, Any]] = []
        for chunk in _chunks(rows):
            answer = self.call(method, {"entity": entity, "rows": chunk},
                               deadline=max(self.deadline, 30.0))
            accepted += answer.get("accepted", 0)
            created += answer.get("created", 0)
            for told, kept in (("rejected", rejected), ("notes", notes)):
                for row in answer.get(told, ()):
                    kept.append(dict(row, row=row["row"] + before))
            before += len(chunk)
        return Loaded(accepted, created, rejected, notes)

    def _wire(self) -> "_Wire":
        wire: Optional[_Wire] = getattr(self._threads, "wire", None)
        if wire is None or wire.pid != os.getpid():
            wire = self._threads.wire = _Wire(self.endpoint, self._keys,
                                               wire)
        return wire

    def _result(self, reply: Reply) -> Dict[str, Any]:
        self.revision = max(self.revision, reply.revision)
        if reply.status == 0:
            result: Dict[str, Any] = reply.body
            return result
        kind = NotFound if reply.status == NOT_FOUND else Refused
        raise kind(reply.status, reply.body)


class _Verb:
    """c.match.market(...) is c.call("match.market", {...})."""

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._name = name

    def __getattr__(self, name: str) -> "_Verb":
        if name.startswith("_"):
            raise AttributeError(name)
        return _Verb(self._client, self._name + "." + name)

    def __call__(self, **params: Any) -> Dict[str, Any]:
        return self._client.call(self._name, params)


class _Wire:
    """A DEALER socket of one thread of one process.  A forked child keeps
    its parent's, untouched: closing it would talk to the parent's threads."""

    def __init__(self, endpoint: str, keys: Optional[Keys],
                 inherited: Optional["_Wire"]) -> None:
        self.inherited = inherited
        # instance() gives a forked child a context of its own.
        self.pid = os.getpid()
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
        if keys:
            self.socket.curve_secretkey = keys.secret
            self.socket.curve_publickey = keys.public
            self.socket.curve_serverkey = keys.server
        self.socket.connect(endpoint)

    def __del__(self) -> None:
        self.close()  # its thread has ended

    def close(self) -> None:
        if self.pid == os.getpid():
            self.socket.close()

    def send(self, ask_id: int, method: str, body: bytes, key: str,
             seconds: float, min_revision: Optional[int],
             purpose: Optional[str]) -> None:
        header: Dict[str, Any] = {"i": ask_id, "m": method, "k": key,
                                  "d": max(0, int(seconds * 1000))}
        if min_revision is not None:
            header["r"] = min_revision
        if purpose is not None:
            header["p"] = purpose
        try:
            self.socket.send_multipart([TAG, _pack(header), body],
                                       zmq.NOBLOCK)
        except zmq.Again:
            pass  # the queue is full: as good as lost, the deadline tells

    def receive(self, ids: Iterable[int], until: float) -> Optional[Reply]:
        """The next reply to one of IDS; None when UNTIL has passed."""
        while True:
            left_ms = int((until - time.monotonic()) * 1000 + 0.999)
            if not self.socket.poll(max(0, left_ms)):
                return None
            reply = _reply(self.socket.recv_multipart())
            if reply is not None and reply.id in ids:
                return reply


def _reply(frames: List[bytes]) -> Optional[Reply]:
    if frames and not frames[0]:
        frames = frames[1:]
    if len(frames) != 3 or frames[0] != TAG:
        return None
    try:
        header, body = (msgpack.unpackb(f, strict_map_key=False)
                        for f in frames[1:])
        return Reply(header["i"], header["s"], header.get("rev", 0), body)
    except (ValueError, TypeError, KeyError, msgpack.UnpackException):
        return None


def _pack(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value, default=_plain)
    return packed


def _plain(value: Any) -> Any:
    """What msgpack has no form for: dates go as text, sets are refused."""
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    raise TypeError("claused cannot send a %s" % type(value).__name__)


def _chunks(rows: Iterable[Mapping[str, Any]]
            ) -> Iterator[List[Mapping[str, Any]]]:
    chunk: List[Mapping[str, Any]] = []
    size = 0
    for row in rows:
        row_bytes = len(_pack(row))
        if chunk and (len(chunk) == CHUNK_ROWS
                      or size + row_bytes > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += row_bytes
    if chunk:
        yield chunk
