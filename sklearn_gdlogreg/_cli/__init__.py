"""The command line: files, the comparison with LogisticRegression, its table."""
