"""Ready-made content for the LMS: a generated grade-4 class, or a course made from an answers file."""
