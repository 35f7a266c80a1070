# @summary The name of a collective.
type Mcollective_py::Collective = Pattern[/\A[A-Za-z0-9][A-Za-z0-9_-]{0,63}\z/]
