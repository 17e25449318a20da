"""Rate limits: exact counts in windows that begin with the first hit.

`count` is for requests. It checks all limits of one request in one step: in Redis, in the database
while Redis is down, or in this process. `count_if` also checks that a cached value is current.
`spend`, `give_back`, `forget` and `is_first` protect secrets and quotas, and always count in the
database.

The library `limits` is not used: it can't count in the database, needs two Redis calls per limit,
and checks limits one by one, so a refused request would use up the others.
"""

from core.errors import TooManyTries
from core.ratelimit.chain import count, count_if
from core.ratelimit.guards import count_in_database, forget, give_back, is_first, spend
from core.ratelimit.windows import Limit, Standing, Verdict
