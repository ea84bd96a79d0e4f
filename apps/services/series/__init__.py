"""Series: tasks that come again by a rule, for one person or for several in turns."""
