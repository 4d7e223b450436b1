raise RuntimeError("env.py of the other tool is not run: it may connect")
