"""What users bring: examples, arrays of other libraries; decision values for new rows."""
