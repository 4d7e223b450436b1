"""For tests of applications: databases as the migrations leave them, one for each test."""
