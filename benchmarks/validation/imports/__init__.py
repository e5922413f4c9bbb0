"""Agreement of imported models with their originals: layers of Keras, random graphs, published models."""
