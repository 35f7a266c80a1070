# @summary The path of a file or folder from the root on, without `..`.
type Mcollective_py::Absolutepath = Pattern[/\A(?!.*\/\.\.(\/|\z))\/[^\x00-\x1f]*\z/]
