"""Methods of `seqcnn.api.model.Model`, by what they tell or make."""
