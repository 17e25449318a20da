"""A host of pictures."""

from tests.standins import Answer, Call, StandIn


class PictureStandIn(StandIn):
    """Sends its one `picture` for every path."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = b""

    def answer(self, call: Call) -> Answer:
        return Answer(200, self.picture, (("Content-Type", "image/jpeg"),))
