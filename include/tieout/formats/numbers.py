"""How partners write numbers: decimal commas, marks between thousands, parentheses, currency marks.

The plain form is a sign, digits and a decimal point. What is not well formed in the stated way, for
example a group of two digits before a decimal comma, is no number; nothing is guessed.
"""

import re
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.fields import Numbers

_ALIKE = {" ": " \u00a0\u202f\u2009", "'": "'\u2019"}
_MINUS = "\\-\u2212"
_MOST_TEXT_AROUND = 12


@cache
def is_plain(numbers: Numbers) -> bool:
    """Whether numbers are written in the plain form only."""
    return numbers == Numbers()


def plain_number(text: str, numbers: Numbers) -> str | None:
    """The plain form of a number written as `numbers` says, None where it is none."""
    if is_plain(numbers):
        return text
    found = re.fullmatch(_pattern(numbers), text)
    if found is None:
        return None
    signs = [sign for sign in ("open", "first", "inner", "last") if found[sign]]
    if len(signs) > 1 or bool(found["open"]) != bool(found["close"]):
        return None
    is_negative = signs and found[signs[0]] != "+"
    digits = re.sub(f"[^0-9{re.escape(numbers.decimalChar)}]", "", found["number"])
    return ("-" if is_negative else "") + digits.replace(numbers.decimalChar, ".")


def plain_numbers(texts: pa.StringArray, numbers: Numbers) -> pa.StringArray:
    """The plain forms of a column, null also where `plain_number` must be asked."""
    if is_plain(numbers):
        return texts
    sure = pc.if_else(pc.match_substring_regex(texts, _sure_pattern(numbers)), texts, None)
    negative = pc.match_substring_regex(sure, rf"[({_MINUS}]")
    digits = pc.replace_substring_regex(
        sure, f"[^0-9{re.escape(numbers.decimalChar)}]", replacement=""
    )
    points = pc.replace_substring(digits, pattern=numbers.decimalChar, replacement=".")
    return pc.if_else(negative, pc.binary_join_element_wise("-", points, ""), points)


def written_number(text: str, numbers: Numbers) -> str:
    """A number of the plain form as `numbers` says, without marks between thousands."""
    return text.replace(".", numbers.decimalChar)


def _digits(numbers: Numbers) -> str:
    """The digits with their decimal mark: groups are of three, or of two as in India."""
    point = re.escape(numbers.decimalChar)
    marks = "".join(re.escape(_ALIKE.get(mark, mark)) for mark in numbers.groupChar)
    whole = (
        rf"[0-9]{{1,3}}(?:[{marks}][0-9]{{2,3}})*[{marks}][0-9]{{3}}|[0-9]+" if marks else "[0-9]+"
    )
    return rf"(?:(?:{whole})(?:{point}[0-9]*)?|{point}[0-9]+)"


@cache
def _pattern(numbers: Numbers) -> str:
    opening, closing = (r"\(?", r"\)?") if numbers.parentheses else ("", "")
    around = "" if numbers.bareNumber else rf"[^0-9(){_MINUS}+]{{0,{_MOST_TEXT_AROUND}}}?"
    sign = rf"[{_MINUS}+]?"
    return (
        rf"(?P<open>{opening})(?P<first>{sign}){around}(?P<inner>{sign})\s*"
        rf"(?P<number>{_digits(numbers)})(?P<last>{sign})(?P<close>{closing}){around}"
    )


@cache
def _sure_pattern(numbers: Numbers) -> str:
    """Numbers with a sign at their start, or in parentheses where that means negative."""
    number = _digits(numbers)
    around = "" if numbers.bareNumber else r"[ \p{L}\p{Sc}]{0,4}"
    parentheses = rf"|\({around}{number}\)" if numbers.parentheses else ""
    return rf"^(?:{around}{number}{around}|[{_MINUS}]{around}{number}{around}{parentheses})$"
