"""Files that are there whole or not at all."""

import contextlib
import os
import secrets
import stat
from pathlib import Path

__all__ = ["reason", "write_whole"]


def write_whole(path, data):
    """Write bytes to a file so that it is there whole or not at all.

    They are written beside it, brought to the disk, and then renamed.  A new file has the rights
    that the umask leaves, one that is replaced keeps its own, and a link goes on pointing to
    where it pointed.

    Raises
    ------
    OSError
        With the path in it, such as "No space left on device: 'model.npz'"; then what was there
        before is there still.
    """
    path = Path(path)
    home = Path(os.path.realpath(path))  # of what a link points to
    part = home.with_name(f".{home.name[:40]}.{secrets.token_hex(6)}.part")
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with open(os.open(part, flags, 0o666), "wb") as file:
            with contextlib.suppress(FileNotFoundError):
                os.chmod(part, stat.S_IMODE(os.stat(home).st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, home)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(part)
        if isinstance(error, OSError):
            raise OSError(error.errno, reason(error), str(path)) from error
        raise


def reason(error):
    """What an error of the system or of the network says, in one line."""
    words = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
    return " ".join(str(words).split())
