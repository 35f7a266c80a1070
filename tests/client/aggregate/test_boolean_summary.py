def test_true_and_false_have_words_of_their_own(asked):
    words = {"true": "Enabled", "false": "Disabled"}
    assert asked("boolean_summary", [True, False, True], options=words).lines == ("Enabled = 2", "Disabled = 1")


def test_the_usual_words_are_true_and_false(asked):
    assert asked("boolean_summary", [True, False, True]).lines == (" True = 2", "False = 1")


def test_any_other_value_is_counted_as_it_is(asked):
    assert asked("boolean_summary", ["maybe", True], format="%s: %s").lines == ("True: 1", "maybe: 1")


def test_a_word_for_something_else_is_refused(asked):
    found = asked("boolean_summary", [True], options={"yes": "On"})
    assert found.failure == "could not compute boolean_summary of x: its option yes is not known: it takes true and false"
