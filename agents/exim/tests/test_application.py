"""What the words and options of `mco exim` mean; nobody is asked."""

import re
import shlex
from pathlib import Path

import pytest

from agents.exim.orders import ACTING
from mcollective_py.cli.commands import application_files, load_application
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.errors import UsageError
from mcollective_py.plugins.modules import load_module

FOLDER = Path(__file__).parents[1]

ID = "1xVWj6-00000i-ZZ"


def read(line):
    application = load_application("exim", application_files()["exim"])
    return application, parse(parser_for("exim", application), shlex.split(line))


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("mailq", ("mailq", {})),
        ("size --match-sender spam --match-older 2h", ("size", {"limit_sender": "spam", "limit_older_than": "7200"})),
        ("list frozen --match-older 3600", ("list", {"select": "(frozen) and (age>3600)"})),
        ("count --match-frozen --select bounce", ("count", {"select": "(bounce) and (frozen)"})),
        ("count --match-recipient a/b", ("count", {"select": "recipient=/a\\/b/"})),
        ("top senders 'age<1h'", ("top", {"by": "senders", "select": "age<1h"})),
        (f"show {ID}", ("show", {"msgid": ID})),
        ("test a@b", ("testaddress", {"address": "a@b"})),
        ("runq", ("runq", {})),
        ("runq example.com --wait 5", ("delivermatching", {"pattern": "example.com", "wait": 5.0})),
        ("block a@b --reason spam", ("block", {"address": "a@b", "reason": "spam"})),
    ],
)
def test_a_word_is_an_action_with_inputs(line, wanted):
    application, options = read(line)
    assert application.call(options) == wanted


@pytest.mark.parametrize(
    ("line", "action", "about"),
    [
        (f"rm {ID}", "rm", {"msgids": [ID]}),
        (f"{ID} rm", "rm", {"msgids": [ID]}),
        ("freeze --match-sender '^<spam@' --match-younger 3600", "freeze", {"select": "(envelope_sender=/^<spam@/) and (age<3600)"}),
        ("thaw --select 'age>1d'", "thaw", {"select": "age>1d"}),
        ("rmfrozen", "rmfrozen", {}),
    ],
)
def test_an_acting_word_is_an_order(line, action, about):
    application, options = read(line)
    word = next(word for word in options.words if word != ID)
    order = application.order_in(word, [thing for thing in options.words if thing != word], options)
    assert (order.action, order.about) == (action, about)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("mailq --max-messages 5", "--max-messages is for freeze, thaw"),
        ("list --interval 5", "--interval is for top alone, not for list"),
        ("top senders --interval 5", "--interval is for top alone, not for top"),
        ("top --columns id", "--columns is for list, not for top alone"),
        ("top --match-frozen --match-active", "--match-frozen and --match-active leave no message"),
        (f"trace {ID} --columns id", "--columns is for list, not for trace"),
        (f"trace {ID} --match-active", "--match-active is for "),
        ("rm frozen --columns id", "--columns is for list, not for rm"),
        ("rm frozen --wait 5", "--wait is for retry, runq, delivermatching, not for rm"),
        ("rm --match-frozen --match-active", "--match-frozen and --match-active leave no message"),
        (f"rm {ID} --match-frozen", "rm takes ids or a selection, not both"),
        (f"rm {ID} --batch 5", "--batch, --canary and --max-fail are for selections"),
        (f"rm {ID} 1xVWj6-00000i-ZY --max-messages 1", "2 ids are more than 1: --max-messages 2 allows it; nothing was sent"),
        ("rm frozen", "rm of a selection is confirmed when its messages are counted: call it on a terminal, or with --noop or --yes"),
        ("frezee frozen", "did you mean freeze?"),
        ("list frozen and bounce", "one selection, in quotes"),
        ("runq a b", "one pattern at a time"),
        ("list frozen --columns foo", "--columns: there is no column 'foo': there are id, sender"),
        ("exigrep bob --since foo", "--since is a time, as 2h or '2026-11-23 16:00': 'foo' is none"),
        ("trace a@b --until foo", "--until is a time"),
        ("exigrep '('", "the pattern is none that can be searched for: a ) is missing"),
        ("show", "which message? mco exim show ID"),
    ],
)
def test_what_makes_no_sense_is_refused_before_a_broker_is_looked_for(line, said):
    application, options = read(line)
    with pytest.raises(UsageError) as error:
        application.run(options)
    assert said in str(error.value)


def test_every_file_has_its_place_on_the_page():
    page = (FOLDER / "README.md").read_text()
    assert not [path.name for path in FOLDER.glob("*.py") if f"`{path.name}`" not in page]


def test_every_command_of_the_page_is_one_that_there_is():
    actions = ddl_from_yaml((FOLDER / "ddl.yaml").read_text(), "exim").actions
    lines = re.findall(r"^\$ mco exim ([^#\n]*)", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert len(lines) > 10
    for line in lines:
        application, options = read(line)
        word, *things = options.words
        if word == "trace" or (word == "top" and not things):
            continue
        if word in ACTING:
            order = application.order_in(word, things, options)
            action, inputs = order.action, {**order.inputs, **order.about}
        else:
            action, inputs = application.call(options)
        assert set(inputs) <= set(actions[action].inputs), line


def test_the_help_has_lines_that_a_terminal_takes_and_the_words_of_selections():
    text = parser_for("exim", load_application("exim", application_files()["exim"])).format_help()
    assert max(map(len, text.split("ACTION")[0].splitlines())) <= 80
    assert "recipient, domain, age, size" in " ".join(text.split())
    assert ", ".join(("senders", "sender_domains", "recipients")) in " ".join(text.split())


def test_numbers_of_several_hosts_are_one_line_of_sums():
    shown = load_module("exim", FOLDER, "shown")
    hosts = [{"messages": 2, "total": 3, "oldest": 60, "bytes": 10}, {"messages": 1, "total": 9, "oldest": 7200, "frozen": 1}]
    assert shown.count_lines(hosts) == ["2 hosts: 3 of 12 messages, 1 frozen, 0 bounces, 0 recipients, 10, oldest 2h"]
    assert shown.count_lines(hosts[:1]) == []


def test_of_nothing_there_is_something_to_say_where_that_is_an_answer():
    shown = load_module("exim", FOLDER, "shown")
    assert shown.lines_of("paniclog", {"paniclog": "", "bytes": 0}) == ["the panic log is empty"]
    assert shown.lines_of("paniclog", {"paniclog": "a\nb"}) == ["a", "b"]
    assert shown.lines_of("blocked", {"blocked": []}) == ["nobody is blocked"]
