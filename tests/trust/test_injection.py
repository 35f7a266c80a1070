"""S-26, S-38, S-43: what hosts say of hostile inputs before any agent sees them; tests/parts/test_injection.py has the rest of it."""

from pathlib import Path

import pytest

from mcollective_py.ddl.validate import validate
from mcollective_py.errors import InvalidRPCData, RPCError
from mcollective_py.plugins.loader import load_agent
from tests.trust.hostile import corpus, places

FOLDER = "/run/canaries"
TEXTS = corpus(FOLDER)
AGENTS = sorted(path.parent for path in Path(__file__).parents[2].glob("agents/*/ddl.yaml"))
# Texts that mean a number, a length of time or a yes to a command line mean nothing to a host: it wants the value.
_TYPED = ("boolean", "integer", "float", "number", "list")


def test_the_corpus_is_large() -> None:
    assert len(TEXTS) >= 500 and len(set(TEXTS)) == len(TEXTS)


@pytest.mark.parametrize("folder", AGENTS, ids=lambda folder: folder.name)
def test_every_hostile_text_is_taken_as_text_or_refused_with_a_clear_message(folder: Path) -> None:
    agent = load_agent(folder)
    assert agent.ddl is not None
    for place in places(agent.ddl, agent.validators):
        taken = 0
        for text in TEXTS:
            try:
                validate(agent.ddl, place.action, place.inputs(text), agent.validators)
                taken += 1
            except RPCError as error:
                message = str(error)
                assert isinstance(error, InvalidRPCData), (place, text, message)
                assert place.input in message and len(message) < 300 and message.isprintable(), (place, text, message)
        assert not (taken and place.type in _TYPED), place
