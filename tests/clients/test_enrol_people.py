"""The list of people: checked as a whole, line by line, in bounded memory, before anything is made."""

from pathlib import Path

import pytest

from clients.cli import people
from clients.cli.failing import Stop
from clients.cli.listed_twice import Twice
from clients.cli.people import COLUMNS, POSTAL

HEADINGS = ",".join((*COLUMNS, *POSTAL))
GOOD = "patient,anne,PETIT,Anne,1979-03-28,a@x.example,anne@p.example,Appartement 12,12 rue de l'Église,38100,GRENOBLE,"


def _list(folder: Path, *lines: str, headings: str = HEADINGS) -> Path:
    path = folder / "people.csv"
    path.write_text("\n".join((headings, *lines, "")), "utf-8")
    return path


def test_a_row_is_read_as_it_stands(tmp_path: Path) -> None:
    path = _list(tmp_path, GOOD)

    (row,) = people.read(path)

    assert people.check(path, printed=True) == 1
    assert (row.name, row.addresses) == ("Anne PETIT", ("anne@p.example",))
    assert row.post == ("Appartement 12", "12 rue de l'Église", "38100 GRENOBLE")


def test_a_list_without_postal_columns_and_with_ins_is_as_good(tmp_path: Path) -> None:
    path = _list(tmp_path, "patient,1,PETIT,a@p.example", headings="Kind, INS ,family_name,address")

    (row,) = people.read(path)

    assert (people.check(path), row.login, row.post) == (1, "1", ())


@pytest.mark.parametrize(
    ("wrong", "column"),
    [
        (GOOD.replace("patient", "person"), "kind"),
        (GOOD.replace("anne,", ",", 1), "login"),
        (GOOD.replace("anne,", "a" * 255 + ",", 1), "login"),
        (GOOD.replace("anne,", "an\u202ene,", 1), "login"),
        (GOOD.replace("PETIT", ""), "family_name"),
        (GOOD.replace("PETIT", "PE\u2028TIT"), "name"),
        (GOOD.replace("PETIT", "PE\x07TIT"), "name"),
        (GOOD.replace("anne@p.example", ""), "address"),
        (GOOD.replace("anne@p.example", "anne"), "address"),
        (GOOD.replace("anne@p.example", "anne@p.example ANNE@p.example"), "address"),
        (GOOD.replace("anne@p.example", " ".join(f"a{n}@p.example" for n in range(9))), "address"),
        (GOOD.replace("1979-03-28", "28/03/1979"), "birth_date"),
        (GOOD.replace("1979-03-28", "1979-02-30"), "birth_date"),
        (GOOD.replace("a@x.example", "a@x.example b@x.example"), "email"),
        (GOOD.replace("a@x.example", "é@x.example"), "email"),
        (GOOD.replace("38100", ""), "postcode"),
        (GOOD.replace("GRENOBLE", ""), "postcode"),
        (GOOD.replace("12 rue", "1" * 39), "38 characters"),
        (GOOD + ",more", "columns"),
        ("patient,anne,PETIT", "columns"),
    ],
)
def test_a_line_that_is_wrong_is_named_and_nothing_of_it_is_repeated(tmp_path: Path, wrong: str, column: str) -> None:
    path = _list(tmp_path, GOOD.replace("anne", "zoe"), wrong)

    with pytest.raises(Stop) as raised:
        people.check(path)

    said = raised.value.failure.what
    assert "Line 3" in said or "\u2028" in wrong
    assert column in said
    assert "1979" not in said
    assert "Nothing was made" in raised.value.failure.todo


def test_all_mistakes_are_told_at_once_up_to_twenty(tmp_path: Path) -> None:
    few = _list(tmp_path, *(GOOD.replace("patient", "x") for _ in range(3)))
    with pytest.raises(Stop) as three:
        people.check(few)
    many = _list(tmp_path, *(GOOD.replace("patient", "x") for _ in range(3000)))
    with pytest.raises(Stop) as twenty:
        people.check(many)

    assert three.value.failure.what.count("ine ") == 3
    assert twenty.value.failure.what.count("ine ") == 20
    assert "(and more)" in twenty.value.failure.what


@pytest.mark.parametrize("again", ["anne", " ANNE "])
def test_a_log_in_twice_is_refused_with_both_lines(tmp_path: Path, again: str) -> None:
    other = GOOD.replace("patient,anne", f"patient,{again}").replace("anne@p", "zoe@p")

    with pytest.raises(Stop, match="Line 4: the log-in or an address of line 2 again"):
        people.check(_list(tmp_path, GOOD, GOOD.replace("anne", "paul"), other))


def test_an_address_of_two_people_is_refused(tmp_path: Path) -> None:
    other = GOOD.replace("anne", "zoe", 1).replace("anne@p.example", "zoe@p.example Anne@P.example")

    with pytest.raises(Stop, match="Line 3: the log-in or an address of line 2 again"):
        people.check(_list(tmp_path, GOOD, other))


def test_letters_that_the_printed_one_cannot_show_are_refused_for_paper_alone(tmp_path: Path) -> None:
    path = _list(tmp_path, GOOD.replace("PETIT", "王"), GOOD.replace("anne", "łucja").replace("PETIT", "ÇELİK-ŒUVRÉ"))

    assert people.check(path) == 2
    with pytest.raises(Stop) as raised:
        people.check(path, printed=True)
    assert raised.value.failure.what.count("ine ") == 1


@pytest.mark.parametrize("headings", ["kind,login,address", "kind,login,ins,family_name,address", ""])
def test_a_list_without_its_columns_or_with_two_of_one_is_refused(tmp_path: Path, headings: str) -> None:
    with pytest.raises(Stop, match="column"):
        people.check(_list(tmp_path, "patient,a,b,c,d", headings=headings))


@pytest.mark.parametrize("raw", [b"\xff\xfe", b'kind,login,family_name,address\npatient,"a', b"kind\x00,login"])
def test_what_is_no_csv_in_utf_8_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(raw)

    with pytest.raises(Stop):
        people.check(path)


def test_a_list_that_changed_since_it_was_checked_is_noticed(tmp_path: Path) -> None:
    path = _list(tmp_path, GOOD)
    people.check(path)
    _list(tmp_path, GOOD.replace("patient", "x"))

    with pytest.raises(Stop, match="changed"):
        list(people.read(path))


def test_doubles_are_found_across_files_on_disk() -> None:
    hashes = [bytes([n % 3]) + n.to_bytes(15, "big") for n in range(9_000)]
    with Twice() as twice:
        for line, hashed in enumerate([*hashes, hashes[8_000], hashes[1], hashes[1]]):
            twice.see(hashed, line)

        assert twice.found(10) == [(8_000, 9_000), (1, 9_001), (1, 9_002)]
        assert len(twice.found(2)) == 2
