"""Agents that behave badly, as scripts on a socket; tests/parts/test_ssh_agent.py has OpenSSH's."""

import socket
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from mcollective_py.errors import KeyFileError
from mcollective_py.security.algorithms import verify_by
from mcollective_py.security.sshagent import AgentSigner, agent_socket
from mcollective_py.security.sshagentwire import framed, key_blob

KEY = ec.generate_private_key(ec.SECP256R1())
LISTS_KEY = framed(b"\x0c\0\0\0\x01" + framed(key_blob(KEY.public_key())) + framed(b"mine"))


def signed(data=b"words", key=KEY):
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(SHA256())))
    numbers = framed(r.to_bytes(33, "big")) + framed(s.to_bytes(33, "big"))
    return framed(b"\x0e" + framed(framed(b"ecdsa-sha2-nistp256") + framed(numbers)))


class ScriptedAgent:
    """Answers one connection after the other with the bytes given; None accepts and says nothing."""

    def __init__(self, path, *answers):
        self.path, self._answers = str(path), answers
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen()
        self._kept = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        for answer in self._answers:
            peer, _ = self._listener.accept()
            if answer is None:
                self._kept.append(peer)
                continue
            with peer:
                peer.recv(65536)
                peer.sendall(answer)

    def close(self):
        self._listener.close()
        for peer in self._kept:
            peer.close()


@pytest.fixture
def agent(tmp_path):
    made = []

    def make(*answers):
        made.append(ScriptedAgent(tmp_path / "agent", *answers))
        return made[0].path

    yield make
    for one in made:
        one.close()


def test_a_signature_by_the_agents_key_is_good_and_its_lower_form(agent):
    signer = AgentSigner(KEY.public_key(), agent(LISTS_KEY, *(signed() for _ in range(8))))
    for _ in range(8):
        assert verify_by(KEY.public_key())(signer.sign(b"words"), b"words")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (framed(b"\x0c\0\0\0\0"), "holds no key, or is locked"),
        (framed(b"\x0c\0\0\0\x01" + framed(b"other") + framed(b"")), "holds 1 other keys: `ssh-add KEYFILE`"),
        (framed(b"\x05"), "is no ssh-agent: it refuses"),
        (b"HTTP/1.1 400 Bad Request\r\n", "is no ssh-agent: an answer of 1213486160 bytes"),
        (framed(b"\x0c\xff"), "is no ssh-agent: cut short"),
        (bytes(4), "an answer of 0 bytes"),
        (b"", "cannot be reached"),
        (b"\0\0\0\x10abc", "it hung up"),
    ],
)
def test_an_agent_without_the_key_or_that_is_none_is_told_at_the_start(agent, answer, says):
    with pytest.raises(KeyFileError, match=says):
        AgentSigner(KEY.public_key(), agent(answer))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (framed(b"\x05"), "refused to sign: it is locked"),
        (signed(b"other words"), "a signature that is not by this key"),
        (signed(key=ec.generate_private_key(ec.SECP256R1())), "a signature that is not by this key"),
        (framed(b"\x0e\0\0\0\0"), "is no ssh-agent"),
        (b"", "cannot be reached"),
    ],
)
def test_what_is_no_signature_goes_nowhere(agent, answer, says):
    signer = AgentSigner(KEY.public_key(), agent(LISTS_KEY, answer))
    with pytest.raises(KeyFileError, match=says):
        signer.sign(b"words")


def test_an_agent_that_never_answers_is_not_waited_for_for_ever(agent):
    signer = AgentSigner(KEY.public_key(), agent(LISTS_KEY, None), timeout=0.05)
    with pytest.raises(KeyFileError, match=r"did not answer within 0\.05 s: it may wait for somebody to confirm"):
        signer.sign(b"words")


def test_more_than_an_agent_takes_is_not_even_asked(agent):
    signer = AgentSigner(KEY.public_key(), agent(LISTS_KEY))
    with pytest.raises(KeyFileError, match="256 KiB at most"):
        signer.sign(bytes(256 * 1024))


def test_no_agent_at_all_says_how_to_start_one(tmp_path):
    with pytest.raises(KeyFileError, match=r"cannot be reached: No such file or directory; `ssh-add -l`"):
        AgentSigner(KEY.public_key(), str(tmp_path / "none"))
    for environ in ({}, {"SSH_AUTH_SOCK": ""}, {"SSH_AUTH_SOCK": "relative"}):
        with pytest.raises(KeyFileError, match="SSH_AUTH_SOCK names no agent"):
            agent_socket(environ)
    assert agent_socket({"SSH_AUTH_SOCK": "/run/agent"}) == "/run/agent"
