#!/usr/bin/python3
"""powercut.py [IMAGES] [SEED]: what a power cut leaves.

A daemon serves eight writers, a batch and two compactions while recorder.so
writes down every change of a file and every sync.  Then images are built as
they could lie on disk after a cut at any moment: what was synced is there;
what was not is dropped, kept, or torn at sectors of 512 bytes; names that no
sync of their directory has fixed may be missing.  Each is checked whole
(claused --check), served and read back: every write acknowledged before the
cut is there, each of the others is whole or absent and may be sent again.
"""
import collections
import os
import random
import shutil
import struct
import sys
import tempfile
import time

import ledger
from ledger import GONE, Broken, harness

(OPEN, WRITE, WROTE, SYNC, SYNCED, TRUNCATE, RENAME, UNLINK, MKDIR, RMDIR,
 DIRSYNC) = range(1, 12)
HEAD = struct.Struct("=IIQQ")
SECTOR = 512
SYNC_US = 1500
SERVE_S = 5


class File:
    """What is on disk, and the changes that may not be."""

    def __init__(self, data=b""):
        self.disk = bytearray(data)
        self.open = []      # [kind, at, data, on disk?]

    def sync(self, n):
        """The first N changes are on disk."""
        for kind, at, data, _ in self.open[:n]:
            self.apply(self.disk, kind, at, data)
        del self.open[:n]

    @staticmethod
    def apply(into, kind, at, data):
        if kind == TRUNCATE:
            del into[at:]
            into.extend(bytes(at - len(into)))
            return
        into.extend(bytes(max(0, at + len(data) - len(into))))
        into[at:at + len(data)] = data

    def cut(self, chance, how):
        """The file after a cut, and how many changes were torn."""
        out, torn = bytearray(self.disk), 0
        for kind, at, data, safe in self.open:
            if safe or how == "keep":
                self.apply(out, kind, at, data)
            elif how == "drop" or kind == TRUNCATE:
                if how != "drop" and chance.random() < 0.5:
                    self.apply(out, kind, at, data)
            elif how == "whole":
                if chance.random() < 0.5:
                    self.apply(out, kind, at, data)
            else:
                torn += 1
                for from_ in range(0, len(data), SECTOR):
                    if chance.random() < 0.5:
                        self.apply(out, kind, at + from_,
                                   data[from_:from_ + SECTOR])
        return out, torn


class Disk:
    """The files below a directory: names and contents, as synced and not."""

    def __init__(self, top):
        self.top = top
        self.files = {}         # inode -> File
        self.names = {}         # path -> inode, None for a directory
        self.open = []          # changes of names that may not be on disk
        self.begun = {}         # inode -> changes before the sync that runs
        for folder, folders, names in os.walk(top):
            self.names[folder] = None
            for name in names:
                path = os.path.join(folder, name)
                if "/lock" not in path:
                    inode = os.stat(path).st_ino
                    with open(path, "rb") as f:
                        self.files[inode] = File(f.read())
                    self.names[path] = inode

    def feed(self, kind, inode, at, data):
        if kind == OPEN:
            self.files[inode] = File()
            self.open.append((OPEN, data.decode(), inode))
        elif kind in (WRITE, TRUNCATE):
            self.files[inode].open.append([kind, at, data, False])
        elif kind == WROTE:
            self.files[inode].open[-1][3] = True
        elif kind == SYNC:
            self.begun[inode] = len(self.files[inode].open)
        elif kind == SYNCED:
            self.files[inode].sync(self.begun.pop(inode))
        elif kind == DIRSYNC:
            self.dirsync(data.decode())
        else:
            self.open.append((kind, data.decode(), None))

    def dirsync(self, folder):
        """Every name of FOLDER is on disk."""
        left = []
        for change in self.open:
            if os.path.dirname(change[1].split("\0")[0]) == folder:
                self.rename(self.names, change)
            else:
                left.append(change)
        self.open = left

    @staticmethod
    def rename(names, change):
        kind, path, inode = change
        if kind == OPEN:
            names[path] = inode
        elif kind == MKDIR:
            names[path] = None
        elif kind == RENAME:
            from_, to = path.split("\0")
            if from_ in names:
                names[to] = names.pop(from_)
        else:
            names.pop(path, None)

    def image(self, into, chance):
        """Write what a cut now leaves into the directory INTO; how."""
        how = chance.choice(("drop", "keep", "whole", "torn", "torn"))
        names = dict(self.names)
        kept = {"drop": 0, "keep": len(self.open)}.get(
            how, chance.randint(0, len(self.open)))
        for change in self.open[:kept]:
            self.rename(names, change)
        torn = 0
        for path, inode in sorted(names.items()):
            to = into + path[len(self.top):]
            if inode is None:
                os.makedirs(to, exist_ok=True)
            elif os.path.isdir(os.path.dirname(to)):
                data, n = self.files[inode].cut(chance, how)
                torn += n
                with open(to, "wb") as f:
                    f.write(data)
        return how, torn


