# @summary A line of an agent's policy. Lines count in the order of `order`, then of their titles; the first that matches decides.
#
# @param agent
#   The agent, whose mcollective_py::actionpolicy is declared elsewhere.
# @param action
#   `allow` or `deny`.
# @param callers
#   Caller ids, as `cert=alice.mcollective`.
# @param actions
#   Actions.
# @param fact_filter
#   Facts of the host.
# @param classes
#   Puppet classes of the host.
# @param inputs
#   Conditions on inputs.
# @param order
#   Its place, from 20 to 99.
define mcollective_py::actionpolicy::rule (
  Mcollective_py::Agentname $agent,
  Enum['allow', 'deny'] $action = 'allow',
  Mcollective_py::Policyword $callers = '*',
  Mcollective_py::Policyword $actions = '*',
  Mcollective_py::Policyword $fact_filter = '*',
  Mcollective_py::Policyword $classes = '*',
  Optional[Mcollective_py::Policyword] $inputs = undef,
  Integer[20, 99] $order = 50,
) {
  include mcollective_py
  $conditions = $inputs ? { undef => {}, default => { 'inputs' => $inputs } }
  $row = { 'action' => $action, 'callers' => $callers, 'actions' => $actions, 'facts' => $fact_filter, 'classes' => $classes } + $conditions
  concat::fragment { "mcollective_py::actionpolicy::rule ${name}":
    target  => "${mcollective_py::confdir}/policies/${agent}.policy",
    order   => String($order),
    content => mcollective_py::policy_line($row),
  }
}
