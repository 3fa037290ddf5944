"""What makes ``dist/`` and serves it; plain Python without third-party packages. Run as ``python -m build.serve``."""
