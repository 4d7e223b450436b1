"""What a new project consists of: its configuration, env.py, folders and workflow."""
