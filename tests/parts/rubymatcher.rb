# Ruby's own compound filters behind a pipe, one JSON document a line, for tests and benchmarks beside ours.
#
#   {"parse": TEXT}                                    -> {"stack": [...]} or {"error": TEXT}
#   {"facts": {}, "classes": [], "agents": {}, "identity": TEXT}   -> {}            what the host is from now on; agents: name -> metadata
#   {"words": {"fact": [TEXT], "cf_class": [TEXT], "agent": [TEXT], "identity": [TEXT], "combined": [TEXT], "compound": [TEXT]}}
#                                                      -> {"passes": true or false} or {"error": TEXT}, as its client reads them
#   {"stacks": [[...], ...]}                           -> {"passes": true or false} or {"error": TEXT}
#   {"time": [[...], ...], "rounds": N}                -> {"seconds": of CPU for one filter each of the stacks, N times, in all}
#   {"data": NAME, "query": TEXT or null}              -> {"outputs": {}} or {"error": TEXT}
#
# A regular expression on the right of a data function is "/text/" in JSON, after the operators =~ and !=~.

require "mcollective"
require "json"
require "tempfile"

include MCollective

class Given_facts < Facts::Base
  class << self
    attr_accessor :given
  end

  def load_facts_from_source
    self.class.given.empty? ? {"no" => "fact"} : self.class.given
  end
end

class GivenAgent
  attr_reader :meta

  def initialize(meta)
    @meta = meta.transform_keys(&:to_sym)
  end
end

class Guard < Security::Base
  def initialize
    @stats = Class.new { def passed = nil; def filtered = nil }.new
  end
end

CLASSES = Tempfile.new("classes")
Log.configure(Class.new { def method_missing(*) = nil; def respond_to_missing?(*) = true }.new)
config = Config.instance
config.instance_variable_set(:@configured, true)
config.instance_variable_set(:@libdir, ["/usr/lib/ruby/vendor_ruby"])
config.instance_variable_set(:@classesfile, CLASSES.path)
config.instance_variable_set(:@collectives, ["mcollective", "uk"])
config.instance_variable_set(:@identity, "web1")
config.instance_variable_set(:@fact_cache_time, 300)
Data.load_data_sources
GUARD = Guard.new
$agents = []

def to_json_stack(stack)
  stack.map do |element|
    call = element["fstatement"]
    next element unless call && call["r_compare"].is_a?(Regexp)
    {"fstatement" => call.merge("r_compare" => "/#{call["r_compare"].source}/")}
  end
end

def from_json_stack(stack)
  stack.map do |element|
    call = element["fstatement"]
    next element unless call && ["=~", "!=~"].include?(call["operator"])
    {"fstatement" => call.merge("r_compare" => Regexp.new(call["r_compare"][1..-2]))}
  end
end

def passes?(stacks)
  GUARD.validate_filter?({"compound" => stacks})
end

# The filter that Ruby's option parser makes of its words.
def filter_of(words)
  filter = Util.empty_filter
  words.fetch("fact", []).each { |word| filter["fact"] << Util.parse_fact_string(word) }
  %w{cf_class agent identity}.each { |kind| filter[kind].concat(words.fetch(kind, [])) }
  words.fetch("combined", []).flat_map { |text| text.split(" ") }.each do |word|
    begin
      filter["fact"] << Util.parse_fact_string(word)
    rescue StandardError
      filter["cf_class"] << word
    end
  end
  words.fetch("compound", []).each { |text| filter["compound"] << Matcher.create_compound_callstack(text) }
  filter
end

def become(given)
  Config.instance.instance_variable_set(:@identity, given["identity"]) if given["identity"]
  Given_facts.given = given["facts"]
  PluginManager.delete("facts_plugin")
  PluginManager << {:type => "facts_plugin", :class => "Given_facts", :single_instance => true}
  CLASSES.reopen(CLASSES.path, "w")
  CLASSES.write(given["classes"].map { |name| "#{name}\n" }.join)
  CLASSES.flush
  $agents.each { |name| PluginManager.delete("#{name}_agent") }
  $agents = given["agents"].keys
  Agents.class_variable_set(:@@agents, given["agents"].transform_values { {} })
  given["agents"].each { |name, meta| PluginManager << {:type => "#{name}_agent", :class => GivenAgent.new(meta)} }
  {}
end

def answer(asked)
  if asked.key?("parse")
    {"stack" => to_json_stack(Matcher.create_compound_callstack(asked["parse"]))}
  elsif asked.key?("words")
    {"passes" => GUARD.validate_filter?(filter_of(asked["words"]))}
  elsif asked.key?("facts")
    become(asked)
  elsif asked.key?("data")
    found = Data[asked["data"]].lookup(asked["query"])
    {"outputs" => found.keys.to_h { |output| [output, found[output]] }}
  elsif asked.key?("time")
    stacks = asked["time"].map { |stack| from_json_stack(stack) }
    begun = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
    asked["rounds"].times { stacks.each { |stack| passes?([stack]) } }
    {"seconds" => Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - begun}
  else
    {"passes" => passes?(asked["stacks"].map { |stack| from_json_stack(stack) })}
  end
rescue StandardError, SyntaxError => e
  {"error" => "#{e.class}: #{e.message.lines.first.to_s.strip[0, 200]}"}
end

$stdout.sync = true
$stdin.each_line { |line| $stdout.puts(JSON.generate(answer(JSON.parse(line)))) }
