"""The part of Twilio's REST API that sends SMS."""

from base64 import b64encode
from urllib.parse import parse_qs

from tests.standins import Call, StandIn, StandInResponse

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "the-auth-token"


def problem(status: int, code: int, message: str) -> StandInResponse:
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more_info, "status": status}
    return StandInResponse(status, body)


class Twilio(StandIn):
    """Takes messages for its one account. `refused`: the error for each number."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: dict[str, StandInResponse] = {}
        self.taken: list[dict[str, str]] = []

    def respond(self, call: Call) -> StandInResponse:
        basic = b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
        if call.headers.get("Authorization") != f"Basic {basic}":
            return problem(401, 20003, "Authenticate")
        if call.path != f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json":
            return problem(404, 20404, f"The requested resource {call.path} was not found")
        message = {name: values[0] for name, values in parse_qs(call.body).items()}
        if message["To"] in self.refused:
            return self.refused[message["To"]]
        self.taken.append(message)
        sid = f"SM{len(self.taken):032x}"
        return StandInResponse(201, {"sid": sid, "status": "queued", "to": message["To"]})
