"""The actions `block`, `unblock` and `blocked`: senders and logins from which Exim takes no mail."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mcollective_py.agent import Agent, RPCAborted, RPCReply, RPCRequest, action


class Blocking(Agent):
    """Keeps the file that Exim's ACL reads: the setting `plugin.exim.blocklist`."""

    @action
    def blocked(self, request: RPCRequest, reply: RPCReply) -> None:
        """Who is blocked."""
        from .blocklist import entries

        path = self._blocklist()
        # What somebody wrote there by hand may be in any encoding: a reply carries characters alone.
        found = entries(_read(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
        reply["blocked"] = [{"address": one.address, "reason": one.reason, "by": one.by, "at": one.at} for one in found]
        reply["count"], reply["file"] = len(found), path
        self._tell_whether_it_is_read(path, reply)

    @action
    def block(self, request: RPCRequest, reply: RPCReply) -> None:
        """Take no more mail from an address, a domain or a login."""
        import time

        from .blocklist import MAX_ENTRIES, Entry, covering, entries, key_of, kind_of, with_entry

        key, by = key_of(request["address"]), "".join(request.caller.split())
        new = Entry(key, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), by, " ".join(request.get("reason", "").split()))

        def change(text: str) -> str:
            found = entries(text)
            if len(found) >= MAX_ENTRIES and not any(one.key == key for one in found):
                raise RPCAborted(f"{self._blocklist()} has {len(found)} entries, and that is enough: unblock some, or block a domain")
            if any(one.key == key for one in found):
                reply["status"] = f"{kind_of(key)} is blocked already"
            else:
                wider = covering(found, key)
                reply["status"] = f"{kind_of(key)} {'would be' if request.noop else 'is'} blocked" + (
                    f", and so is {kind_of(wider.key)} already" if wider else ""
                )
            return with_entry(text, new)

        self._change(change, request, reply)

    @action
    def unblock(self, request: RPCRequest, reply: RPCReply) -> None:
        """Take it again."""
        from .blocklist import covering, entries, key_of, kind_of, without_entry

        key = key_of(request["address"])

        def change(text: str) -> str:
            left = without_entry(text, key)
            wider = covering(entries(left), key)
            if left == text:
                reply["status"] = f"{kind_of(key)} was not blocked"
            else:
                reply["status"] = f"{kind_of(key)} {'would no longer be' if request.noop else 'is no longer'} blocked"
            if wider is not None:
                reply["status"] += f", but {kind_of(wider.key)} is"
            return left

        self._change(change, request, reply)

    # --- how ----------------------------------------------------------------------------------------------------------

    def _blocklist(self) -> str:
        path = self.config.get("blocklist", "").strip()
        if not path:
            raise RPCAborted("nobody is blocked here: plugin.exim.blocklist names the file, and Exim's ACL must read it")
        if not path.startswith("/"):
            raise RPCAborted(f"plugin.exim.blocklist is {path!r}: an absolute path is wanted")
        return path

    def _change(self, change: Callable[[str], str], request: RPCRequest, reply: RPCReply) -> None:
        from .blocklist import entries

        path = self._blocklist()
        with _locked(path):
            before = _read(path)
            after = change(before)
            reply["changed"], reply["count"] = after != before, len(entries(after))
            if after != before and not request.noop:
                _replace(path, after)
        self._tell_whether_it_is_read(path, reply)
        if reply.get("enforced") is False and request.action == "block":
            reply.fail(f"{reply['status']}, but Exim takes its mail: its configuration does not read {path}")

    def _tell_whether_it_is_read(self, path: str, reply: RPCReply) -> None:
        """Say so where Exim says it. A version before 4.86 tells nothing."""
        from mcollective_py.agent import run

        from .places import print_configuration, program_of

        if (exim := program_of(self.config)) is None:
            return
        answer = run(print_configuration(exim), timeout=10, max_output=4 * 1024 * 1024)
        if answer.exitcode == 0 and "begin acl" in answer.stdout:
            reply["enforced"] = path in answer.stdout


def _read(path: str) -> str:
    """What the file has, nothing where there is none yet. Raises RPCAborted where somebody else could have written it."""
    from mcollective_py.agent.ownedfile import read_owned

    from .blocklist import MAX_BYTES

    try:
        return read_owned(path, MAX_BYTES).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise RPCAborted(str(error)) from error


@contextmanager
def _locked(path: str) -> Iterator[None]:
    """Nobody else of us changes the file within: the lock is that of its folder, so that none is left beside it."""
    import fcntl

    folder = Path(path).resolve().parent
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise RPCAborted(f"{folder} cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(path: str, text: str) -> None:
    """Write it whole at once, with the owner and the mode that it had; a new one is for everybody to read, as Exim must."""
    file = Path(path).resolve()
    new = file.with_name(f"{file.name}.{os.urandom(8).hex()}")
    try:
        before = file.stat() if file.exists() else None
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "wb") as written:
            written.write(text.encode("utf-8", "surrogateescape"))
            if before is not None:
                os.fchown(written.fileno(), before.st_uid, before.st_gid)
            os.fchmod(written.fileno(), 0o644 if before is None else before.st_mode & 0o777)
            written.flush()
            os.fsync(written.fileno())
        new.replace(file)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise RPCAborted(f"{path} cannot be written: {error.strerror or error}") from error
