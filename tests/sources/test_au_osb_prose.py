"""Sentences of the monthly updates: plain ones are read, all others left alone."""

from __future__ import annotations

from datetime import date

import pytest

from fcm_migration.sources.au.osb_prose import count, figures, sentences

DECEMBER = date(2018, 12, 1)


def read(sentence: str, month: date = DECEMBER) -> list[tuple[str, int | None]]:
    return [(measure, persons) for measure, persons, _ in figures(sentence, month)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        # arrivals, in the words of 2016, 2018 and 2022
        (
            "There were no illegal maritime arrivals transferred to Australian immigration "
            "authorities.",
            [("arrivals", 0)],
        ),
        (
            "During this reporting period there were no IMAs transferred to Australian Immigration "
            "authorities.",
            [("arrivals", 0)],
        ),
        ("There were no new UMAs;", [("arrivals", 0)]),
        ("There were <5 new UMAs;", [("arrivals", None)]),
        # boats stopped and sent back
        (
            "Authorities intercepted nine people from two maritime people smuggling ventures;",
            [("intercepted", 9)],
        ),
        ("Four people from one venture were safely returned to Vietnam;", [("returned", 4)]),
        ("Forty-one Sri Lankan nationals were returned to Sri Lanka.", [("returned", 41)]),
        ("1,082 people from 46 boats were turned back.", [("returned", 1_082)]),
        ("Fewer than five people were taken back to Indonesia.", [("returned", None)]),
        # two figures in one sentence
        (
            "Zero (0) UMAs were voluntarily returned to their country of origin from Australia and "
            "less than five UMAs were involuntarily removed from Australia;",
            [("removed_voluntarily", 0), ("removed_involuntarily", None)],
        ),
        (
            "There were a total of 916 people in Manus RPC and 484 people in Nauru RPC.",
            [("in_regional_processing", 916), ("in_regional_processing", 484)],
        ),
        # which way a transfer goes, and that a venture is no person
        (
            "One people smuggling venture ended by the safe transfer of fewer than five UMAs to a "
            "regional processing country;",
            [("transferred_to_regional_processing", None)],
        ),
        (
            "No UMAs were transferred from Australia to a regional processing country, returning "
            "after a temporary purpose in Australia;",
            [("transferred_to_regional_processing", 0)],
        ),
        (
            "3 UMAs were transferred from a regional processing country to Australia;",
            [("transferred_to_australia", 3)],
        ),
        (
            "Between 1 December 2018 and 31 December 2018, zero IMAs voluntarily returned to their "
            "country of origin from a regional processing country.",
            [("left_regional_processing", 0)],
        ),
        # when they had arrived, and the digits in brackets, are no further figures
        (
            "Four IMA detainees, who arrived in Australia before 1 January 2014, were voluntarily "
            "removed from Australia.",
            [("removed_voluntarily", 4)],
        ),
        (
            "Seven (7) UMAs were resettled in a third country (seven (7) from one cohort and 0 "
            "direct from Nauru).",
            [("resettled", 7)],
        ),
        ("UMAs were resettled in a third country.", []),
    ],
)
def test_a_plain_sentence_is_read(sentence: str, expected: list[tuple[str, int | None]]) -> None:
    assert read(sentence) == expected
    assert [f.is_suppressed for f in figures(sentence, DECEMBER)] == [
        persons is None for _, persons in expected
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "More than 50 people were returned to Vietnam.",
        "Up to 50 people were returned to Vietnam.",
        "Ten to 15 people were returned to Vietnam.",
        "Between five and ten people were returned to Vietnam.",
        "10-15 people were returned to Vietnam.",
        "10\u201315 people were returned to Vietnam.",
        "One thousand two hundred people were returned to Vietnam.",
        "2 thousand people were returned to Vietnam.",
        "Two dozen people were returned to Vietnam.",
        "41 people were returned to Sri Lanka, including 12 people returned by air.",
        "Nine people were intercepted, of whom four people were returned to Vietnam.",
        "Authorities intercepted nine people and returned to Vietnam four people.",
        "Seven (8) UMAs were resettled in a third country.",
        "In August 2016, a navy intercepted a vessel with six people on board.",
        "Since July 2013, 800 people were turned back.",
        "Three maritime people smuggling ventures were turned back.",
        "Several people were returned to Vietnam.",
        "13 IMA detainees were removed from onshore immigration detention.",
        "This included 11 voluntary removals and 2 involuntary removals.",
        "There were no restrictions on the movement of people;",
        "The Manus RPC closed on 31 October 2017.",
        "No people were counted here.",
        "Twelve people were interviewed.",
        "",
    ],
)
def test_what_is_not_plain_is_left_alone(sentence: str) -> None:
    assert read(sentence) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no", (0, True)),
        ("Nil", (0, True)),
        ("nineteen", (19, True)),
        ("Twenty", (20, True)),
        ("ninety-nine", (99, True)),
        ("one hundred and fifty-seven", (157, True)),
        ("two hundred", (200, True)),
        ("1,082", (1_082, True)),
        ("less than five", (None, True)),
        ("Fewer than 5", (None, True)),
        ("< 5", (None, True)),
        ("twenty-twelve", (None, False)),
        ("two three", (None, False)),
        ("hundred", (None, False)),
        ("zero hundred", (None, False)),
        ("", (None, False)),
    ],
)
def test_numbers(text: str, expected: tuple[int | None, bool]) -> None:
    assert count(text) == expected


def test_sentences_end_with_points_and_semicolons() -> None:
    assert sentences("No one came; 1.5 km away. Two left.") == [
        "No one came;",
        "1.5 km away.",
        "Two left.",
    ]


def test_a_long_run_of_number_words_does_not_hold_the_reader() -> None:
    assert read("one " * 5_000 + "x") == []
