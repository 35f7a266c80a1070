# @summary The name of an agent.
type Mcollective_py::Agentname = Pattern[/\A[a-z][a-z0-9_]{0,63}\z/]
