"""Check-in: scans, lists of scans, walk-ins, and closing check-in."""

from rsvp.check_in.check_ins import ScanResult, check_in, check_in_all, undo_check_in
from rsvp.check_in.closing import close_check_in, reopen_check_in
from rsvp.check_in.door_payments import DoorPayment
from rsvp.check_in.former_dates import keep_former_times
from rsvp.check_in.scans import Scan
from rsvp.check_in.walk_ins import admit_guests, admit_walk_in, confirm_walk_in
