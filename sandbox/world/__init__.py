"""What is true inside the LMS: records, the store that holds them, and the rules of who sees what."""
