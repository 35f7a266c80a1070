# @summary The policies of mcollective_py::policies, a file for each agent.
# @api private
class mcollective_py::policies {
  $mcollective_py::policies.each |$agent, $policy| {
    mcollective_py::actionpolicy { $agent:
      * => $policy,
    }
  }
}
