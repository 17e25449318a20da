"""A host of pictures."""

from tests.standins import Answer, Call, StandIn


class PictureStandIn(StandIn):
    """Has one `picture`, whatever it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = b""

    def answer(self, call: Call) -> Answer:
        return Answer(200, self.picture, (("Content-Type", "image/jpeg"),))
