# Run by tests/parts/test_puppet_spec.py in a host of a lab; MODULE_PATH names the folders that hold this module, stdlib and concat.
require 'rspec-puppet'
require_relative 'systems'

RSpec.configure do |c|
  c.module_path = ENV.fetch('MODULE_PATH')
  c.manifest = '/dev/null'
  c.setup_fixtures = false # it would write into the module
  c.strict_variables = true
  c.trusted_node_data = true
  c.before { Puppet[:strict] = :error }
end
