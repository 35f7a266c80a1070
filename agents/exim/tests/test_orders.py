import pytest

from agents.exim.orders import ACTING, MAX_IDS, both, order_of
from mcollective_py.errors import UsageError

OLD, NEW = "1xVWj6-00000i-ZZ", "1xVWj6-00000000abc-WXYZ"


@pytest.mark.parametrize(
    ("word", "things", "told", "wanted"),
    [
        ("rm", [OLD], (), ("rm", {"msgids": [OLD]}, {})),
        ("freeze", [OLD, NEW, OLD], (), ("freeze", {"msgids": [OLD, NEW]}, {})),
        ("retry", [NEW], (), ("retrymsg", {"msgids": [NEW]}, {})),
        ("rm", ["frozen"], (), ("rm", {"select": "frozen"}, {})),
        ("rm", ["frozen"], ("age>5",), ("rm", {"select": "(frozen) and (age>5)"}, {})),
        ("rm", [], ("frozen or bounce", "age>5"), ("rm", {"select": "(frozen or bounce) and (age>5)"}, {})),
        ("setsender", [OLD, "a@b"], (), ("setsender", {"msgids": [OLD]}, {"sender": "a@b"})),
        ("setsender", ["bounce", "a@b"], (), ("setsender", {"select": "bounce"}, {"sender": "a@b"})),
        ("setsender", [OLD, ""], (), ("setsender", {"msgids": [OLD]}, {"sender": "<>"})),
        ("setsender", ["a@b"], ("frozen",), ("setsender", {"select": "frozen"}, {"sender": "a@b"})),
        ("addrecipient", [OLD, NEW, "a@b"], (), ("addrecipient", {"msgids": [OLD, NEW]}, {"recipient": "a@b"})),
        ("markdelivered", [OLD], (), ("markdelivered", {"msgids": [OLD]}, {})),
        ("markdelivered", [OLD, "a@b"], (), ("markdelivered", {"msgids": [OLD]}, {"recipient": "a@b"})),
        ("markdelivered", ["frozen"], (), ("markdelivered", {"select": "frozen"}, {})),
        ("markdelivered", ["a@b"], ("frozen",), ("markdelivered", {"select": "frozen"}, {"recipient": "a@b"})),
        ("move", ["frozen", "held"], (), ("move", {"select": "frozen"}, {"queue": "held"})),
        ("move", ["frozen", ""], (), ("move", {"select": "frozen"}, {"queue": ""})),
        ("rmbounces", [], (), ("rmbounces", {}, {})),
        ("rmbounces", ["age>1d"], (), ("rm", {"select": "(bounce) and (age>1d)"}, {})),
        ("rmfrozen", [], ("age>1d",), ("rm", {"select": "(frozen) and (age>1d)"}, {})),
    ],
)
def test_words_mean_an_action_messages_and_inputs(word, things, told, wanted):
    order = order_of(word, things, told)
    assert (order.action, order.about, dict(order.inputs)) == wanted


@pytest.mark.parametrize(
    ("word", "things", "told", "said"),
    [
        ("rm", [], (), "which messages? mco exim rm ID"),
        ("rm", ["frozen", "and", "bounce"], (), "rm takes no 'and bounce'"),
        ("rm", ["1xVWj6-00000i"], (), "1xVWj6-00000i is no message id: these have 16 characters"),
        ("rm", [OLD, "frozen"], (), "rm takes no 'frozen'"),
        ("rm", [OLD], ("frozen",), "rm takes ids or a selection, not both"),
        ("rm", [""], (), "an empty selection means every message"),
        ("rm", [], (" ",), "an empty selection means every message"),
        ("rm", ["sendr=x"], (), "    sendr=x\n    ^"),
        ("rmfrozen", [OLD], (), "rmfrozen takes no ids: mco exim rm"),
        ("setsender", ["a@b", OLD], (), "the id comes first: mco exim setsender ID SENDER"),
        ("setsender", [OLD], (), "which sender? mco exim setsender ID SENDER"),
        ("move", ["frozen"], (), "which queue? mco exim move ID QUEUE"),
        ("addrecipient", [OLD, "a@b", "c@d"], (), "addrecipient takes no 'c@d'"),
        ("freeze", [f"1xVWj6-{number:06}-ZZ" for number in range(MAX_IDS + 1)], (), "5001 ids are more than the 5000 of one request"),
    ],
)
def test_words_that_mean_nothing_are_told_what_would_do(word, things, told, said):
    with pytest.raises(UsageError) as error:
        order_of(word, things, told)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("word", "things", "question"),
    [
        ("rm", ["frozen"], "Remove 812 messages"),
        ("retry", ["frozen"], "Try to deliver 812 messages"),
        ("setsender", ["frozen", ""], "Give 812 messages the sender <>"),
        ("addrecipient", ["frozen", "a@b"], "Add the recipient <a@b> to 812 messages"),
        ("markdelivered", ["frozen", "a@b"], "Mark 812 messages as delivered to <a@b>"),
        ("markdelivered", ["frozen"], "Mark 812 messages as delivered"),
        ("move", ["frozen", "held"], "Move 812 messages to the queue held"),
        ("move", ["frozen", ""], "Move 812 messages to the usual queue"),
        ("rmbounces", [], "Remove 812 messages"),
    ],
)
def test_a_question_says_what_is_done_to_how_many(word, things, question):
    assert order_of(word, things).question("812 messages") == question


def test_the_historic_words_are_all_there():
    assert {"rmbounces", "rmfrozen", "retry", "markdelivered", "freeze", "thaw", "giveup", "rm", "addrecipient", "setsender"} <= set(
        ACTING
    )


def test_selections_that_must_both_hold_keep_their_own_ors():
    assert both("", "frozen") == "frozen"
    assert both("frozen or bounce", "age>1d") == "(frozen or bounce) and (age>1d)"
