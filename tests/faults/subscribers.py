#!/usr/bin/python3
"""subscribers.py [N]: a bare XPUB socket with ZMQ_XPUB_MANUAL that grants
nothing, and one peer that subscribes N times to 100 bytes.  Prints what the
socket keeps of it, and how long one call held its thread.

This is why claused has no such socket: libzmq stores each subscription before
it asks whether to grant it.  What claused does with as many requests to be
told of events is tests/e2e/test_events.py's to show.
"""
import os
import subprocess
import sys
import time

import zmq


def rss_kib():
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) for line in f
                    if line.startswith("RssAnon:"))


def subscribe(endpoint, n):
    socket = zmq.Context.instance().socket(zmq.XSUB)
    socket.setsockopt(zmq.SNDHWM, 0)
    socket.connect(endpoint)
    for _ in range(n):
        socket.send(b"\1" + os.urandom(50).hex().encode())
    sys.stdin.read()  # until the other side has seen them all


def main(n):
    socket = zmq.Context.instance().socket(zmq.XPUB)
    socket.setsockopt(zmq.XPUB_MANUAL, 1)
    socket.bind("tcp://127.0.0.1:*")
    before, longest, seen = rss_kib(), 0, 0
    peer = subprocess.Popen(
        [sys.executable, __file__, socket.getsockopt(zmq.LAST_ENDPOINT), str(n)],
        stdin=subprocess.PIPE)
    while seen < n:
        began = time.monotonic()
        events = socket.getsockopt(zmq.EVENTS)
        longest = max(longest, time.monotonic() - began)
        if events & zmq.POLLIN:
            socket.recv()
            seen += 1
        else:
            socket.poll(1000)
    peer.communicate()
    print("%d subscriptions of 100 B, none granted: %d KiB more, %d ms in one "
          "call" % (n, rss_kib() - before, longest * 1000))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        subscribe(sys.argv[1], int(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) == 2 else 100000)
