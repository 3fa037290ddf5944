"""What makes ``dist/`` and serves it, and the models; run as ``python -m build.serve``.

Plain Python without third-party packages, but for the export (network, rounding, packing, export_notes, parity), which
needs torch.
"""
