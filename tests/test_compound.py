import pytest

from mcollective_py.callstack import read_callstacks
from mcollective_py.compound import callstack_of
from mcollective_py.errors import FilterError


def meaning(text):
    """The expression that its call stack says."""
    (tree,) = read_callstacks([callstack_of(text)])
    return str(tree)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("web", "web"),
        ("role::web-1.x and profile::base", "role::web-1.x and profile::base"),
        ("/^role::(web|db)/", "/^role::(web|db)/"),
        ("(/a/ or /b/)", "/a/ or /b/"),
        ("country=uk", "country==uk"),
        (" country  =  uk ", "country==uk"),
        ("country==uk", "country==uk"),
        ("country=~uk", "country=~/uk/"),
        ("country=~/uk/", "country=~/uk/"),
        ("country=~'^(u|d)'", "country=~/^(u|d)/"),
        ("country=~'/uk/'", "country=~/uk/"),
        ("country=/U K/ and web", "country=~/U K/ and web"),
        (r"path=/a\/b/", r"path=~/a\/b/"),
        ("country!=uk", "country!=uk"),
        ("country != uk", "country!=uk"),
        ("cpus>=4", "cpus>=4"),
        ("cpus=>4", "cpus>=4"),
        ("cpus=<4", "cpus<=4"),
        ("cpus<4 or cpus > 8", "cpus<4 or cpus>8"),
        ("os.release.major=12", "os.release.major==12"),
        ("country='United Kingdom'", "country==United Kingdom"),
        ('country="it\'s"', "country==it's"),
        (r"country='it\'s'", "country==it's"),
        (r"path='C:\temp\x\\'", r"path==C:\temp\x" + "\\"),
        ("ip=10.0.0.1/24", "ip==10.0.0.1/24"),
        ("mac=00:16:3e:aa", "mac==00:16:3e:aa"),
        ("version=1.0~rc1!", "version==1.0~rc1!"),
        ("not web", "not web"),
        ("!web", "not web"),
        ("! web", "not web"),
        ("!!web", "not not web"),
        ("not(web)", "not web"),
        ("web !=x", "web!=x"),
        ("a and b or c", "a and b or c"),
        ("a and(b or c)", "a and (b or c)"),
        ("a\tand\nb", "a and b"),
        ("android=1 or order=2 or nothing=3", "android==1 or order==2 or nothing==3"),
        ("fstat('/etc/hosts').size>0", "fstat('/etc/hosts').size>0"),
        ('fstat( "/etc/hosts" ).md5 = /^ab/', "fstat('/etc/hosts').md5=~/^ab/"),
        ("fstat('/x').md5!=/a/", "fstat('/x').md5!=~/a/"),
        ("fstat('/x').md5!=~a", "fstat('/x').md5!=~/a/"),
        ("puppet().enabled=true", "puppet().enabled==true"),
        ("Puppet().enabled==true", "puppet().enabled==true"),
        ("fact('a)b').value='c (d)'", "fact('a)b').value==c (d)"),
        ("fact('a').value='/x/'", "fact('a').value==/x/"),
        ("not (fact('a').exists=true and web)", "not (fact('a').exists==true and web)"),
    ],
)
def test_an_expression_is_read(text, means):
    assert meaning(text) == means


