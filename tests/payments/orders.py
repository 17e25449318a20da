"""All orders in which things can happen."""

from collections.abc import Callable

Choose = Callable[[int], int]


class _Path:
    """The choices of one play: those that are given, then always the first one."""

    def __init__(self, given: list[int]) -> None:
        self.taken: list[int] = []
        self.others: list[list[int]] = []  # paths that no play has begun yet
        self._given = given

    def choose(self, number: int) -> int:
        """Return one of the numbers below this one."""
        position = len(self.taken)
        if position < len(self._given):
            choice = self._given[position]
        else:
            choice = 0
            self.others += [[*self.taken, other] for other in range(1, number)]
        self.taken.append(choice)
        return choice


def play_all(play: Callable[[Choose], None]) -> int:
    """Play with every sequence of choices; return the number of plays.

    A play calls its argument with the number of possibilities, and gets the one to take. What is
    possible can depend on earlier choices.
    """
    given: list[list[int]] = [[]]
    plays = 0
    while given:
        path = _Path(given.pop())
        play(path.choose)
        given += path.others
        plays += 1
    return plays
