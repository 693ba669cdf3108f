"""Labels of batches: atoms are asked once a distinct value, trees once a combination of answers."""
