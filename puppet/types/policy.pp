# @summary A policy file: its default, and its lines in their order.
type Mcollective_py::Policy = Struct[{
  Optional['default'] => Enum['allow', 'deny'],
  Optional['rules']   => Array[Mcollective_py::Policyrow],
}]
