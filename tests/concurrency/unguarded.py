"""The product without a guard, for a control: seats are given on while their page can be paid."""

from config.wsgi import application
from payments.services import closing

__all__ = ["application"]

closing._close_page = lambda payment: None
