from payments.models.payments import Payment, PaymentLine, PaymentQuerySet
from payments.models.provider_events import ProviderEvent
from payments.models.refunds import Refund
from payments.models.simulated import SimulatedCheckout
