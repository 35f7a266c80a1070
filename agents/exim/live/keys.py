"""The keys of the view: what the screens obey, what the help shows and what docs/exim-top.md lists is this one table; pure."""

from dataclasses import dataclass

from .acts import ACTS


@dataclass(frozen=True, slots=True)
class Key:
    """screen: where it works. keys: as Textual calls them. shown: as people do. does: the method of the screen. what: for the help.

    brief: the word in the line at the bottom; empty for none.
    """

    screen: str
    keys: str
    shown: str
    does: str
    what: str
    brief: str = ""


SCREENS = {
    "everywhere": "On every screen",
    "hosts": "Hosts",
    "messages": "Messages",
    "message": "One message",
    "tops": "Top lists",
    "outcome": "What came of it",
    "question": "The question before something is done",
}

_FILTER = (
    Key("", "slash", "/", "filter", "filter as you type: text, or a selection; Escape: as before", "filter"),
    Key("", "c", "c", "clear_filter", "no filter any more"),
)

KEYS = (
    Key("everywhere", "question_mark,h,f1", "?, h, F1", "help", "all keys", "help"),
    Key("everywhere", "q", "q", "leave", "leave", "quit"),
    Key("everywhere", "ctrl+c", "Ctrl-C", "end", "leave, also while something is typed"),
    Key("everywhere", "ctrl+z", "Ctrl-Z", "suspend_process", "stop, as other programs do; fg leads back"),
    Key("everywhere", "escape", "Escape", "earlier", "back to the screen before"),
    Key("everywhere", "up,k", "Up, k", "", "one line up; Page Up, Home: a page, the first line"),
    Key("everywhere", "down,j", "Down, j", "", "one line down; Page Down, End: a page, the last line"),
    Key("hosts", "enter", "Enter", "choose", "the host's messages", "messages"),
    Key("hosts", "m", "m", "all_messages", "the messages of all hosts in one list", "of all"),
    Key("hosts", "s", "s", "sort", "sort by messages, frozen, bounces, size, oldest, host", "sort"),
    *(Key("hosts", key.keys, key.shown, key.does, key.what, key.brief) for key in _FILTER),
    Key("hosts", "w", "w", "tops", "who or what stands behind most messages of all hosts", "top"),
    Key("hosts", "u,f5", "u, F5", "update", "ask now, and look for hosts that are new"),
    Key("messages", "enter", "Enter", "choose", "the message's headers and log"),
    Key("messages", "space", "Space", "mark", "mark the message, or take its mark away", "mark"),
    Key("messages", "a", "a", "mark_all", "mean all that the filter means, shown or not; again: none", "all"),
    *(
        Key("messages", act.key, act.key, f"act('{act.action}')", f"{verb} what is marked, else this message", verb.replace(" ", ""))
        for act in ACTS
        for verb in (act.verb.lower(),)
    ),
    *(Key("messages", key.keys, key.shown, key.does, key.what, key.brief) for key in _FILTER),
    Key("messages", "s", "s", "sort", "sort: oldest first, newest first, size, sender, recipients"),
    Key("messages", "w", "w", "tops", "who or what stands behind most of them"),
    Key("messages", "u,f5", "u, F5", "update", "read the list anew"),
    Key("message", "b", "b", "body", "the first bytes of the body, if the policy allows it", "body"),
    Key("message", "left,right", "Left, Right", "", "to the side, where lines are long"),
    Key("tops", "tab", "Tab", "next_kind", "the next list: sender domains, recipients, errors, logins, ...", "next"),
    Key("tops", "shift+tab", "Shift-Tab", "previous_kind", "the list before"),
    Key("tops", "enter", "Enter", "choose", "the messages of the row: it becomes part of the filter", "messages"),
    Key("tops", "u,f5", "u, F5", "update", "count anew"),
    Key("outcome", "enter", "Enter", "earlier", "back to the messages", "back"),
    Key("question", "y", "y", "yes", "do it", "yes"),
    Key("question", "n,enter", "n, Enter", "no", "do nothing; Escape, too", "no"),
)  # fmt: skip


def keys_of(screen: str) -> list[Key]:
    """The keys that work on a screen: its own, then those of every screen."""
    return [key for key in KEYS if key.screen in (screen, "everywhere")]


def brief(screen: str, width: int) -> str:
    """The line at the bottom: the keys of a screen with a word for each, as many as fit."""
    always = "" if screen == "question" else _words_of("everywhere")
    line = ""
    for key in keys_of(screen):
        if key.screen != screen or not key.brief:
            continue
        word = f"{_word_of(key)}  "
        if len(line) + len(word) + len(always) > width:
            break
        line += word
    return (line + always).rstrip()


def _word_of(key: Key) -> str:
    return f"{key.shown.partition(',')[0]} {key.brief}"


def _words_of(screen: str) -> str:
    return "  ".join(_word_of(key) for key in KEYS if key.screen == screen and key.brief)


def help_lines() -> list[str]:
    """All keys."""
    lines: list[str] = []
    for screen, title in SCREENS.items():
        lines += [*([""] if lines else []), title]
        lines += [f"  {key.shown:<12} {key.what}" for key in KEYS if key.screen == screen]
    return lines
