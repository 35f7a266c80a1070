from agents.shell.watching import Watched, how_it_ended


def running(stdout="", stderr="", **more):
    return {"status": "running", "stdout": stdout, "stderr": stderr, "stdout_next": len(stdout), "stderr_next": len(stderr), **more}


def test_lines_are_shown_when_they_are_whole_with_host_and_stream():
    job = Watched("web1", "h")
    assert job.hear(running("one\ntw", "oops\n")) == ["web1 stdout: one", "web1 stderr: oops"]
    assert job.hear(running("o\n") | {"stdout_next": 8}) == ["web1 stdout: two"]
    assert (job.offsets, job.is_over) == ([8, 5], False)


def test_what_is_left_is_shown_when_the_job_is_over():
    job = Watched("web1", "h")
    assert job.hear(running("no newline")) == []
    assert job.hear({"status": "stopped", "exitcode": 0, "truncated": 7}) == [
        "web1 stdout: no newline", "web1: 7 bytes more of its output were not kept",
    ]  # fmt: skip
    assert (job.is_over, job.is_well, job.ending()) == (True, True, None)


def test_a_job_that_has_more_to_show_is_not_over():
    job = Watched("web1", "h")
    job.hear({"status": "stopped", "exitcode": 0, "more": True, "stdout": "x\n", "stdout_next": 2})
    assert not job.is_over


def test_a_host_that_promises_more_and_sends_nothing_is_asked_no_more():
    job = Watched("web1", "h")
    job.hear({"status": "stopped", "exitcode": 0, "more": True, "stdout_next": 1 << 80})
    assert (job.is_over, job.offsets) == (True, [0, 0])


def test_a_line_without_an_end_is_shown_in_parts():
    job = Watched("web1", "h")
    assert len(job.hear(running("x" * 9000))) == 1


def test_an_ending_says_exit_code_signal_and_reason():
    job = Watched("web1", "h")
    job.hear({"status": "stopped", "exitcode": 143, "signal": "TERM", "reason": "ended by cert=a with TERM"})
    assert (job.is_well, job.ending()) == (False, "ended by signal TERM; ended by cert=a with TERM")
    job.hear({"status": "error", "error": "there is no job h here"})
    assert (job.is_well, job.ending()) == (False, "there is no job h here")
    assert how_it_ended(3, None, None) == "exit code 3"


def test_nonsense_of_a_host_is_no_fault():
    job = Watched("web1", "h")
    job.hear({"status": 5, "stdout": ["x"], "stdout_next": "y", "exitcode": "0", "more": "yes", "truncated": "z"})
    assert (job.is_over, job.is_well, job.offsets) == (True, False, [0, 0])
