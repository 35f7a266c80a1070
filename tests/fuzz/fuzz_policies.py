"""Policies and groups: what cannot be read denies, an answer is explained by the lines it names, and no line takes the host's time."""

from mcollective_py.node.view import NodeView
from mcollective_py.server.actionpolicy import Asked, decide, trace
from mcollective_py.server.policylint import lint_groups, lint_policy, unknown_groups
from mcollective_py.server.policytext import parse_groups, parse_policy
from tests.fuzz.mutation import fuzz

BETWEEN = "\n%%\n"  # what stands behind it is the groups file
VIEW = NodeView(
    "web1", classes=frozenset({"role::web"}), facts={"country": "uk", "os": {"family": "Debian"}, "long": "ab" * 500, "n": 12}
)
ASKED = (
    Asked(
        "cert=alice.mcollective", "status", {"package": "nginx", "tags": ["a", "b"], "n": 3}, {"pp_role": "dba", "pp_auth_role": "ops"}
    ),
    Asked("cert=mallory", "restart", {"package": "aa" * 200 + "!"}, {}),
    Asked("uid=0", "handlemsg"),
)
SEEDS = (
    b"policy default deny\nallow\tcert=alice.mcollective\tstatus restart\tos.family=Debian\trole::web\ndeny\t*\t*\t*\t*\n",
    b"policy default allow\ndeny\tops\trestart\t*\t*\n%%\n# who\nops cert=alice /^cert=b.*/ ext:pp_role=dba\nweb cert=web uid=0\n",
    b"allow\tops /cert=.+/ ext:pp_auth_role=/o.s/\t*\tnot (a=b or c) and fact('x').value=/y/\t/r.*/\t"
    + b"package=/ng.*/ and version>=1.2 and not b='a c'\n%%\nops cert=alice ext:pp_role=dba\n",
    b"allow\t*\tstatus\tlong=/(a|b|ab)*c/ n>=12\trole::web and not db\tpackage=/(a+)+/\npolicy default deny\n",
)
WORDS = (b"allow\t", b"deny\t", b"policy default deny\n", b"policy default allow\n", b"\t", b"\n", b"*", b"/(a*)*b/",
         b"/.*.*.*x/", b" and ",
         b" or ", b"not ", b"(", b")", b"(" * 40, b"ext:pp_role=", b"ext:pp_auth_role=/o.*/", b"cert=alice.mcollective", b"ops",
         b"n>=3",
         b"tags=a", b"\n%%\n", b"fact('os.family').value=Debian", b"fstat('/etc/passwd').size>1", b"os.family=Debian", b"#",
         b"\xe2\x80\xa8")  # fmt: skip


def check(data: bytes) -> bool:
    text, _, behind = data.decode("utf-8", "replace").partition(BETWEEN)
    policy, groups = parse_policy(text, "x.policy"), parse_groups(behind, "groups")
    for asked in ASKED:
        decision = decide(policy, asked, VIEW, groups)
        if policy.problems:
            assert not decision.is_allowed, "a policy that cannot be read allows"
        if "allow" not in text:
            assert not decision.is_allowed, "no line allows, and yet it is allowed"
        explained = [weighed for weighed in trace(policy, asked, VIEW, groups) if weighed.decides]
        if explained:
            said = explained[-1].rule
            assert (said.is_allow, said.line) == (decision.is_allowed, decision.line), "what is explained is another decision"
        elif not policy.problems:
            assert decision.is_allowed == bool(policy.default and policy.default[1]), "no line decides, and not the default either"
        if decision.is_allowed and groups.problems and explained:
            callers = explained[-1].rule.callers
            assert callers is None or callers.names or callers.patterns or callers.extensions, "a group that nobody knows allows"
    lint_policy(policy, groups, None, lambda caller: None)
    lint_groups(groups, [policy], lambda caller: None)
    unknown_groups(policy, groups)
    return not policy.problems and not groups.problems


if __name__ == "__main__":
    fuzz("policies", check, SEEDS, WORDS)
