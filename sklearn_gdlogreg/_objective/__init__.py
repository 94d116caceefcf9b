"""What is summed over the rows: J, dw, db and their kin; who adds up in memory."""
