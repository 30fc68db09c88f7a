"""Threads that work behind who gives, and ahead of who takes."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from memoria.snapshot.files.background import Behind, ahead


class TestBehind:
    def test_all_is_done_in_order(self) -> None:
        done: list[int] = []
        behind = Behind(done.append, "test")
        for number in range(100):
            behind.put(number)
        behind.wait()
        assert (done, behind.is_alive) == (list(range(100)), True)
        behind.close()
        assert not behind.is_alive

    def test_nothing_to_do_starts_no_thread(self) -> None:
        behind = Behind(print, "test")
        behind.wait()
        behind.close()
        behind.drop(None)
        assert not behind.is_alive

    def test_an_error_is_raised_to_who_gives_and_nothing_is_done_after_it(self) -> None:
        done: list[int] = []

        def work(number: int) -> None:
            done.append(number // number)

        behind = Behind(work, "test")
        for number in (1, 0, 2):
            behind.put(number)
        with pytest.raises(ZeroDivisionError):
            behind.wait()
        with pytest.raises(ZeroDivisionError):
            behind.put(3)
        behind.close()
        assert (done, behind.is_alive) == ([1], False)

    def test_what_waits_is_forgotten(self) -> None:
        begun, go_on, done = threading.Event(), threading.Event(), list[int]()

        def work(number: int) -> None:
            begun.set()
            go_on.wait()
            done.append(number)

        behind = Behind(work, "test", size=2)
        behind.put(1)
        begun.wait()
        behind.put(2)
        behind.drop(0.01)
        assert behind.is_alive
        go_on.set()
        behind.drop(None)
        assert (done, behind.is_alive) == ([1], False)


class TestAhead:
    def test_all_comes_in_order(self) -> None:
        with ahead(_count(100), "test", size=2) as numbers:
            assert list(numbers) == list(range(100))

    def test_an_error_comes_behind_what_was_given(self) -> None:
        def produce(give: Callable[[int], None]) -> None:
            give(1)
            raise ZeroDivisionError

        with ahead(produce, "test") as numbers:
            assert next(numbers) == 1
            with pytest.raises(ZeroDivisionError):
                next(numbers)

    def test_who_stops_taking_ends_the_thread(self) -> None:
        before = threading.active_count()
        with ahead(_count(10**9), "test", size=2) as numbers:
            assert next(numbers) == 0
            assert threading.active_count() == before + 1
        assert threading.active_count() == before


def _count(end: int) -> Callable[[Callable[[int], None]], None]:
    def produce(give: Callable[[int], None]) -> None:
        for number in range(end):
            give(number)

    return produce
