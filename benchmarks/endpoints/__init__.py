"""Measures each important endpoint over HTTP, beside its two floors.

    make bench, or make bench SCALE=1000,20000,100000,1000000

The first floor is a view that does nothing but authenticate, count the limits and respond with as
many bytes. The second one is the bare SQL of a page or an RSVP, sent by psycopg2. CPU times are
read from /proc, so this needs Linux.
"""
