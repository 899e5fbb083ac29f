"""A template says what it is told to, and a mistake in it where it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prober.template import DEEPEST, LONGEST, LONGEST_OUTPUT, Scope, Value, parsed, rendered

SCOPE: Scope = {"name": (), "other": (), "is_on": (), "is_off": (), "things": ("thing", "size"), "none": ("thing",)}
VALUES: dict[str, Value] = {
    "name": "Shop <b>",
    "other": "",
    "is_on": True,
    "is_off": False,
    "things": [{"thing": "a", "size": "1"}, {"thing": "b", "size": ""}],
    "none": [],
}

CASES = {
    "": "",
    "plain } text {": "plain } text {",
    "{{name}}": "Shop <b>",
    "{{ name }}{{other}}!": "Shop <b>!",
    "{{is_on}}": "",
    "{{#name}}yes{{/name}}{{#other}}no{{/other}}": "yes",
    "{{^name}}no{{/name}}{{^other}}yes{{/other}}": "yes",
    "{{#is_on}}on{{/is_on}}{{^is_on}}off{{/is_on}}": "on",
    "{{#is_off}}on{{/is_off}}{{^is_off}}off{{/is_off}}": "off",
    "{{#things}}{{thing}}{{#size}}={{size}}{{/size}} of {{name}};{{/things}}": "a=1 of Shop <b>;b of Shop <b>;",
    "{{^things}}none{{/things}}{{^none}}nothing{{/none}}{{#none}}{{thing}}{{/none}}": "nothing",
    "a{{! a comment }}b": "ab",
    "all:\n{{#things}}\n- {{thing}}\n{{/things}}\nend": "all:\n- a\n- b\nend",
    "x {{#is_on}}\ny\n  {{/is_on}}  ": "x \ny\n",
    "{{! this }}\nb": "b",
}

MISTAKES = {
    "{{nam}}": "line 1, column 1: there is no nam; there are",
    "a\nb {{thing}}": "line 2, column 3: there is no thing",
    "{{#things}}{{thing}}": "line 1, column 1: {{#things}} is not closed",
    "{{name}}{{/name}}": "line 1, column 9: nothing is closed by {{/name}}",
    "{{#name}}{{/other}}": "line 1, column 10: expected {{/name}}, found {{/other}}",
    "a {{name": "line 1, column 3: {{ is not closed",
    "{{name.upper()}}": "line 1, column 1: expected a name, found {{name.upper()}}",
    "{{{name}}}": "line 1, column 1: expected a name",
    "{{> file}}": "line 1, column 1: expected a name",
    "{{things}}": "line 1, column 1: things is a list, for {{#things}}",
    "{{#things}}{{#none}}{{/none}}{{/things}}": "line 1, column 12: none is a list, and stands in one",
    "{{#name}}" * (DEEPEST + 1): "sections are nested deeper than 10",
    "x" * (LONGEST + 1): "it is longer than 5000 characters",
}


@pytest.mark.parametrize("text", CASES)
def test_it_says_what_it_is_told_to(text: str) -> None:
    assert rendered(parsed(text, SCOPE), VALUES) == CASES[text]


@pytest.mark.parametrize("text", MISTAKES, ids=[text[:30] for text in MISTAKES])
def test_a_mistake_is_told_with_its_place(text: str) -> None:
    with pytest.raises(ValueError) as failed:  # noqa: PT011 - its words are looked at
        parsed(text, SCOPE)
    assert MISTAKES[text] in str(failed.value)


def test_what_it_writes_is_bounded() -> None:
    many: Value = [{"thing": "x" * 100, "size": ""}] * 1_000
    assert len(rendered(parsed("{{#things}}{{thing}}{{/things}}", SCOPE), {"things": many})) == LONGEST_OUTPUT


@given(st.text(st.sampled_from("{}#^/! \nnameothingsx"), max_size=60))
def test_any_text_is_a_template_or_a_mistake(text: str) -> None:
    try:
        template = parsed(text, SCOPE)
    except ValueError:
        return
    assert len(rendered(template, VALUES)) <= LONGEST_OUTPUT


@given(st.text(max_size=60))
def test_a_value_is_never_read_as_a_template(text: str) -> None:
    assert rendered(parsed("{{name}}", SCOPE), {"name": text}) == text
