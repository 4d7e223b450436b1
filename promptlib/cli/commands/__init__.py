"""A module for each command: what it takes, and what it does. ../command_list.py names them all."""
