# @summary The policy of an agent: who may do what. It holds from the next request on.
#
# @param agent
#   The agent.
# @param default
#   What becomes of requests that no line is about.
# @param rules
#   Its first lines; mcollective_py::actionpolicy::rule adds others.
define mcollective_py::actionpolicy (
  Mcollective_py::Agentname $agent = $name,
  Enum['allow', 'deny'] $default = 'deny',
  Array[Mcollective_py::Policyrow] $rules = [],
) {
  include mcollective_py
  $file = "${mcollective_py::confdir}/policies/${agent}.policy"
  $lines = $rules.map |$row| { mcollective_py::policy_line($row) }.join('')

  concat { $file:
    ensure => present,
    owner  => 'root',
    group  => 'root',
    mode   => '0640',
  }
  concat::fragment { "mcollective_py::actionpolicy ${agent}":
    target  => $file,
    order   => '10',
    content => "# Managed by Puppet: mcollective_py::actionpolicy\npolicy default ${default}\n${lines}",
  }
}
