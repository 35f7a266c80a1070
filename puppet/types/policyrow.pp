# @summary A line of a policy. What is left out is `*`.
type Mcollective_py::Policyrow = Struct[{
  'action'             => Enum['allow', 'deny'],
  Optional['callers']  => Mcollective_py::Policyword,
  Optional['actions']  => Mcollective_py::Policyword,
  Optional['facts']    => Mcollective_py::Policyword,
  Optional['classes']  => Mcollective_py::Policyword,
  Optional['inputs']   => Mcollective_py::Policyword,
}]
