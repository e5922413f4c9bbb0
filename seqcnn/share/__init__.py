"""Hand a model on: `page` writes a predictor that is one web page, `card` a model card."""
