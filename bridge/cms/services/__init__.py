"""What is done with what bridges report. Everything that takes a `Batch` is called from a unit of the writer."""
