"""One folder for each LMS, with the same file names each time."""
