"""A host of pictures."""

from tests.standins import Call, StandIn, StandInResponse


class PictureStandIn(StandIn):
    """Sends its one `picture` for every path."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = b""

    def respond(self, call: Call) -> StandInResponse:
        return StandInResponse(200, self.picture, (("Content-Type", "image/jpeg"),))
