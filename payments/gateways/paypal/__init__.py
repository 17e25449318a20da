"""PayPal's Orders."""

from payments.gateways.paypal.gateway import PayPalGateway

__all__ = ["PayPalGateway"]
