"""How dates are written where Django and its admin write them; pages have `apps/services/shared/dates.py`."""
