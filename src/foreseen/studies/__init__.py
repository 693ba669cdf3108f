"""Train, evaluate and compare on recorded history."""
