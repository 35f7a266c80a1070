import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.ddl.model import DDL, DISPLAYS, IMPACTS, NOOP, ActionDDL, Aggregate, Input, Metadata, Output
from mcollective_py.ddl.write import ddl_to_yaml
from mcollective_py.errors import DDLError
from mcollective_py.wire.symbol import Symbol

METADATA = Metadata("x", "Does it", "A. Author", "Apache-2.0", "1.0", "https://example.net", 5.0)


def test_it_reads_as_if_written_by_hand():
    service = Input("service", "Service", "Which one", "string", validation="^[a-z]+$", maxlength=90)
    how = Input("how", "How", "How to", "list", optional=True, choices=("gently", "yes", "1.5e3"))
    status = Output("status", "What it does", "Status", default="unknown")
    summary = Aggregate("summary", "status", "%s: %d", {"true": "up"})
    action = ActionDDL("stop", "Stop it", {"service": service, "how": how}, {"status": status}, aggregates=(summary,), timeout=2.5)
    ping = ActionDDL("ping", "Ping", display="always", impact="read", supports_noop=True)
    assert ddl_to_yaml(DDL(METADATA, {"stop": action, "ping": ping}, "First.\n\n  mco x stop")) == (
        "metadata:\n"
        "  name: x\n"
        "  description: Does it\n"
        "  author: A. Author\n"
        "  license: Apache-2.0\n"
        "  version: '1.0'\n"
        "  url: https://example.net\n"
        "  timeout: 5\n"
        "\n"
        "usage: |-\n"
        "  First.\n"
        "\n"
        "    mco x stop\n"
        "\n"
        "actions:\n"
        "  - action: stop\n"
        "    description: Stop it\n"
        "    display: failed\n"
        "    impact: change\n"
        "    timeout: 2.5\n"
        "    input:\n"
        "      service:\n"
        "        prompt: Service\n"
        "        description: Which one\n"
        "        type: string\n"
        "        validation: ^[a-z]+$\n"
        "        maxlength: 90\n"
        "      how:\n"
        "        prompt: How\n"
        "        description: How to\n"
        "        type: list\n"
        "        list:\n"
        "          - gently\n"
        "          - 'yes'\n"
        "          - '1.5e3'\n"
        "        optional: true\n"
        "    output:\n"
        "      status:\n"
        "        description: What it does\n"
        "        display_as: Status\n"
        "        default: unknown\n"
        "    aggregate:\n"
        "      - function: summary\n"
        "        args:\n"
        "          - status\n"
        "          - format: '%s: %d'\n"
        "            'true': up\n"
        "\n"
        "  - action: ping\n"
        "    description: Ping\n"
        "    display: always\n"
        "    impact: read\n"
        "    supports_noop: true\n"
    )


TEXT = st.text(st.characters(codec="utf-8"), max_size=40).map(
    lambda text: "".join(letter for letter in text if letter.isprintable() or letter in "\n\t").strip()
)
LIKE_OTHERS = ["yes", "off", "010", "0x1f", "1.5e3", "1e5", "~", "null", "", "-a", "- a", "a: b", "#", "'", "2026-01-01"]
WORDS = st.one_of(TEXT, st.sampled_from(LIKE_OTHERS))
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,10}", fullmatch=True)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**17), 10**17), st.floats(-1e6, 1e6).map(lambda number: round(number, 3)), WORDS
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=6)
SECONDS = st.one_of(st.integers(1, 86400).map(float), st.floats(0.001, 100).map(lambda number: round(number, 3)))


@st.composite
def inputs(draw, name):
    kind = draw(st.sampled_from(["string", "list", "boolean", "integer", "number", "any", "hash"]))
    common = {"optional": draw(st.booleans()), "sensitive": draw(st.booleans())}
    if kind == "string":
        common |= {
            "validation": draw(st.sampled_from([None, "shellsafe", "^.+$", "a|b: #", "[ ]{2}"])),
            "maxlength": draw(st.integers(0, 99)),
        }
    if kind == "list":
        common["choices"] = tuple(draw(st.lists(WORDS, min_size=1, max_size=4, unique=True)))
    if kind == "any":
        common["default"] = draw(VALUES)
    return Input(name, draw(WORDS), draw(WORDS), kind, **common)


@st.composite
def ddls(draw):
    actions = {}
    for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        outputs = {
            key: Output(key, draw(WORDS), draw(WORDS), default=draw(VALUES)) for key in draw(st.lists(NAMES, max_size=3, unique=True))
        }
        aggregates = [Aggregate("summary", key, draw(st.none() | WORDS), {"n": draw(SCALARS)}) for key in outputs]
        supports_noop = draw(st.booleans())
        taken = {key: draw(inputs(key)) for key in draw(st.lists(NAMES, max_size=3, unique=True))}
        actions[name] = ActionDDL(
            name,
            draw(WORDS),
            taken | ({"noop": NOOP} if supports_noop else {}),
            outputs,
            draw(st.sampled_from(DISPLAYS)),
            draw(st.sampled_from(IMPACTS)),
            supports_noop,
            draw(st.booleans()),
            draw(st.none() | SECONDS),
            tuple(aggregates),
            needs_confirm=draw(st.booleans()),
        )
    metadata = Metadata("x", *(draw(WORDS) for _ in range(5)), draw(SECONDS))
    return DDL(metadata, actions, draw(WORDS))


@settings(max_examples=80, deadline=None)
@given(ddls())
def test_loaded_again_it_is_the_same_ddl(ddl):
    assert ddl_from_yaml(ddl_to_yaml(ddl), "x") == ddl


def test_a_symbol_is_written_as_its_word():
    wanted = Input("i", "I", "i", "list", choices=(Symbol("a"),))
    assert "        list:\n          - a\n" in ddl_to_yaml(DDL(METADATA, {"a": ActionDDL("a", "A", {"i": wanted})}))


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 10**18, b"bytes"])
def test_a_value_that_yaml_has_not_is_refused(value):
    action = ActionDDL("a", "A", outputs={"o": Output("o", "o", "O", default=[value])})
    with pytest.raises(DDLError, match="cannot be written"):
        ddl_to_yaml(DDL(METADATA, {"a": action}))


def test_other_names_of_an_agent_are_written_and_read_again():
    ddl = DDL(METADATA, {"a": ActionDDL("a", "A")}, aliases=("y", "z"))
    assert ddl_from_yaml(ddl_to_yaml(ddl), "x") == ddl
