"""The LMS side: ports, records, plan and apply. Nothing here knows Flask, SQLAlchemy or teaching logic."""
