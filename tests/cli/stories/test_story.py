from mcollective_py.cli.stories.story import ALL_ALLOWED, Story, StoryHost


def test_a_host_has_the_class_of_its_role() -> None:
    assert StoryHost("web1", "web").classes == ("profile::base", "role::web")


def test_a_story_lacks_nothing_unless_it_says_so() -> None:
    story = Story("Title", (), {"service": ALL_ALLOWED}, {}, lambda _lab, _folder: None, ())
    assert list(story.lacking()) == []
