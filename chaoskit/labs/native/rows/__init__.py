"""The rows of the images table, by what the daemons do."""
