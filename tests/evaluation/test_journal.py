import json

import pytest

from advlab.errors import InputError
from advlab.evaluation.journal import Journal

ABOUT = {"model": "m", "eps": 8 / 255, "parameters": {"steps": 100}}


def test_what_was_added_is_there_again(tmp_path):
    file = tmp_path / "new" / "verdicts.jsonl"
    journal = Journal(file, ABOUT)
    journal.add([{"row": 0}, {"row": 1}])
    journal.add([{"row": 2}])
    assert Journal(file, ABOUT).entries == journal.entries == [{"row": 0}, {"row": 1}, {"row": 2}]


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_line_that_was_cut_off_is_dropped_and_the_rest_goes_on(tmp_path, cut):
    file = tmp_path / "verdicts.jsonl"
    Journal(file, ABOUT).add([{"row": 0}, {"row": 1}])
    file.write_bytes(file.read_bytes()[:-cut])
    journal = Journal(file, ABOUT)
    whole = 1 if cut <= len('{"row": 1}\n') else 0
    assert journal.entries == [{"row": 0}][: whole or None]
    journal.add([{"row": 5}])
    assert Journal(file, ABOUT).entries == [{"row": 0}, {"row": 5}]
    assert all(json.loads(line) for line in file.read_text().splitlines())


def test_a_kill_while_the_first_line_was_written(tmp_path):
    file = tmp_path / "verdicts.jsonl"
    file.write_text('{"model": "m"')
    Journal(file, ABOUT).add([{"row": 0}])
    assert Journal(file, ABOUT).entries == [{"row": 0}]


def test_another_run_is_refused_and_left_alone(tmp_path):
    file = tmp_path / "verdicts.jsonl"
    Journal(file, ABOUT).add([{"row": 0}])
    before = file.read_bytes()
    with pytest.raises(InputError, match="eps"):
        Journal(file, {**ABOUT, "eps": 4 / 255})
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", ["no json\n", "[1, 2]\n", '"text"\n'])
def test_other_files_are_refused_and_left_alone(tmp_path, content):
    file = tmp_path / "notes.txt"
    file.write_text(content)
    with pytest.raises(InputError):
        Journal(file, ABOUT)
    assert file.read_text() == content


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Cannot keep"):
        Journal(tmp_path / "file" / "verdicts.jsonl", ABOUT)


def test_without_a_file_it_only_remembers():
    journal = Journal(None, ABOUT)
    journal.add([{"row": 0}])
    assert journal.entries == [{"row": 0}]
