"""How the suite is run, and how a new test is a cheap one.

`make test` gives whole files to two processes (pytest-xdist, ``loadfile``), so that what a module shares is made once;
what is marked ``alone`` comes after them in one process. A page costs: with Python, the networks and the engraver it
takes five seconds of both cores the first time and one second for each file that it opens after that. So a file has one
page for all tests that can share it (fixture ``page`` of scope "module", each test opens its piece anew or undoes what
it did: test_roll, test_correcting, test_print); a context of its own only where storage, the service worker or the very
first visit is what is tested; a saved project instead of a recording wherever listening is not; and pieces are put
into the store without a score (`KEEP` in test_library) where only the list is looked at.
"""

from hypothesis import HealthCheck, settings

# A busy machine is slow now and then: what takes long is seen in the durations, not in an example.
settings.register_profile("ottava", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ottava")
