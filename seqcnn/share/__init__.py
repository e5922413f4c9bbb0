"""Hand a model on: `page` writes a predictor that is one web page, `card` a model card,
`push` publishes both with the model, `download` takes a model from its address.
"""
