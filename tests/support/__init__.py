"""What the tests need around them: servers, databases, copies of the project."""
