import pytest

from mcollective_py.cli.audit.chaincheck import ChainCheck, Place
from mcollective_py.server.auditchain import Link, chained


def chain(count, end=Link()):  # noqa: B008
    return chained([b'{"number":%d}' % number for number in range(count)], end)


LINES, END = chain(10)


def check(lines, head=None, *, is_collected=False):
    made = ChainCheck(is_collected)
    for number, line in enumerate(lines, 1):
        made.take(Place("audit.log", number), line)
    made.finish(head)
    return made


def told(lines, head=None, **more):
    return [str(finding) for finding in check(lines, head, **more).findings]


def test_a_whole_log_has_no_findings():
    found = check(LINES, END)
    assert (found.findings, found.first, found.last, found.lines) == ([], 1, 10, 10)


def test_a_log_whose_beginning_was_rotated_away_has_none_either():
    assert told(LINES[4:], END) == []


@pytest.mark.parametrize("number", range(1, 9))
def test_a_removed_line_is_named(number):
    lines = LINES[:number] + LINES[number + 1 :]
    (finding,) = told(lines, END)
    assert finding == f"audit.log:{number + 1}: line {number + 1} is of the chain missing before this one"


@pytest.mark.parametrize("number", range(9))
def test_an_edited_line_is_named(number):
    lines = list(LINES)
    lines[number] = lines[number].replace(b"number", b"numbed")
    (finding,) = told(lines, END)
    assert finding.startswith(f"audit.log:{number + 1}: line {number + 1} of the chain: was changed")


def test_the_last_line_is_vouched_for_by_what_the_daemon_keeps():
    lines = [*LINES[:-1], LINES[-1].replace(b"number", b"numbed")]
    assert told(lines) == []  # nothing in the file speaks of it
    (finding,) = told(lines, END)
    assert finding.startswith("audit.log:10: line 10 of the chain: was changed: it is not the line whose digest the daemon keeps")


def test_each_of_several_edited_lines_is_named():
    lines = [line.replace(b"number", b"numbed") if number in (3, 4, 7) else line for number, line in enumerate(LINES, 1)]
    assert [finding.seq for finding in check(lines, END).findings] == [3, 4, 7]


@pytest.mark.parametrize("number", range(1, 8))
def test_two_lines_in_each_others_place_are_named(number):
    lines = list(LINES)
    lines[number], lines[number + 1] = lines[number + 1], lines[number]
    (finding,) = check(lines, END).findings
    assert (finding.place.line, finding.seq, finding.problem) == (number + 2, number + 1, "stands out of order")


@pytest.mark.parametrize("count", [1, 5, 9])
def test_a_log_that_was_cut_short_is_told_by_what_the_daemon_keeps(count):
    (finding,) = told(LINES[:count], END)
    numbers = "line 10 is" if count == 9 else f"lines {count + 1} to 10 are"
    assert finding == f"audit.log:{count}: {numbers} of the chain missing: the log was cut short here"


def test_lines_that_came_after_the_daemon_kept_its_place_are_no_fault():
    assert told(LINES, Link(8, "")) != []  # a digest that is another
    assert told(LINES, check(LINES[:8]) and chain(8)[1]) == []


def test_a_line_of_somebody_else_is_named():
    lines = [*LINES[:5], b'{"agent":"forged"}\n', *LINES[5:]]
    assert told(lines, END) == ["audit.log:6: is no line of the chain: somebody else wrote it"]


def test_a_forged_line_of_a_number_that_there_is_is_named():
    forged = chained([b'{"number":"forged"}'], Link(4, "ab" * 32))[0]
    assert told([*LINES, *forged], END) == ["audit.log:11: line 5 of the chain: is not the line of this number at audit.log:5"]


def test_a_torn_line_is_counted_and_no_fault():
    found = check([*LINES[:5], b'{"timestamp":"2026-\n', *LINES[5:], b'{"time'], END)
    assert (found.findings, found.torn) == ([], 2)


def test_lines_of_an_older_form_at_the_beginning_are_counted():
    found = check([b'{"agent":"echo"}\n'] * 3 + LINES, END)
    assert (found.findings, found.older) == ([], 3)


def test_lines_that_a_truncation_has_made_stand_twice_are_no_fault_and_may_bring_what_the_copy_missed():
    copied, after = LINES[:6], [LINES[4], LINES[5], LINES[6], LINES[7]]  # 7 was written behind the copy's end
    found = check([*copied, *after, *LINES[8:]], END)
    assert (found.findings, found.repeated, found.lines) == ([], 2, 10)


def test_a_line_that_was_overtaken_by_the_truncation_is_no_fault():
    found = check([*LINES[:4], LINES[7], *LINES[2:8], *LINES[8:]], END)
    assert (found.findings, found.lines) == ([], 10)


def test_a_new_chain_in_the_middle_is_named_since_it_could_hide_what_was_before():
    other, end = chain(3, Link())
    other = [line.replace(b"number", b"other") for line in other[:1]]
    second, _ = chained([b'{"number":"x"}'], Link(1, "ab" * 32))
    (finding,) = told(LINES[:4] + other)
    assert "begins a new chain" in finding
    assert second and end


def test_batches_of_a_collected_log_may_overtake_each_other():
    found = check([*LINES[:3], *LINES[6:], *LINES[3:6]], is_collected=True)
    assert found.findings == []
    (gap,) = told([*LINES[:3], *LINES[6:]], is_collected=True)
    assert "lines 4 to 6 are of the chain missing" in gap


def test_findings_without_end_are_counted():
    made = ChainCheck()
    for number, line in enumerate(chain(2)[0] + [b"{}\n"] * 1500, 1):
        made.take(Place("audit.log", number), line)
    made.finish()
    assert (len(made.findings), made.more) == (1000, 500)
