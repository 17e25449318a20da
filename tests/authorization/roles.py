"""The roles. Each is a person in `scenario.py`; the tables use these sets."""

NOBODY = "nobody"
ATTENDEE = "attendee"  # has seats at Olive's events, and reviewed the past one
STRANGER = "stranger"
OTHER = "other organizer"
OWNER = "owner"
HELPER = "helper"
EX_HELPER = "ex-helper"
STAFF = "staff without rights"
VIEWER = "staff with view"
ADDER = "staff with add"
CHANGER = "staff with change"
DELETER = "staff with delete"
SUPERUSER = "superuser"

EVERYBODY = {
    NOBODY, ATTENDEE, STRANGER, OTHER, OWNER, HELPER, EX_HELPER, STAFF, VIEWER, ADDER, CHANGER,
    DELETER, SUPERUSER,
}  # fmt: skip
SIGNED_IN = EVERYBODY - {NOBODY}
ORGANIZERS = {OTHER, OWNER}

# Admins by the permission of the action. As in the Django admin, to change is to view.
MAY_VIEW = {VIEWER, CHANGER, SUPERUSER}
MAY_ADD = {ADDER, SUPERUSER}
MAY_CHANGE = {CHANGER, SUPERUSER}
MAY_DELETE = {DELETER, SUPERUSER}
