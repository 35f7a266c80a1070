"""Signing by ssh-agent: the private key stays there, in its memory or on the card or token behind it."""

import os
import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..errors import KeyFileError
from .algorithms import verify_by
from .sshagentwire import LIST_KEYS, MAX_MESSAGE, AgentRefusal, framed, key_blob, read_keys, read_signature, sign_message

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

SETTING = "plugin.x509.ssh_agent"
_LIST_TIMEOUT = 5.0  # seconds
_SIGN_TIMEOUT = 60.0  # seconds: a person may have to confirm (`ssh-add -c`) or touch a token


class AgentSigner:
    """Signs by the key in ssh-agent that belongs to a certificate; any thread may, each signature is a connection of its own.

    Its signatures are verified before they go anywhere: what a node would refuse in silence is told here.
    """

    def __init__(self, key: "CertificatePublicKeyTypes", path: str, *, timeout: float = _SIGN_TIMEOUT) -> None:
        """key: the certificate's. path: of the agent's socket. Raises KeyFileError where the agent has no such key."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        self._path, self._timeout = path, timeout
        try:
            self._blob = key_blob(key)
        except ValueError as error:
            raise self._trouble(str(error)) from error
        self._verify = verify_by(key)
        self._public = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        try:
            held = read_keys(self._ask(LIST_KEYS, _LIST_TIMEOUT))
        except ValueError as error:
            raise self._trouble(f"what answers there is no ssh-agent: {error}") from error
        if not any(one.blob == self._blob for one in held):
            holds = f"holds {len(held)} other keys" if held else "holds no key, or is locked (`ssh-add -X` unlocks it)"
            raise self._trouble(f"the ssh-agent {holds}: `ssh-add KEYFILE`, for a card `ssh-add -s`; `ssh-add -l` lists what it has")

    def public_bytes(self) -> bytes:
        """The public key in DER."""
        return self._public

    def sign(self, data: bytes) -> bytes:
        """A signature by the agent. Raises KeyFileError where it makes none, or does not answer in time."""
        message = sign_message(self._blob, data)
        if len(message) > MAX_MESSAGE:
            raise self._trouble(
                f"an ssh-agent signs {MAX_MESSAGE // 1024} KiB at most, and this has {len(data)} bytes: sign by a key in a file"
            )
        try:
            signature = read_signature(self._ask(message, self._timeout))
        except AgentRefusal as error:
            raise self._trouble(
                "the ssh-agent refused to sign: it is locked (`ssh-add -X`), has lost the key (`ssh-add -l`), or its owner said no"
            ) from error
        except ValueError as error:
            raise self._trouble(f"what answers there is no ssh-agent: {error}") from error
        if not self._verify(signature, data):
            raise self._trouble("the ssh-agent made a signature that is not by this key")
        return signature

    def _ask(self, message: bytes, timeout: float) -> bytes:
        until = time.monotonic() + timeout
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as agent:
                agent.settimeout(min(timeout, _LIST_TIMEOUT))
                agent.connect(self._path)
                agent.sendall(framed(message))
                length = int.from_bytes(_exactly(agent, 4, until), "big")
                if not 0 < length <= MAX_MESSAGE:
                    raise ValueError(f"an answer of {length} bytes")
                return _exactly(agent, length, until)
        except TimeoutError:
            raise self._trouble(f"the ssh-agent did not answer within {timeout:g} s: it may wait for somebody to confirm") from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise self._trouble(f"the ssh-agent cannot be reached: {reason}; `ssh-add -l` tells whether one runs") from error

    def _trouble(self, problem: str) -> KeyFileError:
        return KeyFileError(problem, file=self._path, key=SETTING)


def agent_socket(environ: Mapping[str, str] = os.environ) -> str:
    """Where the user's agent listens. Raises KeyFileError where SSH_AUTH_SOCK says none."""
    path = environ.get("SSH_AUTH_SOCK", "")
    if not path.startswith("/"):
        raise KeyFileError(
            "SSH_AUTH_SOCK names no agent: `eval $(ssh-agent)` starts one; sudo keeps it with --preserve-env=SSH_AUTH_SOCK", key=SETTING
        )
    return path


def _exactly(agent: socket.socket, count: int, until: float) -> bytes:
    found = bytearray()
    while len(found) < count:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        agent.settimeout(left)
        if not (chunk := agent.recv(count - len(found))):
            raise OSError(0, "it hung up")
        found += chunk
    return bytes(found)
