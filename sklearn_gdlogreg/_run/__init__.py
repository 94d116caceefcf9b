"""A descent while it is watched: when it stops and why, what is remembered, what is said."""
