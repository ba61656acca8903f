"""Tests of the client against servers with unusual or faulty behavior."""
