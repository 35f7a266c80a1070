from dataclasses import replace

from mcollective_py.ddl.doc import action_doc, agent_doc, any_doc
from mcollective_py.ddl.model import DDL, ActionDDL, Aggregate, DataDDL, Input, Metadata, Output, PluginDDL

DDL_ = DDL(
    Metadata("service", "Starts and stops services", "A. Author", "Apache-2.0", "1.0", "https://example.net", 60.0),
    {
        "restart": ActionDDL(
            "restart",
            "Restart a service",
            {
                "service": Input("service", "Service name", "Which", "string", validation="service_name", maxlength=90),
                "how": Input("how", "How", "The way", "list", choices=("gently", "at once"), default="gently"),
                "token": Input("token", "Token", "Proof", "string", optional=True, sensitive=True),
            },
            {"status": Output("status", "What it is", "Service Status", "string", "unknown")},
            display="always",
            impact="destructive",
            supports_noop=True,
            timeout=90.0,
            aggregates=(Aggregate("summary", "status", "%s: %d"),),
        ),
        "flush": ActionDDL("flush", "Flush", additional_inputs=True),
    },
    usage="Names are those of the init system.",
)


def test_an_agent_is_described_with_all_that_its_ddl_says():
    assert (
        agent_doc(DDL_)
        == """\
service agent
=============

Starts and stops services

         Author: A. Author
        Version: 1.0
        License: Apache-2.0
        Timeout: 60 s
      Home page: https://example.net

Names are those of the init system.

Actions
=======

   flush, restart

   flush
   -----
      Flush

            Impact: change
             Shown: when it fails

      Inputs:
         any others

   restart
   -------
      Restart a service

            Impact: destructive
             Shown: always
           Timeout: 90 s
              Noop: --noop, or noop=true: it says what it would do

      Inputs:
         service
             Description: Which
                  Prompt: Service name
                    Type: string
                Required: yes
              Validation: service_name
                  Length: 90 characters at most
         how
             Description: The way
                  Prompt: How
                    Type: list
                Required: yes
                 Choices: gently, at once
                 Default: gently
         token
             Description: Proof
                  Prompt: Token
                    Type: string
                Required: no
               Sensitive: yes, never logged, and sent encrypted

      Outputs:
         status
             Description: What it is
                Shown as: Service Status
                    Type: string
                 Default: unknown

      Summaries:
         summary of status, as %s: %d
"""
    )


def test_one_action_is_described_alone():
    assert action_doc(DDL_.actions["flush"]).startswith("   flush\n   -----\n      Flush\n")


def test_a_default_that_is_a_boolean_reads_as_the_command_line_takes_it():
    action = ActionDDL("x", "X", {"force": Input("force", "Force", "Force it", "boolean", default=False)})
    assert "Default: false\n" in action_doc(action)


def test_a_description_of_several_lines_stays_below_its_label():
    action = ActionDDL("x", "X", {"a": Input("a", "A", "one\ntwo", "string")})
    assert "Description: one\n                          two\n" in action_doc(action)


METADATA = Metadata("stock", "What lies where", "A. Author", "Apache-2.0", "1.0", "https://example.net", 1.0)


def test_what_was_not_taken_of_a_ruby_ddl_stands_under_its_metadata():
    text = any_doc(replace(DDL_, notes=("service.ddl:3: a timeout of 0 is none",)))
    assert "\nNot taken from its DDL as it is\n===============================\n\n   service.ddl:3: a timeout of 0 is none\n" in text
    assert "Not taken" not in any_doc(DDL_)


def test_a_validation_that_only_hosts_can_check_says_so():
    action = ActionDDL(
        "a", "A", {"i": Input("i", "I", "i", "string", validation="^(?!x)"), "j": Input("j", "J", "j", "string", validation="odd")}
    )
    text = action_doc(action)
    assert "Validation: ^(?!x) (checked by hosts alone)\n" in text
    assert "Validation: odd (checked by hosts alone)\n" in text


def test_a_data_plugin_says_how_it_is_asked_and_what_it_tells():
    ddl = DataDDL(
        METADATA, "Stock of a shelf", Input("query", "Shelf", "Which one", "string"), {"count": Output("count", "How many", "Count")}
    )
    text = any_doc(ddl)
    assert text.startswith("stock data plugin\n=================\n\nWhat lies where\n")
    assert "   stock('Shelf').OUTPUT in a filter of -S; Stock of a shelf\n         query\n" in text
    assert "         count\n             Description: How many\n" in text
    assert "   stock().OUTPUT in" in any_doc(replace(ddl, query=None))


def test_any_other_plugin_has_its_metadata_its_usage_and_what_it_finds_by():
    text = any_doc(PluginDDL(METADATA, "How to use it", ("facts", "identity")))
    assert text.startswith("stock plugin\n============\n")
    assert text.endswith("\nHow to use it\n\n   Finds hosts by facts, identity\n")
