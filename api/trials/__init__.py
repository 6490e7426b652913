"""Believable data to try the product on, and the machines that try it."""
