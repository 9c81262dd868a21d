"""Cases for the rules that compare categories with a list of labels."""

from __future__ import annotations

from tests.support.cases import Case

CASES = [
    Case("category-not-listed", "the names of the list", labels=("person", "bicycle")),
    Case("category-not-listed", "a name in another case", 1, labels=("Person", "bicycle"), also=("listed-category-missing",)),
    Case("category-not-listed", "a longer list", labels=("person", "bicycle", "car")),
    Case("category-not-listed", "no list", edit={"/categories/0/name": "anything"}),
    Case("listed-category-missing", "a longer list", 1, labels=("person", "bicycle", "car", "{tv}")),
    Case("listed-category-missing", "the names of the list", labels=("bicycle", "person")),
    Case("category-id-not-listed", "ids counted from 0", 2, labels=("0 person", "1 bicycle")),
    Case("category-id-not-listed", "the ids of the list", labels=("1 person", "2 bicycle", "3 car")),
    Case("category-id-not-listed", "a list without ids", labels=("bicycle", "person")),
    Case("category-id-not-listed", "a name that is not listed", labels=("1 being", "2 bicycle"), also=("category-not-listed",)),
    Case("categories-order-not-listed", "the list the other way round", 1, labels=("bicycle", "person")),
    Case("categories-order-not-listed", "the order of the list", labels=("person", "car", "bicycle")),
]
