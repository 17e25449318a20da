"""How often something may be done: windows that begin with the first hit, counted exactly.

`count` is for requests: every limit that applies to one is judged in one step, in Redis, or in
the database while Redis is away, or in this process. `spend`, `give_back`, `forget` and
`is_first` guard secrets, and always count in the database.

Why not the library `limits`: it counts in no database, asks Redis twice for each
limit, and judges limits one by one, so that a refused request has used up the others.
"""

from core.errors import TooManyTries
from core.ratelimit.chain import count
from core.ratelimit.guards import count_in_database, forget, give_back, is_first, spend
from core.ratelimit.windows import Limit, Standing, Verdict

__all__ = [
    "Limit",
    "Standing",
    "TooManyTries",
    "Verdict",
    "count",
    "count_in_database",
    "forget",
    "give_back",
    "is_first",
    "spend",
]
