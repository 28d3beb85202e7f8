"""The residents' web door. So far the JSON interface of the mini-program."""
