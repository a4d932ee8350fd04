"""Rules on texts; none of them can be undone.

A pattern is held to what can be matched in good time: a short one, without back-references and look-around, and
without repetition or choice inside what is repeated itself.
"""

import re

from crosstie.engine.transform_step import Arguments, NotTakenError, Step, one_way

PATTERN_LENGTH = 200
"""Longest pattern, in characters."""
_SEARCHED_LENGTH = 4000
"""Longest text that is searched by a pattern, in characters."""
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_UNSAFE = re.compile(r"\(\?(?:[=!]|<[=!]|P=|\()|\\[1-9]")


def trim(given: Arguments) -> Step:
    """Without blanks at both ends."""
    del given
    return one_way(str.strip)


def upper(given: Arguments) -> Step:
    """In capital letters."""
    del given
    return one_way(str.upper)


def lower(given: Arguments) -> Step:
    """In small letters."""
    del given
    return one_way(str.lower)


def title(given: Arguments) -> Step:
    """Each word with one capital letter, blanks as they are."""
    del given
    return one_way(lambda text: _WORD.sub(lambda word: word[0][0].upper() + word[0][1:].lower(), text))


def replace(given: Arguments) -> Step:
    """One text for another, wherever it stands."""
    find, by = given.text("find"), given.text("with")
    if not find:
        raise ValueError("'find' of the rule 'replace' must not be blank")
    return one_way(lambda text: text.replace(find, by))


def regex(given: Arguments) -> Step:
    """A pattern's matches by a text that may hold its groups, by number."""
    find, by = given.text("find"), given.text("with")
    if len(find) > PATTERN_LENGTH:
        raise ValueError(f"the pattern of the rule 'regex' is longer than {PATTERN_LENGTH} characters")
    if _UNSAFE.search(find) or _repeats_a_repetition(find):
        raise ValueError(
            f"the pattern '{find}' could take for ever; do without look-around, back-references, and repetition or"
            " choice inside a repeated group"
        )
    try:
        pattern = re.compile(find)
        pattern.sub(by, "")
    except (re.error, IndexError) as error:
        raise ValueError(f"the pattern '{find}' or its replacement '{by}' is not right: {error}") from error

    def substitute(text: str) -> str:
        if len(text) > _SEARCHED_LENGTH:
            raise NotTakenError(f", which is longer than {_SEARCHED_LENGTH} characters")
        return pattern.sub(by, text)

    return one_way(substitute)


def substring(given: Arguments) -> Step:
    """``length`` characters from ``start`` (0: the first)."""
    start, length = given.number("start", 0), given.number("length")
    if not length:
        raise ValueError("'length' of the rule 'substring' must be more than zero")
    return one_way(lambda text: text[start : start + length])


def _repeats_a_repetition(pattern: str) -> bool:
    """Whether a group that holds a repetition or a choice is repeated itself.

    >>> _repeats_a_repetition("(a+)+"), _repeats_a_repetition("(a|aa)*"), _repeats_a_repetition("(a|x)?[+*]+")
    (True, True, False)
    """
    bare = re.sub(r"\[\^?\]?(?:\\.|[^\]\\])*\]", "c", re.sub(r"\\[^\]]", "c", pattern))
    open_groups = [False]
    for place, sign in enumerate(bare):
        if sign == "(":
            open_groups.append(False)
        elif sign == ")" and len(open_groups) > 1:
            is_loose = open_groups.pop()
            if is_loose and bare[place + 1 : place + 2] in {"*", "+", "{"}:
                return True
            open_groups[-1] |= is_loose
        elif sign in "*+{|":
            open_groups[-1] = True
    return False
