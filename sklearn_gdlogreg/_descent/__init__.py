"""How to move: in which coordinates, how far, one step after another."""
