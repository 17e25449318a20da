"""The calendar feed of one person: its secret URL and its entries."""
