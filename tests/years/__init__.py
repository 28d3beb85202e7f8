"""Three invented years of one village, day by day, and every fen of them."""
