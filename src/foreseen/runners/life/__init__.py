"""What goes on beside the work: models trained again, the lake kept, words taken, copies made."""
