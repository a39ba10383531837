"""What the service does between contract and platform: it proves access, and it writes.

What deleted messages said is kept from every answer. A write that was cut off is found again, and
finished or told.
"""