def entries(path):
    """(where it ends, kind, inode, at, data) of each entry."""
    with open(path, "rb") as f:
        data = f.read()
    at = 0
    while at < len(data):
        kind, size, inode, offset = HEAD.unpack_from(data, at)
        at += HEAD.size
        yield at + size, kind, inode, offset, data[at:at + size]
        at += size


def record(book, home):
    """Serve the writers for a while; the path of the record and the disk as
    it was when that began."""
    path = os.path.join(home, "record")
    daemon = harness.Daemon(store=os.path.join(home, "store")).fresh()
    try:
        if daemon.stop() != 0:
            raise Broken("it does not stop")
        disk = Disk(daemon.store)
        daemon.env.update(
            LD_PRELOAD=os.path.join(harness.BUILD, "tests/faults/recorder.so"),
            RECORD_DIR=daemon.store, RECORD_FILE=path,
            RECORD_SYNC_US=str(SYNC_US))
        book.clock = lambda: os.stat(path).st_size
        daemon.start()
        chores = collections.deque([
            (1.0, lambda c: c.call("rescore.start", {"limit": 20})),
            (2.0, lambda c: daemon.signal(harness.signal.SIGUSR1)),
            (4.0, lambda c: daemon.signal(harness.signal.SIGUSR1))])
        began, client = time.monotonic(), daemon.client()

        def over():
            passed = time.monotonic() - began
            if chores and passed > chores[0][0]:
                chores.popleft()[1](client)
            return passed > SERVE_S
        book.run(daemon, over)
    finally:
        daemon.close()
    return path, disk


class Then:
    """What the writers' list says of the moment of a cut."""

    def __init__(self, book, cut):
        self.may = {}       # thing -> the versions it may have
        for thing, writes in book.history.items():
            may = [GONE]
            for w in writes:
                if w.acked is not None and w.acked <= cut:
                    may = [w.version]
                elif w.sent <= cut:
                    may.append(w.version)
            self.may[thing] = may
        writes = {w for ws in book.history.values() for w in ws
                  if w.sent <= cut}
        acked = {w for w in writes if w.acked is not None and w.acked <= cut}
        self.acked = len(acked)
        self.flying = sorted(writes - acked, key=lambda w: w.sent)


def read_back(book, daemon, cut):
    """How many writes the image had to hold."""
    then = Then(book, cut)
    client = daemon.client()
    found = book.found(client, sorted(then.may))
    for thing, version in found.items():
        if version not in then.may[thing]:
            raise Broken("%s %d has version %d, may have %r"
                         % (thing + (version, then.may[thing])))
    for writer in range(len(book.flying)):
        versions = {found[t] for t in book.block_of(writer)
                    if t in found}
        if len(versions) > 1:
            raise Broken("half an import: %r" % versions)
    again(client, then, found)
    return then.acked


def again(client, then, found):
    """What had no answer is sent again, and happens once."""
    for write in then.flying[:5]:
        happened = all(found[t] == write.version for t in write.things)
        before = client.call("stats", {})["revision"]
        try:
            client.call(write.method, write.params, key=write.key)
        except harness.claused.NotFound:
            continue    # a removal that had been overtaken
        after = client.call("stats", {})["revision"]
        if after - before != (0 if happened else write.events()):
            raise Broken("%s %s sent again: %d events" % (
                write.method, write.key, after - before))


def try_image(book, disk, home, chance, cut):
    image = os.path.join(home, "image")
    shutil.rmtree(image, ignore_errors=True)
    # The daemon's keys were there before its first write.
    shutil.copytree(disk.top + ".secrets", image + ".secrets",
                    dirs_exist_ok=True)
    how, torn = disk.image(image, chance)
    daemon = harness.Daemon(store=image)
    try:
        ledger.sound(daemon)
        daemon.start()
        return how, torn, read_back(book, daemon, cut)
    except (Broken, AssertionError) as e:
        raise Broken("cut at byte %d, %s: %s" % (cut, how, e))
    finally:
        daemon.kill() if daemon.process else None
        daemon.close()


def run():
    images = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20261123
    chance = random.Random(seed)
    book = ledger.Ledger(seed=seed)
    home = tempfile.mkdtemp(prefix="claused-powercut-")
    try:
        path, disk = record(book, home)
        all_entries = list(entries(path))
        cuts = collections.Counter(chance.choices(range(len(all_entries)),
                                                  k=images))
        hows, torn, held = collections.Counter(), 0, 0
        for i, (end, *entry) in enumerate(all_entries):
            disk.feed(*entry)
            for _ in range(cuts[i]):
                how, n, acked = try_image(book, disk, home, chance, end)
                hows[how] += 1
                torn += n
                held += acked
        kinds = collections.Counter(e[1] for e in all_entries)
        print("powercut: %d writes acknowledged; recorded %d writes, %d syncs,"
              " %d of directories, %d renames" % (
                  book.acks, kinds[WRITE], kinds[SYNCED] + kinds[WROTE],
                  kinds[DIRSYNC], kinds[RENAME]))
        print("powercut: %d images (%s), %d torn writes; %d acknowledged "
              "writes looked for, 0 lost, 0 half" % (
                  images, ", ".join("%d %s" % (n, how) for how, n
                                    in sorted(hows.items())), torn, held))
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    ledger.main(run)
