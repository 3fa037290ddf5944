"""Quality and speed, measured on real music; run as python -m bench.ROOM.NAME, figures go to results.md."""
