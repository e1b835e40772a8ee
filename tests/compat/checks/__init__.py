"""The checks, a module per part of the contract."""
