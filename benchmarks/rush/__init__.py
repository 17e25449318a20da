"""The rush: thousands of people RSVP to one event with few seats, at the same time.

make rush, or make rush CONNECTIONS=256
"""
