"""The parts that the API calls and the pages share."""
