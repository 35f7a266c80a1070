"""What a host's answers mean: one Verdict a host, with what to do about it, as lines or JSON. Pure; hosts' words are not inert yet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...matching.nodeset import fold, natural
from ...message import Reply
from ..inert import inert
from .question import CALL, DISCOVERY, Hypothesis

RUN, ENDS, DENIED, CANNOT, SILENT = "run", "ends", "denied", "cannot", "silent"
"""The outcomes: it would run, it would end at a stage, the host may not tell, it cannot tell, it said nothing."""

# Stage -> what it is, and what mends it. {host}, {caller}, {agent}, {action} are filled in.
_STAGES = {
    "subscription": (
        "the subscription",
        "`mco rpc rpcutil collective_info -I {host}` says which collectives it is in: choose one with -T",
    ),
    "consistency": ("its consistency", "is a bridge between the brokers that changes destinations? See docs/troubleshooting.md"),
    "freshness": ("its freshness", "set both clocks by NTP: `timedatectl` here and on {host}"),
    "replay": ("replay", "send it anew: each request has an id of its own and is carried out once"),
    "filter": ("the filter", "`mco inventory {host}` shows its classes, agents and facts"),
    "agent": ("the agent", "install or activate it there: `mco rpc rpcutil agent_inventory -I {host}` lists those that are active"),
    "action": ("the action", "`mco plugin doc {agent}` lists the actions; are the DDLs here and there of one version?"),
    "inputs": ("the inputs", "`mco plugin doc {agent}` says what the action takes; are the DDLs here and there of one version?"),
    "policy": ("the policy", "in that file on {host}, above any line that denies it, with TABs between: allow {caller} {action} * *"),
    "audit": ("the audit", "see the log on {host}: a full disk, or rights of the audit file"),
    "room": ("room", "try again later; plugin.executor.* in its server.cfg are the limits"),
}
_TTL_TOO_LONG = "ask with a shorter --ttl, set ttl in this client's configuration, or raise that setting on {host}"
_CANNOT = "it has no `rpcutil explain`: a host with Ruby, or an older version of this one"
_REFUSED = {
    "clockskew": "freshness",
    "ttlexpired": "freshness",
    "ttltoolong": "freshness",
    "maybecopy": "replay",
    "busy": "room",
    "auditfailed": "audit",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One host. outcome: RUN, ENDS, DENIED, CANNOT or SILENT. part: which request ends, the discovery or the call.

    stage, word, reason, rule: as `rpcutil explain` gives them. fix: what to do. ahead: seconds that this client's clock is ahead of the
    host's, None where nobody knows. notes: more to know, a sentence each. details: skew, max_ttl, ddl_version and earlier, as told.
    """

    host: str
    outcome: str
    part: str = ""
    stage: str = ""
    word: str = ""
    reason: str = ""
    rule: str = ""
    fix: str = ""
    ahead: float | None = None
    notes: tuple[str, ...] = ()
    details: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a JSON document."""
        names = ("host", "outcome", "part", "stage", "word", "reason", "rule", "fix")
        told = dict(self.details or {})
        return {
            **{name: getattr(self, name) for name in names},
            "clock_ahead": None if self.ahead is None else round(self.ahead, 3),
            **{name: told.get(name) for name in ("skew", "max_ttl", "ddl_version", "earlier")},
            "notes": list(self.notes),
        }


def cannot_explain(reply: Reply) -> bool:
    """Whether a host has no action `explain`: one with Ruby, or an older one of ours."""
    return reply.statuscode in (2, 4) and reply.refusal is None and "explain" in reply.statusmsg


def verdict(host: str, answers: Mapping[str, Reply], asked: Hypothesis, caller: str, ahead: float | None = None) -> Verdict:
    """What the replies to the questions mean, by DISCOVERY and CALL; a host that answered none of them is SILENT.

    ahead: seconds that this clock is ahead of the host's.
    """
    if not answers:
        return Verdict(host, SILENT)
    first = next(iter(answers.values()))
    if cannot_explain(first):
        return Verdict(host, CANNOT, reason=_CANNOT, ahead=ahead)
    judged = [_judged(host, part, answers[part], asked, caller, ahead) for part in (DISCOVERY, CALL) if part in answers]
    notes = tuple(dict.fromkeys(note for each in judged for note in each.notes))
    ended = [each for each in judged if each.outcome != RUN]
    if not ended:
        return replace(judged[-1], notes=notes)
    chosen, *others = ended
    if others and (others[0].stage, others[0].reason) != (chosen.stage, chosen.reason) and others[0].outcome == ENDS:
        notes = (f"asked by name, it would end at {_STAGES.get(others[0].stage, (others[0].stage,))[0]}: {others[0].reason}", *notes)
    elif len(judged) == 2 and chosen.part == DISCOVERY and not others:
        notes = (f"asked by name (-I {host} and no other filter) it would run", *notes)
    return replace(chosen, notes=notes)


def _judged(host: str, part: str, reply: Reply, asked: Hypothesis, caller: str, ahead: float | None) -> Verdict:
    data = reply.data
    if reply.refusal is not None or reply.statuscode:
        stage = _REFUSED.get(reply.refusal or "", "")
        outcome = DENIED if reply.refusal == "denied" else ENDS if stage else CANNOT
        fix = _fix(stage or "policy", host, asked, caller, part) if outcome != CANNOT else ""
        if outcome == DENIED:
            fix = f"in the policy of rpcutil on {host}, with TABs between: allow {caller} explain * *"
        return Verdict(host, outcome, part, stage or "policy", reply.refusal or "", reply.statusmsg, fix=fix, ahead=ahead)
    stage, word, reason, rule = (_text(data.get(name)) for name in ("stage", "word", "reason", "rule"))
    details = {name: data[name] for name in ("skew", "max_ttl", "ddl_version", "earlier") if name in data}
    found = Verdict(host, RUN, part, stage, word, reason, rule, ahead=ahead, details=details)
    notes = _notes(part, found, asked)
    if stage == "run":
        return replace(found, notes=notes)
    fix = _fix(stage, host, asked, caller, part)
    if word == "ttltoolong":
        fix = _TTL_TOO_LONG.format(host=host)
    if "there is no policy for" in reason:  # which says the file and the line itself
        fix = f"on {host}: {reason.partition(': ')[2] or reason}"
    return replace(found, outcome=ENDS, fix=fix, notes=notes)


def _notes(part: str, found: Verdict, asked: Hypothesis) -> tuple[str, ...]:
    notes = []
    theirs = _text((found.details or {}).get("ddl_version"))
    ours = asked.ddl.metadata.version if asked.ddl else ""
    if part == CALL and theirs and ours and theirs != ours:
        notes.append(
            f"the DDL of {asked.agent} has version {theirs} on the host and {ours} here: they may differ in actions and inputs"
        )
    if part == CALL and asked.withheld:
        notes.append(f"not told to the host, and so not checked: {', '.join(asked.withheld)}")
    if asked.request and part == DISCOVERY:
        notes.append(earlier_words(asked.request, (found.details or {}).get("earlier")))
    return tuple(notes)


def earlier_words(request: str, earlier: object) -> str:
    """How an earlier request ended, as a sentence."""
    if not isinstance(earlier, Mapping):
        return f"request {request}: the host knows nothing of it: it did not come, was not yours, or is too long ago"
    ago = earlier.get("ago")
    when = f"{ago:.0f} s ago" if isinstance(ago, int | float) else "before"
    if (state := earlier.get("state")) == "forgotten":
        return f"request {request}: it came, and how it ended is remembered no more"
    if earlier.get("stage") == "accepted":
        ended = {
            "running": f"it is running, begun {when}",
            "ok": f"it ended well {when}",
            "failed": f"it failed {when}: {_text(earlier.get('reason')) or 'its log says more'}",
            "unknown outcome": "it was begun, and how it ended nobody knows: the daemon or its host died before it could say",
        }
        return f"request {request}: {ended.get(_text(state), f'it was handed to its agent {when}')}"
    return f"request {request}: it ended {when} at the stage {_text(earlier.get('stage'))}: {_text(earlier.get('reason'))}"


def _fix(stage: str, host: str, asked: Hypothesis, caller: str, part: str) -> str:
    if stage not in _STAGES:
        return ""
    agent, action = (asked.agent, asked.action or "handlemsg") if part == CALL and asked.agent else ("discovery", "handlemsg")
    return _STAGES[stage][1].format(host=host, caller=caller, agent=agent, action=action)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


# --- shown ------------------------------------------------------------------------------------------------------------


def headline(found: Verdict, asked: Hypothesis) -> str:
    """One line of one host, without its name."""
    if found.outcome == RUN:
        return f"{asked.name} would {'run' if asked.agent else 'find it'}" + (f": {found.rule} allows it" if found.rule else "")
    if found.outcome == SILENT:
        return "no answer"
    if found.outcome == CANNOT:
        return f"cannot explain: {found.reason}"
    if found.outcome == DENIED:
        return f"will not explain: {found.reason}"
    what = "a discovery of it" if found.part == DISCOVERY and asked.agent else asked.name
    return f"{what} would end at {_STAGES.get(found.stage, (found.stage,))[0]}: {found.reason}"


def lines(verdicts: Sequence[Verdict], asked: Hypothesis) -> list[str]:
    """All hosts, equal reasons folded into one with a node set; those that would not run first."""
    groups: dict[tuple[object, ...], list[Verdict]] = {}
    for each in sorted(verdicts, key=lambda each: (each.outcome == RUN, natural(each.host))):
        groups.setdefault(_likeness(each), []).append(each)
    shown = []
    for alike in groups.values():
        first, count = alike[0], len(alike)
        names = fold(each.host for each in alike)
        shown.append(inert(f"{names}: {headline(first, asked)}" if count == 1 else f"{names} ({count}): {headline(first, asked)}"))
        shown += [f"   {inert(text)}" for text in (*first.notes, *_clock(alike))]
        shown += [f"   fix: {inert(first.fix)}"] if first.fix else []
    return shown


def _likeness(found: Verdict) -> tuple[object, ...]:
    """What hosts with one and the same reason share; numbers of clocks differ, and a name stands in many a reason."""
    reason = found.word if found.stage == "freshness" else found.reason.replace(found.host, "*")
    notes = tuple(note.replace(found.host, "*") for note in found.notes)
    return (
        found.outcome,
        found.part,
        found.stage,
        reason,
        found.rule.replace(found.host, "*"),
        notes,
        found.fix.replace(found.host, "*"),
    )


def _clock(alike: Iterable[Verdict]) -> list[str]:
    known = [each for each in alike if each.ahead is not None]
    if not known:
        return []
    most = max(known, key=lambda each: abs(each.ahead or 0))
    ahead, details = most.ahead or 0.0, most.details or {}
    if abs(ahead) < 1.0 and most.stage != "freshness":
        return []
    skew = details.get("skew")
    limit = f"; up to {skew:g} s ahead is taken" if isinstance(skew, int | float) else ""
    return [f"this clock is {abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} that of {most.host}{limit}"]
