"""What the rhythm network chooses between: the classes of its outputs, in order."""

from fractions import Fraction

import numpy as np

# Places in a beat; 3 % of the chords of data/train stand elsewhere.
PHASES = tuple(Fraction(place) for place in (
    "0", "1/2", "1/4", "3/4", "1/3", "2/3", "1/6", "5/6", "1/8", "3/8", "5/8", "7/8",
))
# Beats from one chord to the next; 0 in a chord that is broken.
STEPS = tuple(Fraction(step) for step in (
    "0", "1/8", "1/6", "1/4", "1/3", "1/2", "2/3", "3/4", "1", "3/2", "2", "3", "4",
))
# Time signatures that hold for more than half a percent of the time in data/train.
METERS = ((2, 4), (3, 4), (4, 4), (2, 2), (3, 8), (6, 8), (9, 8), (12, 8), (12, 16), (4, 2), (6, 4), (3, 2))
# Length of a beat: octaves of a second.
PERIODS_LOG2_SEC = np.linspace(np.log2(0.12), np.log2(3.2), 48)
# Numbers of the beat in its bar that are told apart; the last one stands for all that follow.
N_BAR_BEATS = 6
# Numbers that the rhythm network gives for each chord, in order.
OUTPUT_SIZES = {
    "beat": 1,  # log odds that a beat falls on the chord
    "phase": len(PHASES) + 2,  # place in the beat; elsewhere; not written (ornaments, grace notes, wrong notes)
    "period": len(PERIODS_LOG2_SEC),
    "step": len(STEPS) + 1,  # beats to the next chord that is written
}
