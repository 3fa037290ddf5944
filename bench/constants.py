"""Other values for a module's constants, for one run of a benchmark: so the constants were found."""

import argparse
import ast
import importlib


def add_set_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--set MODULE.CONSTANT=VALUE``, which may be given several times."""
    parser.add_argument("--set", action="append", default=[], metavar="MODULE.CONSTANT=VALUE")


def set_constants(assignments: list[str]) -> None:
    """Give constants of ottava's modules other values; a name that is not there is an AttributeError."""
    for assignment in assignments:
        name, _, value = assignment.partition("=")
        module, _, constant = name.rpartition(".")
        owner = importlib.import_module(f"ottava.{module}")
        getattr(owner, constant)  # a name that it lacks would change nothing
        setattr(owner, constant, ast.literal_eval(value))
