"""The roles and sets of roles of the tables. `scenario.py` has a person for each."""

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

# Staff by permission. As in the Django admin, permission to change includes viewing.
MAY_VIEW = {VIEWER, CHANGER, SUPERUSER}
MAY_ADD = {ADDER, SUPERUSER}
MAY_CHANGE = {CHANGER, SUPERUSER}
MAY_DELETE = {DELETER, SUPERUSER}
