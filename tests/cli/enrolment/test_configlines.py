from mcollective_py.cli.enrolment.configlines import value_of, with_settings

TEXT = """\
# securityprovider = old
connector = stomp
  securityprovider=psk
identity = web1
securityprovider = ssl

# end"""


def test_a_setting_takes_the_place_of_its_last_line_and_earlier_ones_go():
    assert with_settings(TEXT, {"securityprovider": "x509", "plugin.x509.ca": "/ca.pem"}) == (
        "# securityprovider = old\nconnector = stomp\nidentity = web1\nsecurityprovider = x509\n\n# end\nplugin.x509.ca = /ca.pem\n"
    )


def test_doing_it_again_changes_nothing():
    settings = {"securityprovider": "x509", "plugin.x509.ca": "/ca.pem"}
    once = with_settings(TEXT, settings)
    assert with_settings(once, settings) == once


def test_an_empty_file_gets_the_settings_alone():
    assert with_settings("", {"a": "1", "b": "2"}) == "a = 1\nb = 2\n"


def test_the_value_that_counts_is_the_last_one_whatever_else_is_wrong():
    assert value_of("nonsense\n" + TEXT, "securityprovider") == "ssl"
    assert value_of("", "securityprovider") is None
