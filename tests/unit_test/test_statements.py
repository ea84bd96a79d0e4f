"""The plugin tests/statements.py finds what a test sends on SQLite alone."""

from dataclasses import dataclass, field

from tests.statements import missing, shape


@dataclass(eq=False)
class Item:
    """A test, as pytest describes it."""

    nodeid: str
    marks: set[str] = field(default_factory=set)
    fixturenames: tuple[str, ...] = ()

    def get_closest_marker(self, name: str) -> bool:
        return name in self.marks


ONCE, EVERYWHERE = Item("once", {"no_db"}), Item("everywhere", {"no_db", "every_database"})


def test_names_a_test_that_alone_sends_a_statement() -> None:
    sent = {Item("service"): {"SELECT 1": True}, ONCE: {"SELECT 2": True, "DELETE FROM day": True}}

    assert missing(sent) == {"DELETE FROM day": "once"}
    assert missing({**sent, EVERYWHERE: {"DELETE FROM day": True}}) == {}


def test_what_the_test_itself_sends_or_a_transaction_needs_does_not_count() -> None:
    assert missing({ONCE: {"SELECT day": False, "SAVEPOINT a1": True}}) == {}


def test_tests_that_ask_every_route_as_everyone_need_not_run_everywhere() -> None:
    assert missing({Item("routes", {"no_db"}, ("world",)): {"SELECT day": True}}) == {}


def test_a_statement_is_the_same_with_other_values_and_longer_lists() -> None:
    assert shape("SELECT 'a' WHERE id IN (%s, %s) LIMIT 21") == shape("SELECT 'b' WHERE id IN (%s) LIMIT 1")
    assert shape("INSERT INTO day VALUES (%s, %s), (%s, %s)") == shape("INSERT INTO day VALUES (%s, %s)")
    assert shape("WHERE (id = %s OR id = %s OR id = %s)") == shape("WHERE (id = %s)")
    assert shape("WHERE ((a = %s AND b IN (%s)) OR (a = %s AND b IN (%s, %s)))") == shape(
        "WHERE ((a = %s AND b IN (%s)))"
    )
    assert shape("UPDATE day SET taken = %s") != shape("UPDATE day SET maximum = %s")