@pytest.mark.parametrize(
    ("text", "problem", "mark"),
    [
        ("a=b c=d", "'and' or 'or' is missing", "    ^"),
        ("country=United Kingdom", "a value with blanks or parentheses is quoted", "               ^"),
        ("web not db", "'and' or 'or' is missing", "    ^"),
        ("a=b and", "after 'and' a test is missing", "       ^"),
        ("and a=b", "a test is missing before 'and'", "^"),
        ("a or or b", "a test is missing before 'or'", "     ^"),
        ("(a=b", "never closed", "^"),
        ("a=b)", "closes nothing", "   ^"),
        ("a and ()", "no test between", "       ^"),
        ("web && db", "write 'and', not &&", "    ^"),
        ("web || db", "write 'or', not ||", "    ^"),
        ("web AND db", "write 'and', in small letters", "    ^"),
        ("web,db", "has no meaning here", "   ^"),
        ("`id`", "has no meaning here", "^"),
        ("a=", "the value is missing", "  ^"),
        ("a= and b", "the value is missing", "   ^"),
        ("=b", "the name of a fact is missing", "^"),
        ("!=b", "the name of a fact is missing", "^"),
        ("a===b", "another operator", "   ^"),
        ("a=!b", "another operator", "  ^"),
        ("a<>b", "another operator", "  ^"),
        ("a=b=c", "is quoted", "   ^"),
        ("a=b<c", "is quoted", "   ^"),
        ("a!~b", "write not x=~", " ^"),
        ("a!=~b", "write not x=~", "^"),
        ("a!=/b/", "write not x=/.../", "   ^"),
        ("a>/b/", "after = or =~, not after >", "  ^"),
        ("a=/b", "no closing /", "  ^"),
        ("a=/usr/bin", "a plain value that begins with / is quoted", "       ^"),
        ("a=//", "is empty", "  ^"),
        ("a=/b/i", "flags", "     ^"),
        ("a=/b(?=c)/", "look-ahead", "    ^"),
        ("/web", "does not end", "^"),
        ("/web server/", "does not end", "^"),
        ("//", "is empty", "^"),
        ("/web/=x", "a class has no operator", "     ^"),
        ("/web/ = x", "a class has no operator", "      ^"),
        ("'country=uk'", "quotes stand around a value", "^"),
        ("a='b", "never closed", "  ^"),
        ("a='b'c", "after the closing quotes", "     ^"),
        ("a=it's", "is quoted itself", "    ^"),
        ("and=1", "cannot be named 'and'", "^"),
        ("a='b\nc'", "cannot be seen", "    ^"),
        ("a=b\x00", "cannot be seen", "   ^"),
        ("fstat(/etc/hosts).size>1", "one text in quotes", "      ^"),
        ("fstat('/etc/hosts','x').size>1", "has one query", "                  ^"),
        ("fstat('/etc/hosts')", "which of its outputs", "                   ^"),
        ("fstat('/etc/hosts').size", "what is size compared with", "                        ^"),
        ("fstat('/etc/hosts').size>/1/", "after = or !=", "                         ^"),
        ("fstat('`id`').size>1", "no backticks", "      ^"),
        ("fstat('').size>1", "is not empty", "      ^"),
        ("fs-tat('x').size>1", "letters, digits and _", "^"),
        ("web (x)", "'and' or 'or' is missing", "    ^"),
        ("fstat ('/x').size>1", "no blank stands between", "     ^"),
        ("puppet ().enabled=true", "no blank stands between", "      ^"),
    ],
)
def test_a_mistake_is_explained_with_a_mark_under_it(text, problem, mark):
    with pytest.raises(FilterError) as error:
        callstack_of(text)
    explained, shown, marked = str(error.value).split("\n")
    assert problem in explained
    assert shown == "    " + "".join(sign if sign.isprintable() else "?" for sign in text)
    assert marked == "    " + mark


def test_the_mark_stands_below_the_mistake_behind_signs_of_two_columns():
    with pytest.raises(FilterError) as error:
        callstack_of("日本=x )")
    assert str(error.value).split("\n")[1:] == ["    日本=x )", "           ^"]


def test_of_a_long_expression_the_place_of_the_mistake_is_shown():
    with pytest.raises(FilterError) as error:
        callstack_of(" or ".join(f"fact{number}=1" for number in range(100)) + " and and x " + "or y " * 10)
    shown, marked = str(error.value).split("\n")[1:]
    assert shown.startswith("    ...")
    assert shown.endswith("...")
    assert len(shown) < 100
    assert shown[marked.index("^") :].startswith("and x")


@pytest.mark.parametrize("text", ["", " ", "\t\n"])
def test_an_empty_expression_is_refused_and_never_everybody(text):
    with pytest.raises(FilterError, match="would mean every host"):
        callstack_of(text)


def test_length_and_depth_are_bounded():
    with pytest.raises(FilterError, match="4096 characters"):
        callstack_of("a or " * 1000 + "b")
    with pytest.raises(FilterError, match="deeper than 32"):
        callstack_of("(" * 200 + "a" + ")" * 200)
    with pytest.raises(FilterError, match="may have 512"):
        callstack_of("a or " * 300 + "b")
    with pytest.raises(FilterError, match="deeper than 32"):
        callstack_of("!" * 400 + "a")
