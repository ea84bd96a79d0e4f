"""What every call and page is made of: no API or page of its own."""
