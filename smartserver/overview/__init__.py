"""All stations and devices together: what they do now, over the day, and what was charged since a moment."""
