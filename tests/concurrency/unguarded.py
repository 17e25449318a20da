"""The product without a guard, for a control: seats are given on while their page can be paid."""

from config.wsgi import application
from payments.services import checkout

__all__ = ["application"]

checkout._close_page = lambda payment: None
