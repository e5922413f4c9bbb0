"""What a user asks for -> start sequences, objective or goals, and constraints."""
