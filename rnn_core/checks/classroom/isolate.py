"""Linux: a view of the machine in which there is nobody to reach and nothing to change.

`enter` moves this process into namespaces of its own.  No rights are needed for that, only a
system that lets its users make them; where it does not, `works` is False.
"""

import contextlib
import ctypes
import os
import sys
from pathlib import Path

NEW_MOUNTS, NEW_NAME, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NET = (
    0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)  # fmt: skip
NOSUID, NODEV, BIND, RECURSIVE, PRIVATE = 2, 4, 0x1000, 0x4000, 0x40000
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, READ_ONLY = 442, -100, 0x8000, 1
NO_NEW_PRIVILEGES, DROP_FROM_BOUND, DIE_WITH_PARENT, DUMPABLE = 38, 24, 1, 4
DESK = "size=64m,mode=700"  # what an answer may write, in memory, gone with it


def enter(desk, hidden=()):
    """Leave the network, the other processes, and the right to change files.

    The next process that is forked is the first of its own numbering: when it ends, whatever it
    started ends with it.

    Parameters
    ----------
    desk : str
        An existing folder; becomes an empty one in memory, the only place to write to.
    hidden : sequence of str
        Files and folders that are to look empty.

    Raises
    ------
    OSError
        If the system does not let us.
    """
    uid, gid = os.geteuid(), os.getegid()
    _call("unshare", NEW_USER | NEW_MOUNTS | NEW_NET | NEW_IPC | NEW_NAME | NEW_PIDS)
    with contextlib.suppress(FileNotFoundError):
        Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    with contextlib.suppress(OSError):  # no further ones inside
        Path("/proc/sys/user/max_user_namespaces").write_text("0")
    _mount("none", "/", None, RECURSIVE | PRIVATE)
    for path in hidden:
        if os.path.isdir(path):
            _mount("tmpfs", path, "tmpfs", NOSUID | NODEV, "size=4k")
        elif os.path.exists(path):
            _mount("/dev/null", path, None, BIND)
    attributes = (ctypes.c_uint64 * 4)(READ_ONLY, 0, 0, 0)
    _call("syscall", MOUNT_SETATTR, AT_FDCWD, b"/", AT_RECURSIVE, attributes,
          ctypes.c_size_t(32))  # fmt: skip
    _mount("tmpfs", desk, "tmpfs", NOSUID | NODEV, DESK)
    os.chdir(desk)


def settle():
    """In the forked process: nobody else to see."""
    _mount("tmpfs", "/proc", "tmpfs", NOSUID | NODEV, "size=4k,mode=555")


def drop_rights():
    """Give up what root may do and others may not: also to change the view of `enter`."""
    if sys.platform != "linux":
        return
    _call("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    for capability in range(64):
        LIBC.prctl(DROP_FROM_BOUND, capability, 0, 0, 0)
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    _call("capset", header, none)


def close_memory():
    """Processes of the same user cannot look into this one, nor into those that it forks."""
    _call("prctl", DUMPABLE, 0, 0, 0, 0)


def die_with_parent():
    """Ask to be ended when the parent is; for processes that run our own code only."""
    if sys.platform == "linux":
        LIBC.prctl(DIE_WITH_PARENT, 9, 0, 0, 0)


def works(desk):
    """Whether all of this can be had here; tried out in a process that ends at once."""
    if sys.platform != "linux":
        return False
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    code = 1
    try:
        enter(desk)
        inner = os.fork()
        if inner == 0:
            code = 1
            settle()
            drop_rights()
            code = 0 if not _can_write(os.path.dirname(desk)) and _can_write(desk) else 1
        else:
            code = 1 if os.waitpid(inner, 0)[1] else 0
    finally:
        os._exit(code)


def _can_write(folder):
    name = os.path.join(folder, f"written-{os.getpid()}")
    try:
        with open(name, "x"):
            pass
    except OSError:
        return False
    os.unlink(name)
    return True


LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _call(name, *args):
    if getattr(LIBC, name)(*args) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _mount(source, target, kind, flags, data=None):
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind, data)]
    _call("mount", words[0], words[1], words[2], ctypes.c_ulong(flags), words[3])
