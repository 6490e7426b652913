"""Imports of master data and of the install base: a file of rows goes in, bad rows are reported, good rows are kept."""
